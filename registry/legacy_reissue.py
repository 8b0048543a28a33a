"""Certificates that replace entries of the old registers (换发): which entry stands behind which, and what happens when that comes to nothing."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from registry import tables
from registry.certificates import Certificate
from registry.changes import Change
from registry.folding import fold_number, fold_part
from registry.legacy_history import record
from registry.legacy_matching import in_words, machine_differences, owner_differences
from registry.legacy_register import COLUMNS, LegacyEntry, as_entry, ensure_valid, entry, find, mark_reissued
from registry.machines import machine
from workflow_runtime.actors import SYSTEM
from workflow_runtime.errors import Text, WrongState

_ROW = tables.legacy_entry.c

MOST_CANDIDATES = 200
"""Entries with a short serial number among their words that are looked at."""


def to_be_reissued(connection: Connection, number: str, *, authority: str, own: str | None) -> LegacyEntry | None:
    """The entry of this number (see `legacy_register.find`), when a certificate may still replace it; `own` is the identifier of the one that asks.

    Raises WrongState LEGACY_REISSUED, LEGACY_STATE. None: no register knows the number.
    """
    found = find(connection, number, authority=authority)
    if found is not None and not is_open(found, own):
        ensure_valid(found)
    return found


def is_open(entry: LegacyEntry, own: str | None) -> bool:
    """The entry is valid, or was replaced by the certificate `own` itself, which has come back for correction."""
    return entry.state == "valid" or (own is not None and entry.reissued_as == own)


def give_way(connection: Connection, entry_id: int, certificate: Certificate, now: datetime) -> LegacyEntry:
    """The certificate comes into force in the entry's place; the entry may have been corrected since the reviewer compared it.

    Raises WrongState LEGACY_CHANGED, and what `legacy_register.mark_reissued` raises.
    """
    held = entry(connection, entry_id, lock=True)
    described = {
        **certificate.face,
        "category": machine(connection, certificate.equipment_no).category,
        "owner_code": certificate.owner_code,
    }
    differences = [*machine_differences(held, described), *owner_differences(held, described)]
    if differences and held.reissued_as != certificate.identifier:
        told = in_words(differences)
        raise WrongState(
            Text(
                f"原备案 {held.number} 已被更正，与本证不符：{told.zh}",
                f"The old filing {held.number} was corrected, and differs: {told.en}",
            ),
            Text("请退回审核，核对原备案登记簿后再办理。", "Give the case back for review, and compare it with the old register."),
            code="LEGACY_CHANGED",
        )
    return mark_reissued(connection, entry_id, certificate.identifier, now)


def replaced_by(connection: Connection, identifier: str) -> LegacyEntry | None:
    """The entry that gave way to this certificate."""
    row = connection.execute(select(*COLUMNS).where(_ROW.reissued_as == identifier).limit(1)).one_or_none()
    return None if row is None else as_entry(row)


def associated_identifier(connection: Connection, identifier: str, previous: str | None, old_number: str | None) -> str:
    """The 关联证照标识 of a certificate: `previous`, of ours, or that of the entry `old_number` that gave way to it; "" where neither had one."""
    if previous or not old_number:
        return previous or ""
    query = select(_ROW.identifier).where(_ROW.folded_number == fold_number(old_number), _ROW.reissued_as == identifier)
    return str(connection.execute(query).scalar() or "")


def restore(connection: Connection, identifier: str, now: datetime) -> LegacyEntry | None:
    """The certificate came to nothing before anybody was told of it: the entry that gave way to it is valid again."""
    before = replaced_by(connection, identifier)
    if before is None:
        return None
    values = {"state": "valid", "reissued_as": None}
    changed = update(tables.legacy_entry).where(_ROW.id == before.id, _ROW.reissued_as == identifier)
    row = connection.execute(changed.values(**values, revision=before.revision + 1).returning(*COLUMNS)).one()
    change = Change("legacy.restored", str(before.id), {"state": before.state, "reissued_as": identifier}, values)
    record(connection, SYSTEM, change, before.revision + 1, "", now)
    return as_entry(row)


def of_machine(connection: Connection, manufacturer: str, serial_no: str, authority: str) -> LegacyEntry | None:
    """The valid entry of this machine in the authority's register, if there is one; compared folded."""
    maker, serial = fold_part(manufacturer), fold_part(serial_no)
    if not maker or not serial:
        return None
    query = select(*COLUMNS).where(_ROW.authority_code == authority, _ROW.state == "valid", _ROW.searched.contains(serial, autoescape=True))
    candidates = (as_entry(row) for row in connection.execute(query.order_by(_ROW.id).limit(MOST_CANDIDATES)))
    return next((e for e in candidates if fold_part(e.serial_no) == serial and fold_part(e.manufacturer or manufacturer) == maker), None)
