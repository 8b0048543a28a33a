"""A certificate's way as a few stages that everybody understands: 审核 → 赋码 → 签章 → 归集 (operation manual, “办理流程”)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from registry.certificates import Certificate
from registry.exchanges import Exchange
from workflow_runtime.errors import Text

StageState = Literal["done", "current", "trouble", "ahead"]

STAGES: Mapping[str, Text] = {
    "review": Text("审核", "Review"),
    "code": Text("赋码", "Code"),
    "seal": Text("签章", "Seal"),
    "aggregate": Text("归集", "Aggregation"),
}
"""The stages by their stable keys, in order."""

CALLS: Mapping[str, tuple[str, str]] = {
    "code": ("national", "fm"),
    "seal": ("provincial", "seal"),
    "aggregate": ("national", "gj"),
}
"""Platform and operation of the push log that a stage's attempts are."""

DRAFTS = "certificate.prepare"
"""The handler that drafts a case's certificate: a business whose diagrams do not call it leads to none, and has none of these stages."""

AGAIN = Text("对方系统暂未答复，系统自动重试。", "The other system has not answered yet; it is tried again by itself.")
SEALING = Text("等待发证机关在内蒙古政务服务网签章。", "Waits for the authority's seal on the service network.")
WARNED = Text("全国平台已接收，并有提示", "Accepted by the national platform, with remarks")


@dataclass(frozen=True)
class Stage:
    """One stage: `at` is when it was done, `attempts` how often a platform was called for it, `message` what must be known of it."""

    key: str
    name: Text
    state: StageState
    at: datetime | None
    message: Text | None
    attempts: int


def leads_to_certificate(handlers: Iterable[str]) -> bool:
    """Whether diagrams that call these handlers issue a certificate."""
    return DRAFTS in handlers


def pipeline(
    certificate: Certificate | None, exchanges: Sequence[Exchange], *, issuing: bool = True, trouble: Text | None = None
) -> tuple[Stage, ...]:
    """The stages of a case's certificate (None: it has none yet).

    `issuing`: the case is behind its review; a certificate in preparation whose case was sent back is under review again. `trouble` is what
    a person has to look at now: it stands at the stage that is not done.
    """
    done = _done(certificate, issuing)
    current = next((key for key in STAGES if key not in done), None)
    return tuple(_stage(key, done, current, certificate, exchanges, trouble) for key in STAGES)


def _done(certificate: Certificate | None, issuing: bool) -> Mapping[str, datetime | None]:
    """The stages that are behind the certificate, with their instants; each only after the one before it."""
    if certificate is None or not (issuing or certificate.aggregated_at):
        return {}
    done: dict[str, datetime | None] = {"review": certificate.drafted_at}
    for key, at in (("code", certificate.coded_at), ("seal", _sealed(certificate)), ("aggregate", certificate.aggregated_at)):
        if at is None:
            break
        done[key] = at
    return done


def _sealed(certificate: Certificate) -> datetime | None:
    """The seal counts when its file has been verified and the certificate is in force."""
    return certificate.sealed_at if certificate.verified and certificate.issued_at else None


def _stage(
    key: str,
    done: Mapping[str, datetime | None],
    current: str | None,
    certificate: Certificate | None,
    exchanges: Sequence[Exchange],
    trouble: Text | None,
) -> Stage:
    calls = [e for e in exchanges if (e.platform, e.operation) == CALLS.get(key)]
    state: StageState = "done" if key in done else "ahead" if key != current else "trouble" if trouble else "current"
    message = _remark(key, certificate) if state == "done" else None
    if key == current:
        message = trouble or _waiting(key, certificate, calls)
    return Stage(key, STAGES[key], state, done.get(key), message, len(calls))


def _waiting(key: str, certificate: Certificate | None, calls: Sequence[Exchange]) -> Text | None:
    if calls and calls[-1].outcome in ("transient", "unknown"):
        return AGAIN
    return SEALING if key == "seal" and certificate is not None and certificate.seal_request else None


def _remark(key: str, certificate: Certificate | None) -> Text | None:
    """The national platform's warnings stay with the certificate."""
    if key != "aggregate" or certificate is None or not certificate.aggregation_warnings:
        return None
    told = [Text(w["message"]["zh"], w["message"]["en"]) for w in certificate.aggregation_warnings]
    return Text(f"{WARNED.zh}：{'；'.join(t.zh for t in told)}", f"{WARNED.en}: {'; '.join(t.en for t in told)}")
