"""What the national platform was told of a certificate's end: 注销, 撤销, 失效, 已换发.

Our register changes first, because the public page has to show it at once; the platform is told afterwards, and that it was is an event of
the certificate. A certificate that was aggregated, has ended and has no such event is one of which platform and register differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from registry.certificates import STATES, Certificate, by_identifier, history, note
from workflow_runtime.errors import Text, WrongState

EVENT = "state_reported"


@dataclass(frozen=True)
class StateReport:
    """The platform took the state at `at`, perhaps with warnings."""

    at: datetime
    warnings: Sequence[Any]


def ensure_has_ended(certificate: Certificate) -> None:
    """Raises WrongState CERTIFICATE_STATE unless the certificate was issued and has ended. Ask before sending anything."""
    if certificate.issued_at is None or certificate.state == "valid":
        state = STATES[certificate.state]
        raise WrongState(
            Text(
                f"备案证 {certificate.number} 为“{state.zh}”，没有需要上报的状态变化",
                f"Certificate {certificate.number} is {state.en}: there is no change of state to report",
            ),
            Text("请先在本系统注销、撤销或换发该备案证。", "End it in this register first: cancel, revoke or supersede it."),
            code="CERTIFICATE_STATE",
        )


def state_report(connection: Connection, certificate: Certificate) -> StateReport | None:
    """That the platform knows the certificate's present state; None when it was not told."""
    told = [e for e in history(connection, certificate.identifier) if e.event == EVENT and e.state == certificate.state]
    return StateReport(told[-1].at, told[-1].detail["warnings"]) if told else None


def record_state_report(connection: Connection, identifier: str, warnings: Sequence[Any], now: datetime) -> StateReport:
    """The platform took the certificate's present state; told again changes nothing. Raises NotFound, WrongState CERTIFICATE_STATE."""
    certificate = by_identifier(connection, identifier, lock=True)
    ensure_has_ended(certificate)
    known = state_report(connection, certificate)
    if known is not None:
        return known
    note(connection, certificate, EVENT, now, {"warnings": list(warnings)})
    return StateReport(now, list(warnings))
