"""`certificate.fetch`: get the sealed e-certificate, verify its seal, and compare it with what was approved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.authorities import authority as authority_of
from registry.certificates import Certificate
from registry.issuing import store_file
from registry.sealed_ofd.findings import Step
from tasks.context import Context
from tasks.sealed_file import Report, SealedFile, problem_of, verified
from workflow_runtime.errors import BusinessError, Text
from workflow_runtime.handlers import as_json, service_task

MEDIA_TYPE = "application/ofd"


@dataclass(frozen=True)
class Fetched:
    """The accepted file's seal, and every check with its outcome."""

    accepted: bool
    sealed_at: datetime
    seal_name: str
    report: Sequence[Step]


@service_task(
    "certificate.fetch",
    replay="key",
    errors=("NOT_SEALED", "CERTIFICATE_UNREADABLE", "SEAL_INVALID", "CERTIFICATE_MISMATCH", "SEAL_NAME_MISMATCH", "SEAL_STALE"),
)
def certificate_fetch(ctx: Context, certificate_no: str) -> Fetched:
    """Fetch the file of the current seal request, keep it with the report of its verification, and accept it if every check holds.

    Business errors: NOT_SEALED (not yet, or given up by the network), CERTIFICATE_UNREADABLE (digest, package), SEAL_INVALID (the seal, or the
    file under it), CERTIFICATE_MISMATCH (number, identifier or a face item differs), SEAL_NAME_MISMATCH, SEAL_STALE (sealed before the last
    赋码, or in the future). Raises Failure PLATFORM_NOT_CONFIGURED without CRANE_TRUST.
    """
    trust, verifier = ctx.platforms.trust, ctx.platforms.verifier
    with ctx.transaction() as connection:
        certificate = ctx.certificate(connection, certificate_no)
        authority = authority_of(connection, certificate.authority_code)
    file = _sealed_file(ctx, certificate)
    report = verified(file, certificate, authority, trust, ctx.now, verifier)
    problem = problem_of(report, certificate, authority)
    _keep(ctx, certificate, file, report)
    if problem is not None or report.seal is None:
        raise problem or _not_sealed(certificate, {})
    return Fetched(True, report.seal.sealed_at, report.seal.name, report.steps)


def _sealed_file(ctx: Context, certificate: Certificate) -> SealedFile:
    """What the network has. The address of the file is ours; the one in its answer is never followed."""
    standing = None if certificate.seal_request is None else ctx.provincial.seal_request(certificate.seal_request)
    if standing is None or standing.get("status") != "sealed":
        raise _not_sealed(certificate, standing or {})
    content = ctx.provincial.file(str(standing.get("requestId")))
    if content is None:
        raise _not_sealed(certificate, standing)
    items = standing.get("items")
    return SealedFile(
        content=content,
        certificate_no=str(standing.get("certificateNo") or ""),
        identifier=str(standing.get("identifier") or ""),
        digest=str(standing.get("fileDigest") or ""),
        items={str(k): str(v) for k, v in items.items()} if isinstance(items, dict) else {},
    )


def _not_sealed(certificate: Certificate, standing: dict[str, object]) -> BusinessError:
    failure = standing.get("failure")
    said = f"：{failure.get('message')}" if isinstance(failure, dict) else ""
    return BusinessError(
        "NOT_SEALED",
        Text(f"备案证 {certificate.number} 尚未完成签章{said}", f"Certificate {certificate.number} has not been sealed{said}"),
        Text(
            "请登录政务服务网完成签章；已失败的请重新申请签章。",
            "Seal it on the government service network; after a failure ask for the seal anew.",
        ),
    )


def _keep(ctx: Context, certificate: Certificate, file: SealedFile, report: Report) -> None:
    with ctx.transaction() as connection:
        store_file(
            connection,
            certificate.identifier,
            seal_request=certificate.seal_request or "",
            content=file.content,
            media_type=MEDIA_TYPE,
            seal_name=None if report.seal is None else report.seal.name,
            sealed_at=None if report.seal is None else report.seal.sealed_at,
            verified=report.ok,
            report={"checks": as_json(list(report.steps)), "signature": report.signature, "seal": as_json(report.seal)},
            now=ctx.now,
        )
