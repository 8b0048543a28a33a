"""Certificates: the register of what was drafted, is in force, or was in force, with everything that happened to each.

A certificate is known by its identifier (证照标识); a re-issue has the same number and a higher version, or a number of its own. The
steps from a draft to 归集 are in `issuing`. A certificate is never deleted.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from registry import tables
from registry.folding import fold_number
from registry.identifiers import is_valid, parse_identifier
from registry.number_keys import keep_keys
from registry.numbers import number_entry, void_unused
from workflow_runtime.errors import Failure, FieldError, Invalid, NotFound, Text, WrongState

_ROW = tables.certificate.c

STATES: Mapping[str, Text] = {
    "draft": Text("办理中", "In preparation"),
    "valid": Text("有效", "Valid"),
    "superseded": Text("已换发", "Superseded"),
    "cancelled": Text("注销", "Cancelled"),
    "lapsed": Text("失效", "Lapsed"),
    "revoked": Text("撤销", "Revoked"),
    "void": Text("作废", "Void"),
}
"""States of a certificate; `void` is a draft that never came into force."""

TRANSITIONS: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"void"}),
    "valid": frozenset({"superseded", "cancelled", "lapsed", "revoked"}),
}
"""What `change_state` may do; `valid` is reached by `issuing.issue` only, and there is no way back."""

FACE: Mapping[str, Text] = {
    "number": Text("编号", "Number"),
    "equipment_no": Text("设备唯一编号", "Equipment number"),
    "manufacturer": Text("制造单位", "Manufacturer"),
    "owner_name": Text("产权单位", "Owner"),
    "category": Text("设备类别", "Category"),
    "model": Text("规格型号", "Model"),
    "serial_no": Text("出厂编号", "Serial number"),
    "made_on": Text("出厂日期", "Date of manufacture"),
    "licence_no": Text("特种设备生产许可证编号", "Manufacturing licence number"),
    "parameters": Text("设备技术参数", "Technical parameters"),
    "authority_name": Text("发证机关", "Issuing authority"),
    "issued_on": Text("发证日期", "Date of issue"),
}
"""The face's items (operation manual) but the thirteenth, the query QR code, which the national platform gives: `qr_text`."""


@dataclass(frozen=True)
class Draft:
    """What a new certificate starts with.

    `previous_identifier` is the certificate of ours that it replaces (关联证照标识); `replaced_number` the number of a paper certificate
    (原备案编号), any shape.
    """

    case: str
    number: str
    identifier: str
    equipment_no: str
    owner_code: str
    authority_code: str
    face: Mapping[str, Any]
    previous_identifier: str | None = None
    replaced_number: str | None = None


@dataclass(frozen=True)
class Certificate(Draft):
    """One entry of the register; `STATES` names its state. Facts of steps not yet taken are None."""

    version: int = 1
    state: str = "draft"
    verification_code: str = ""
    drafted_at: datetime | None = None
    ecert_id: str | None = None
    qr_text: str | None = None
    coded_at: datetime | None = None
    seal_request: str | None = None
    seal_requested_at: datetime | None = None
    seal_name: str | None = None
    sealed_at: datetime | None = None
    file_version: int | None = None
    verified: bool = False
    verification_report: Any = None
    issued_at: datetime | None = None
    aggregated_at: datetime | None = None
    aggregation_warnings: Sequence[Any] | None = None


@dataclass(frozen=True)
class CertificateEvent:
    """One thing that happened to a certificate, and the state after it."""

    at: datetime
    event: str
    state: str
    detail: Mapping[str, Any]


def _certificate(row: Row[Any]) -> Certificate:
    values = dict(row._mapping)
    return Certificate(case=values["case_no"], **{f.name: values[f.name] for f in fields(Certificate) if f.name != "case"})


def _one(row: Row[Any] | None, what: str) -> Certificate:
    if row is None:
        raise NotFound(
            Text(f"没有备案证 {what}", f"There is no certificate {what}"),
            Text("请核对编号或证照标识。", "Check the number or identifier."),
            code="CERTIFICATE_UNKNOWN",
        )
    return _certificate(row)


def certificate(connection: Connection, number: str) -> Certificate:
    """The certificate of this number, however typed: the newest version ever issued, else the one in preparation. Raises NotFound."""
    query = select(tables.certificate).where(_ROW.folded_number == fold_number(number), tables.CERTIFICATE_IS_LIVE)
    query = query.order_by(_ROW.issued_at.is_(None), _ROW.version.desc()).limit(1)
    return _one(connection.execute(query).one_or_none(), number)


