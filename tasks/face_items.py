"""The 13 items of a certificate's face under the seal network's names."""

from collections.abc import Mapping

from registry.certificates import Certificate

FACE: Mapping[str, str] = {
    "certificateNo": "number",
    "equipmentNo": "equipment_no",
    "manufacturer": "manufacturer",
    "owner": "owner_name",
    "category": "category",
    "model": "model",
    "serialNo": "serial_no",
    "madeOn": "made_on",
    "licenceNo": "licence_no",
    "parameters": "parameters",
    "authority": "authority_name",
    "issuedOn": "issued_on",
}
"""The network's name of each face item by ours; the thirteenth, `qrText`, is the national platform's."""


def face_items(certificate: Certificate) -> dict[str, str]:
    """The 13 face items of a coded certificate under the network's names."""
    return {name: str(certificate.face[key]) for name, key in FACE.items()} | {"qrText": certificate.qr_text or ""}
