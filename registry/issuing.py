"""From a draft to 归集: code, seal request, sealed file, issue, aggregation.

Each step may be recorded again without harm. A new code takes the seal off: a file sealed before the last 赋码 is stale.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from registry.certificate_files import keep_file
from registry.certificates import NO_SEAL, STATES, Certificate, by_identifier, change_state, history, note, record
from registry.legacy_reissue import give_way
from registry.numbers import use_number
from registry.sealed_ofd.seal import is_before
from workflow_runtime.errors import Text, WrongState

NUMBER_TAKEN = "number_taken"
"""The event of a certificate whose number the national platform has given to another machine."""


def ensure_in_pipeline(certificate: Certificate) -> None:
    """Raises WrongState CERTIFICATE_STATE unless the certificate may still be coded and sealed. Ask before sending anything."""
    if certificate.state in ("draft", "valid") and certificate.aggregated_at is None:
        return
    number = certificate.number
    state = STATES[certificate.state] if certificate.aggregated_at is None else Text("已归集", "aggregated")
    raise WrongState(
        Text(f"备案证 {number} 为“{state.zh}”，不能再赋码或签章", f"Certificate {number} is {state.en}: no more codes or seals"),
        Text("归集后的变化用状态更新或换发办理。", "After aggregation use a state update or a reissue."),
        code="CERTIFICATE_STATE",
    )


def _in_pipeline(connection: Connection, identifier: str) -> Certificate:
    """The certificate, locked, while it may still be coded and sealed. Raises NotFound, WrongState CERTIFICATE_STATE."""
    found = by_identifier(connection, identifier, lock=True)
    ensure_in_pipeline(found)
    return found


def record_code(
    connection: Connection, identifier: str, *, ecert_id: str, qr_text: str, now: datetime, task: str = "", given_at: datetime | None = None
) -> Certificate:
    """The national platform gave a code (赋码): its id and the QR's text, kept verbatim. A new code takes an older seal off.

    `task` is the key of the task that asked for it, `given_at` since when the platform may have it, if not since now.
    Raises NotFound, WrongState CERTIFICATE_STATE.
    """
    before = _in_pipeline(connection, identifier)
    if (before.ecert_id, before.qr_text) == (ecert_id, qr_text):
        return before
    detail = {"ecert_id": ecert_id, "seal_became_stale": before.seal_request is not None, "task": task}
    return record(
        connection, before, "coded", now, detail, {**NO_SEAL, "ecert_id": ecert_id, "qr_text": qr_text, "coded_at": given_at or now}
    )


def note_number_taken(connection: Connection, identifier: str, now: datetime) -> None:
    """The national platform has given no code, because another machine has the certificate's number there. Raises NotFound."""
    note(connection, by_identifier(connection, identifier), NUMBER_TAKEN, now, {})


def is_number_taken(connection: Connection, certificate: Certificate) -> bool:
    """The last that happened to the certificate is that its number was found taken."""
    return [e.event for e in history(connection, certificate.identifier)][-1:] == [NUMBER_TAKEN]


def record_seal_request(connection: Connection, identifier: str, seal_request: str, now: datetime, task: str = "") -> Certificate:
    """The provincial network is asked to seal; `seal_request` is our key of it, `task` that of who asks. A new request takes an older seal off.

    Raises NotFound, WrongState CERTIFICATE_STATE, CODE_MISSING: the QR code is on the face, so 赋码 comes before the seal.
    """
    before = _in_pipeline(connection, identifier)
    if before.coded_at is None:
        raise WrongState(
            Text(f"备案证 {before.number} 尚未赋码", f"Certificate {before.number} has no code yet"),
            Text("请先赋码，再申请签章。", "Have the code assigned before asking for the seal."),
            code="CODE_MISSING",
        )
    if before.seal_request == seal_request:
        return before
    values = {**NO_SEAL, "seal_request": seal_request, "seal_requested_at": now}
    return record(connection, before, "seal_requested", now, {"seal_request": seal_request, "task": task}, values)


def store_file(
    connection: Connection,
    identifier: str,
    *,
    seal_request: str,
    content: bytes,
    media_type: str,
    seal_name: str | None,
    sealed_at: datetime | None,
    verified: bool,
    report: Mapping[str, Any],
    now: datetime,
) -> Certificate:
    """Keep the e-certificate that answered a seal request, with the report of its verification, passed (`verified`) or not.

    `sealed_at` is the seal's own time, None when it cannot be read.
    Raises NotFound, WrongState CERTIFICATE_STATE, SEAL_REQUEST_STALE: the file answers another request than the last one.
    """
    before = _in_pipeline(connection, identifier)
    if before.seal_request != seal_request:
        raise WrongState(
            Text(f"签章申请 {seal_request} 已失效", f"Seal request {seal_request} is not the current one"),
            Text("请等待最近一次签章申请的结果。", "Wait for the answer to the last request."),
            code="SEAL_REQUEST_STALE",
        )
    version = keep_file(connection, identifier, content, media_type, now)
    values = {"seal_name": seal_name, "sealed_at": sealed_at, "file_version": version, "verified": verified}
    detail = {"file_version": version, "seal_name": seal_name, "verified": verified}
    return record(connection, before, "file_stored", now, detail, {**values, "verification_report": dict(report)})


