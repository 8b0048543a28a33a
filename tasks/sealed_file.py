"""The checks of a sealed e-certificate against what was approved, each with its outcome, and the business error that the first failure is."""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.authorities import Authority
from registry.certificates import FACE, Certificate
from registry.folding import fold_name, fold_number
from tasks.certificate_seal import FACE as NETWORK_FACE
from tasks.certificate_seal import face_items
from tasks.platforms.signing import sm3
from workflow_runtime.errors import BusinessError, Text

SKEW = timedelta(seconds=300)
"""How far the network's clock may be ahead of ours."""


@dataclass(frozen=True)
class SealedFile:
    """What the network handed over: the file and what it says of it."""

    content: bytes
    certificate_no: str
    identifier: str
    seal_name: str
    sealed_at: datetime | None
    digest: str
    items: Mapping[str, str]


@dataclass(frozen=True)
class Check:
    """One check: its stable name, whether it holds, and what was found."""

    check: str
    ok: bool
    detail: str


ERRORS: Mapping[str, str] = {
    "digest": "CERTIFICATE_UNREADABLE",
    "package": "CERTIFICATE_UNREADABLE",
    "number": "CERTIFICATE_MISMATCH",
    "identifier": "CERTIFICATE_MISMATCH",
    "items": "CERTIFICATE_MISMATCH",
    "seal_name": "SEAL_NAME_MISMATCH",
    "sealed_after_code": "SEAL_STALE",
    "sealed_before_now": "SEAL_STALE",
}
"""The business error that a failed check is, in the order in which they are told."""


def checks(file: SealedFile, certificate: Certificate, authority: Authority, now: datetime) -> list[Check]:
    """Every check, failed ones too, in the order of `ERRORS`."""
    different = different_items(file, certificate)
    sealed, coded = file.sealed_at, certificate.coded_at
    told = sealed.isoformat() if sealed else "unknown"
    # seal times may have whole seconds only, so the second of the code still counts as later
    after_code = sealed is not None and coded is not None and sealed >= coded.replace(microsecond=0)
    return [
        Check("digest", sm3(file.content) == file.digest.lower(), file.digest),
        Check("package", is_package(file.content), f"{len(file.content)} bytes"),
        Check("number", fold_number(file.certificate_no) == fold_number(certificate.number), file.certificate_no),
        Check("identifier", file.identifier == certificate.identifier, file.identifier),
        Check("items", not different, "、".join(different)),
        Check("seal_name", authority.accepts_seal(file.seal_name), file.seal_name),
        Check("sealed_after_code", after_code, told),
        Check("sealed_before_now", sealed is not None and sealed <= now + SKEW, told),
    ]


def different_items(file: SealedFile, certificate: Certificate) -> list[str]:
    """Labels of the face items that differ from the approved ones; width, blanks and line breaks aside."""
    labels = {name: FACE[key].zh for name, key in NETWORK_FACE.items()} | {"qrText": "查询二维码"}
    approved = face_items(certificate)
    return [labels[name] for name, value in approved.items() if fold_name(file.items.get(name, "")) != fold_name(value)]


def is_package(content: bytes) -> bool:
    """Whether this is a readable ZIP package with an OFD.xml (GB/T 33190)."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return package.testzip() is None and "OFD.xml" in package.namelist()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        return False


def first_problem(report: Sequence[Check], file: SealedFile, certificate: Certificate, authority: Authority) -> BusinessError | None:
    """The business error of the first check that failed; None when all hold."""
    failed = next((c for c in report if not c.ok), None)
    if failed is None:
        return None
    number = certificate.number
    told: Mapping[str, tuple[Text, Text]] = {
        "CERTIFICATE_UNREADABLE": (
            Text(
                f"备案证 {number} 的电子证照文件无法读取或摘要不符", f"The file of certificate {number} is unreadable or its digest differs"
            ),
            Text("请稍后重试；仍不成功请联系政务服务网技术支持。", "Try again later; else ask the network's support."),
        ),
        "CERTIFICATE_MISMATCH": (
            Text(
                f"电子证照与审核通过的数据不一致：{failed.check} {failed.detail}",
                f"The e-certificate differs from what was approved: {failed.check} {failed.detail}",
            ),
            Text("请重新申请签章，并核对政务服务网上的数据。", "Ask for the seal anew and check the data on the network."),
        ),
        "SEAL_NAME_MISMATCH": (
            Text(
                f"签章名称“{file.seal_name}”与发证机关“{authority.name}”不一致",
                f"The seal's name '{file.seal_name}' differs from the authority '{authority.name}'",
            ),
            Text(
                "请联系政务局更正签章名称后重新签章；确属本机关签章的，请管理员登记为认可名称。",
                "Have the seal renamed and seal again; if it is the authority's own, have the name accepted.",
            ),
        ),
        "SEAL_STALE": (
            Text(
                f"签章时间 {failed.detail} 早于最近一次赋码或晚于当前时间",
                f"The seal's time {failed.detail} is before the last code assignment or in the future",
            ),
            Text("请重新签章后再归集。", "Have it sealed again before aggregation."),
        ),
    }
    code = ERRORS[failed.check]
    return BusinessError(code, *told[code])