def by_identifier(connection: Connection, identifier: str, *, lock: bool = False) -> Certificate:
    """The certificate with this 证照标识; with `lock` nobody else changes it until the transaction ends. Raises NotFound."""
    query = select(tables.certificate).where(_ROW.identifier == identifier)
    return _one(connection.execute(query.with_for_update() if lock else query).one_or_none(), identifier)


def by_verification_code(connection: Connection, code: str) -> Certificate:
    """The certificate that the public page with this code shows. Raises NotFound."""
    return _one(connection.execute(select(tables.certificate).where(_ROW.verification_code == code)).one_or_none(), code)


def by_case(connection: Connection, case: str) -> Certificate | None:
    """The certificate that this case prepares or issued; a void one does not count."""
    row = connection.execute(select(tables.certificate).where(_ROW.case_no == case, tables.CERTIFICATE_IS_LIVE)).one_or_none()
    return None if row is None else _certificate(row)


def of_machine(connection: Connection, equipment_no: str) -> Sequence[Certificate]:
    """Every certificate that this machine ever had, void ones too, oldest first: its life card."""
    query = select(tables.certificate).where(_ROW.equipment_no == equipment_no).order_by(_ROW.drafted_at, _ROW.identifier)
    return [_certificate(row) for row in connection.execute(query)]


def in_force(connection: Connection, equipment_no: str) -> Certificate | None:
    """The machine's valid certificate; there is never more than one."""
    row = connection.execute(select(tables.certificate).where(_ROW.equipment_no == equipment_no, tables.CERTIFICATE_IS_VALID)).one_or_none()
    return None if row is None else _certificate(row)


def history(connection: Connection, identifier: str) -> Sequence[CertificateEvent]:
    """Everything that happened to a certificate, oldest first."""
    event = tables.certificate_event.c
    query = select(event.at, event.event, event.state, event.detail).where(event.identifier == identifier).order_by(event.id)
    return [CertificateEvent(*row) for row in connection.execute(query)]


def record(
    connection: Connection, before: Certificate, event: str, now: datetime, detail: Mapping[str, Any], values: Mapping[str, Any]
) -> Certificate:
    """Write new column values of a certificate and the event that they come from: the one place that changes an entry."""
    changed = update(tables.certificate).where(_ROW.identifier == before.identifier).values(dict(values))
    row = connection.execute(changed.returning(*tables.certificate.c)).one()
    _remember(connection, before.identifier, event, now, row.state, detail)
    return _certificate(row)


def note(connection: Connection, certificate: Certificate, event: str, now: datetime, detail: Mapping[str, Any]) -> None:
    """Write down that something happened to a certificate which changes nothing of its entry."""
    _remember(connection, certificate.identifier, event, now, certificate.state, detail)


def _remember(connection: Connection, identifier: str, event: str, now: datetime, state: str, detail: Mapping[str, Any]) -> None:
    values = {"identifier": identifier, "at": now, "event": event, "state": state, "detail": dict(detail)}
    connection.execute(insert(tables.certificate_event).values(**values))


def draft_certificate(
    connection: Connection, draft: Draft, now: datetime, token: Callable[[], str] = lambda: secrets.token_urlsafe(16)
) -> Certificate:
    """The case's certificate in preparation: entered, or brought up to date.

    The same draft again changes nothing. A changed face makes code and seal stale, so both are taken off. Another number or identifier
    makes the older draft void. `token` gives the unguessable verification code.
    Raises Invalid for an incomplete face, Failure IDENTIFIER_INVALID, NotFound, WrongState NUMBER_VOID, PREVIOUS_OF_ANOTHER_MACHINE,
    CERTIFICATE_ISSUED (the case's certificate is no longer a draft).
    """
    _ensure_complete(connection, draft)
    held = by_case(connection, draft.case)
    if held is not None and all(getattr(held, f.name) == getattr(draft, f.name) for f in fields(Draft)):
        return held
    if held is not None:
        _ensure_draft(held)
        if (held.identifier, held.equipment_no) == (draft.identifier, draft.equipment_no):
            return record(connection, held, "redrafted", now, {"face": held.face}, {**_draft_values(draft), **NO_CODE, **NO_SEAL})
        change_state(connection, held.identifier, "void", "换用新的编号或设备 / another number or machine", now)
    values = {**_draft_values(draft), "verification_code": token(), "drafted_at": now, "state": "draft", "verified": False}
    row = connection.execute(insert(tables.certificate).values(values).returning(*tables.certificate.c)).one()
    keep_keys(connection, [(draft.identifier, values["folded_number"])])
    _remember(connection, draft.identifier, "drafted", now, "draft", {"case": draft.case})
    return _certificate(row)