def ensure_sealed(certificate: Certificate) -> None:
    """Raises WrongState unless the certificate has a verified file (SEAL_MISSING) sealed after the last 赋码 (SEAL_STALE).

    A file that answers a request made before that code was refused when it was to be stored.
    """
    sealed, coded = certificate.sealed_at, certificate.coded_at
    if not certificate.verified or sealed is None or coded is None:
        raise WrongState(
            Text(f"备案证 {certificate.number} 没有通过验证的签章文件", f"Certificate {certificate.number} has no verified sealed file"),
            Text("请完成签章并取回电子证照。", "Have it sealed and fetch the e-certificate."),
            code="SEAL_MISSING",
        )
    if is_before(sealed, coded):
        raise WrongState(
            Text(
                f"备案证 {certificate.number} 的签章早于最近一次赋码",
                f"The seal of certificate {certificate.number} is older than its code",
            ),
            Text("请重新签章后再归集。", "Have it sealed again before aggregation."),
            code="SEAL_STALE",
        )


def issue(connection: Connection, identifier: str, now: datetime, *, replaces_entry: int | None = None) -> Certificate:
    """Put a sealed certificate in force; in the same breath the one that it replaces becomes superseded and its number used.

    `replaces_entry` is the entry of an old register that becomes reissued with it. Raises NotFound (LEGACY_UNKNOWN for the entry),
    WrongState SEAL_MISSING, SEAL_STALE, CERTIFICATE_STATE, MACHINE_ALREADY_CERTIFIED (another one is in force), LEGACY_REISSUED (another one
    has replaced the entry), LEGACY_STATE, LEGACY_CHANGED (it has been corrected meanwhile, and is about another machine or owner).
    """
    if (held := by_identifier(connection, identifier, lock=True)).state == "valid":
        return held
    before = _in_pipeline(connection, identifier)
    ensure_sealed(before)
    use_number(connection, before.number, now)
    try:
        with connection.begin_nested():
            _supersede_previous(connection, before, now)
            if replaces_entry is not None:
                give_way(connection, replaces_entry, before, now)
            return record(connection, before, "issued", now, {}, {"state": "valid", "issued_at": now})
    except IntegrityError:
        raise WrongState(
            Text(f"设备 {before.equipment_no} 已有有效的备案证", f"Machine {before.equipment_no} already has a valid certificate"),
            Text("请先注销原备案证，或按换发办理。", "Cancel the other certificate first, or file a reissue."),
            code="MACHINE_ALREADY_CERTIFIED",
        ) from None


def supersede(connection: Connection, old: str, new: str, now: datetime) -> Certificate:
    """Put the certificate `new` in force (see `issue`) and let `old`, of the same machine, give way to it, both or neither; by identifier.

    Raises as `issue` does, and WrongState PREVIOUS_OF_ANOTHER_MACHINE.
    """
    if by_identifier(connection, old, lock=True).equipment_no != by_identifier(connection, new).equipment_no or old == new:
        raise WrongState(
            Text("被替换的备案证与新备案证不是同一台设备的两张证", "The two are not different certificates of one machine"),
            Text("请核对两张备案证的编号。", "Check the numbers of both certificates."),
            code="PREVIOUS_OF_ANOTHER_MACHINE",
        )
    with connection.begin_nested():
        change_state(connection, old, "superseded", _replaced_by(new), now)
        return issue(connection, new, now)


def _replaced_by(identifier: str) -> str:
    return f"换发为 {identifier} / replaced by {identifier}"


def _supersede_previous(connection: Connection, new: Certificate, now: datetime) -> None:
    if new.previous_identifier is None:
        return
    if by_identifier(connection, new.previous_identifier, lock=True).state == "valid":
        change_state(connection, new.previous_identifier, "superseded", _replaced_by(new.identifier), now)


def record_aggregation(connection: Connection, identifier: str, warnings: Sequence[Any], now: datetime) -> Certificate:
    """The national platform took the certificate (归集), perhaps with warnings, which are kept.

    Raises NotFound, WrongState NOT_IN_FORCE, SEAL_MISSING, SEAL_STALE. Ask `ensure_may_aggregate` before sending.
    """
    before = by_identifier(connection, identifier, lock=True)
    if before.aggregated_at is not None:
        return before
    ensure_may_aggregate(before)
    values = {"aggregated_at": now, "aggregation_warnings": list(warnings)}
    return record(connection, before, "aggregated", now, {"warnings": list(warnings)}, values)


def ensure_may_aggregate(certificate: Certificate) -> None:
    """Raises WrongState NOT_IN_FORCE, SEAL_MISSING or SEAL_STALE unless the certificate may go to the national platform."""
    if certificate.state != "valid":
        state = STATES[certificate.state]
        raise WrongState(
            Text(
                f"备案证 {certificate.number} 为“{state.zh}”，不能归集",
                f"Certificate {certificate.number} is {state.en} and cannot be aggregated",
            ),
            Text("只有有效的备案证可以归集。", "Only a valid certificate can be aggregated."),
            code="NOT_IN_FORCE",
        )
    ensure_sealed(certificate)
