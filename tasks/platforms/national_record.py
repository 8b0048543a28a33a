"""What the national platform is told of a filing or a certificate: its field names (sibling certificates' specification) and where they come from."""

from collections.abc import Mapping
from typing import Any

from registry.certificates import STATES, Certificate
from tasks.settings import Settings

FILING_FIELDS: Mapping[str, str] = {
    "companyName": "owner_name",
    "creditCode": "owner_code",
    "manufactureName": "manufacturer",
    "factoryNumber": "serial_no",
    "deviceModel": "model",
    "manufactureDate": "made_on",
    "licenceNumber": "licence_no",
    "technicalParameters": "parameters",
}
"""The platform's field by the filing form's key."""

FACE_FIELDS: Mapping[str, str] = {
    "certNum": "number",
    "deviceNumber": "equipment_no",
    "deviceCategory": "category",
    "deviceModel": "model",
    "manufactureName": "manufacturer",
    "manufactureDate": "made_on",
    "factoryNumber": "serial_no",
    "licenceNumber": "licence_no",
    "technicalParameters": "parameters",
    "companyName": "owner_name",
    "issuAuth": "authority_name",
    "issuDate": "issued_on",
}
"""The platform's field by the key of the certificate's face."""


def check_record(filing: Mapping[str, Any], authority_code: str, category: str, settings: Settings) -> dict[str, str]:
    """A filing for 校验, with the name of its machine's category; what is not filled in is left out."""
    record = {name: str(filing.get(key) or "").strip() for name, key in FILING_FIELDS.items()}
    record |= {"provinceNum": settings.province, "issuAuthCode": authority_code, "deviceCategory": category}
    return {name: value for name, value in record.items() if value}


def code_record(
    certificate: Certificate, ecert_id: str, operation: str, settings: Settings, associated: str | None = None
) -> dict[str, str]:
    """A certificate for 赋码 under our own `eCertID`; `operation` is an `operateType` code, `associated` an identifier not of ours."""
    record = {name: str(certificate.face[key]) for name, key in FACE_FIELDS.items()}
    record |= {
        "eCertID": ecert_id,
        "provinceNum": settings.province,
        "creditCode": certificate.owner_code,
        "issuAuthCode": certificate.authority_code,
        "certState": settings.cert_states["valid"],
        "operateType": operation,
    }
    if replaced := certificate.previous_identifier or associated:
        record["associatedZzeCertID"] = replaced
    return record


def state_record(certificate: Certificate, operation: str, description: str, settings: Settings) -> dict[str, str]:
    """An aggregated certificate's present state for the status update (状态更新); `operation` is an `operateType` code."""
    return {
        "zzeCertID": certificate.identifier,
        "eCertID": certificate.ecert_id or "",
        "provinceNum": settings.province,
        "certNum": certificate.number,
        "companyName": str(certificate.face["owner_name"]),
        "creditCode": certificate.owner_code,
        "issuAuth": str(certificate.face["authority_name"]),
        "issuAuthCode": certificate.authority_code,
        "issuDate": str(certificate.face["issued_on"]),
        "certState": settings.cert_states[certificate.state],
        "certStatusDescription": description or STATES[certificate.state].zh,
        "operateType": operation,
    }


def aggregation_record(certificate: Certificate, preview_url: str) -> dict[str, str]:
    """A coded certificate for 归集; the platform keeps the preview address, so it must stay alive."""
    return {
        "ID": certificate.qr_text or "",
        "zzeCertID": certificate.identifier,
        "url": preview_url,
        "companyName": str(certificate.face["owner_name"]),
    }
