"""The use cases of importing: a preview that writes nothing, and the import, which enters all of a file or nothing."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, insert, update

from registry import tables
from registry.authorities import authority
from registry.changes import Change
from registry.folding import fold_number
from registry.legacy_fields import FIELDS, searched
from registry.legacy_history import STREAM, as_document, event_values
from registry.legacy_import.plan import Changed, Plan, compare
from registry.legacy_import.refused import FileRefused
from registry.legacy_import.register import STEP, Progress, Register, silent
from registry.legacy_import.rows import LegacyRow
from registry.legacy_register import lock_numbers
from registry.legacy_roles import KEEPERS, ensure_keeps
from workflow_runtime.actors import Actor
from workflow_runtime.audit import digest
from workflow_runtime.errors import Text
from workflow_runtime.guards import ensure_role
from workflow_runtime.runtime import UnitOfWork

_ROW = tables.legacy_entry.c
_BLANK: Mapping[str, Any] = {**dict.fromkeys(FIELDS, ""), "made_on": None, "issued_on": None, "state": "valid"}


class ImportRefused(FileRefused):
    """The file has errors, and nothing of it was entered; `plan` tells them."""

    code = "LEGACY_IMPORT_REFUSED"

    def __init__(self, plan: Plan) -> None:
        errors = plan.counts["errors"]
        super().__init__(
            Text(f"文件有 {errors} 处错误，没有导入任何内容。", f"The file has {errors} error(s); nothing was imported."),
            Text("请按报告逐条更正后重新导入。", "Correct what the report names and import it again."),
        )
        self.plan = plan


def preview(uow: UnitOfWork, actor: Actor, register: Register, code: str, *, replacing: bool, progress: Progress = silent) -> Plan:
    """What importing the register as the authority's of this credit code would do. Raises NotAllowed, NotFound AUTHORITY_UNKNOWN."""
    ensure_may_import(uow, actor, code)
    return compare(uow.connection, register, code, replacing=replacing, progress=progress)


def ensure_may_import(uow: UnitOfWork, actor: Actor, code: str) -> None:
    """The authority exists, and the actor keeps its register. Raises NotAllowed, NotFound AUTHORITY_UNKNOWN."""
    ensure_role(actor, *KEEPERS)
    authority(uow.connection, code)
    ensure_keeps(actor, code)


def import_register(uow: UnitOfWork, actor: Actor, register: Register, code: str, *, replacing: bool, progress: Progress = silent) -> Plan:
    """Enter all of a register, or nothing; what the books know already is not touched, and where nothing is new, nothing is written.

    With `replacing` entries that differ become as the file says, but never one that has been reissued.
    Raises ImportRefused, NotAllowed, NotFound AUTHORITY_UNKNOWN.
    """
    ensure_may_import(uow, actor, code)
    lock_numbers(uow.connection, code)
    plan = compare(uow.connection, register, code, replacing=replacing, lock=True, progress=progress)
    if plan.refused:
        raise ImportRefused(plan)
    _enter(uow, plan, progress)
    _update(uow, actor, plan)
    if plan.new or plan.changed:
        changes = [[each.entry.id, as_document(each.before), as_document(each.after)] for each in plan.changed]
        details = {"file": register.name, "sha256": register.sha256, "counts": plan.counts, "changes": digest(changes)}
        uow.audit.record(STREAM, actor, "legacy.imported", code, details)
    return plan


def _enter(uow: UnitOfWork, plan: Plan, progress: Progress) -> None:
    for start in range(0, len(plan.new), STEP):
        progress("write", start, len(plan.new))
        rows = [_values(plan, row, uow) for row in plan.new[start : start + STEP]]
        uow.connection.execute(insert(tables.legacy_entry), rows)


def _values(plan: Plan, row: LegacyRow, uow: UnitOfWork) -> dict[str, Any]:
    values = {**_BLANK, **row.values}
    return {
        **values,
        "authority_code": plan.authority,
        "folded_number": fold_number(str(values["number"])),
        "searched": searched(values),
        "remarks": row.remarks,
        "source": f"{plan.register.name} {row.place.words.zh}",
        "revision": 1,
        "entered_at": uow.now,
    }


def _update(uow: UnitOfWork, actor: Actor, plan: Plan) -> None:
    if not plan.changed:
        return
    columns = [name for name in _BLANK if name != "number"] + ["remarks"]
    statement = update(tables.legacy_entry).where(_ROW.id == bindparam("entry")).values({name: bindparam(name) for name in columns})
    statement = statement.values(searched=bindparam("found_by"), revision=bindparam("next"))
    uow.connection.execute(statement, [_updated(each, columns) for each in plan.changed])
    events = [event_values(actor, _change(each), each.entry.revision + 1, plan.register.name, uow.now) for each in plan.changed]
    uow.connection.execute(insert(tables.legacy_event), events)


def _updated(changed: Changed, columns: list[str]) -> dict[str, Any]:
    values = {name: changed.after.get(name, getattr(changed.entry, name)) for name in columns}
    found_by = searched({**values, "number": changed.entry.number})
    return {**values, "entry": changed.entry.id, "found_by": found_by, "next": changed.entry.revision + 1}


def _change(changed: Changed) -> Change:
    return Change("legacy.updated", str(changed.entry.id), as_document(changed.before), as_document(changed.after))