NO_SEAL: Mapping[str, Any] = dict.fromkeys(("seal_request", "seal_requested_at", "seal_name", "sealed_at", "file_version"), None) | {
    "verified": False,
    "verification_report": None,
}
"""Column values of a certificate without a seal."""
NO_CODE: Mapping[str, Any] = dict.fromkeys(("ecert_id", "qr_text", "coded_at"), None)
"""Column values of a certificate without a code."""


def _draft_values(draft: Draft) -> dict[str, Any]:
    values = {f.name: getattr(draft, f.name) for f in fields(Draft) if f.name != "case"}
    old = draft.replaced_number
    folded = {"folded_number": fold_number(draft.number), "folded_replaced_number": None if old is None else fold_number(old)}
    return {**values, **folded, "case_no": draft.case, "version": parse_identifier(draft.identifier).version, "face": dict(draft.face)}


def _ensure_complete(connection: Connection, draft: Draft) -> None:
    blank = Text("照面信息不能为空", "must not be empty on the face")
    if missing := [FieldError(key, label.zh, blank) for key, label in FACE.items() if not str(draft.face.get(key) or "").strip()]:
        raise Invalid(missing)
    if not is_valid(draft.identifier):
        raise Failure(
            Text(f"证照标识 {draft.identifier} 的校验位不正确", f"The check character of identifier {draft.identifier} is wrong"),
            Text("请用编号重新生成证照标识。", "Make the identifier anew from the number."),
            code="IDENTIFIER_INVALID",
        )
    if (entry := number_entry(connection, draft.number)).state == "void":
        raise WrongState(
            Text(f"编号 {entry.number} 已作废：{entry.reason}", f"Number {entry.number} is void: {entry.reason}"),
            Text("请重新取号。", "Reserve a new number."),
            code="NUMBER_VOID",
        )
    if draft.previous_identifier and by_identifier(connection, draft.previous_identifier).equipment_no != draft.equipment_no:
        raise WrongState(
            Text("被换发的备案证属于另一台设备", "The certificate to be replaced belongs to another machine"),
            Text("请核对原备案编号与设备。", "Check the old number and the machine."),
            code="PREVIOUS_OF_ANOTHER_MACHINE",
        )


def _ensure_draft(held: Certificate) -> None:
    if held.state != "draft":
        raise WrongState(
            Text(f"备案证 {held.number} 已签发", f"Certificate {held.number} has been issued"),
            Text("签发后不能再改照面信息，请办理换发。", "After issue the face cannot be changed; file a reissue."),
            code="CERTIFICATE_ISSUED",
        )


def change_state(connection: Connection, identifier: str, state: str, reason: str, now: datetime) -> Certificate:
    """Bring a certificate into another state (see `TRANSITIONS`); the state that it has changes nothing.

    Raises NotFound, WrongState CERTIFICATE_STATE.
    """
    before = by_identifier(connection, identifier, lock=True)
    if before.state == state:
        return before
    if state not in TRANSITIONS.get(before.state, ()):
        was, wanted = STATES[before.state], STATES.get(state, Text(state, state))
        raise WrongState(
            Text(
                f"备案证 {before.number} 为“{was.zh}”，不能改为“{wanted.zh}”",
                f"Certificate {before.number} is {was.en}, not to be {wanted.en}",
            ),
            Text("请核对备案证的当前状态。", "Check the certificate's current state."),
            code="CERTIFICATE_STATE",
        )
    return record(connection, before, state, now, {"reason": reason}, {"state": state})


def abandon(connection: Connection, case: str, reason: str, now: datetime) -> list[str]:
    """A case ends without a certificate: its draft and its unused numbers become void. Returns those numbers."""
    held = by_case(connection, case)
    if held is not None and held.state == "draft":
        change_state(connection, held.identifier, "void", reason, now)
    return void_unused(connection, case, reason, now)
