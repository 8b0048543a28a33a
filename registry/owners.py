"""Owners (产权单位): rental firms and using firms that bought their own cranes, by their credit code."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from registry import tables
from registry.changes import Change, difference
from registry.codes import WRONG_CODE, is_credit_code
from registry.parties import owner_party, party_code
from workflow_runtime.errors import FieldError, Invalid, NotFound, Text
from workflow_runtime.store.upsert import insert_or

PERSONAL = frozenset({"legal_representative", "legal_phone", "contact", "contact_phone"})
HIDDEN = "***"


@dataclass(frozen=True)
class Owner:
    """One owner with what its last filing said of it."""

    code: str
    name: str
    address: str = ""
    legal_representative: str = ""
    legal_phone: str = ""
    contact: str = ""
    contact_phone: str = ""


def _find(connection: Connection, code: str) -> Owner | None:
    row = connection.execute(select(tables.owner).where(tables.owner.c.code == code)).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    del values["updated_at"]
    return Owner(**values)


def owner(connection: Connection, code: str) -> Owner:
    """The owner with this credit code. Raises NotFound OWNER_UNKNOWN."""
    found = _find(connection, code)
    if found is None:
        raise NotFound(
            Text(f"没有统一社会信用代码为 {code} 的产权单位", f"There is no owner with credit code {code}"),
            Text("请核对统一社会信用代码。", "Check the credit code."),
            code="OWNER_UNKNOWN",
        )
    return found


def remember_owner(connection: Connection, owner: Owner, now: datetime) -> Change | None:
    """Add the owner or bring its entry up to date; None when nothing differs. Raises Invalid for a wrong code or no name.

    The change names personal data that differ without telling them: the audit, which never forgets, must not hold them.
    """
    errors = []
    if not is_credit_code(owner.code):
        errors.append(FieldError("owner_code", "统一社会信用代码", WRONG_CODE))
    if not owner.name.strip():
        errors.append(FieldError("owner_name", "产权单位", Text("不能为空", "must not be empty")))
    if errors:
        raise Invalid(errors)
    before = _find(connection, owner.code)
    values = asdict(owner)
    statement = insert_or(connection, tables.owner).values(**values, updated_at=now)
    connection.execute(statement.on_conflict_do_update(index_elements=[tables.owner.c.code], set_={**values, "updated_at": now}))
    act = "owner.added" if before is None else "owner.updated"
    change = difference(act, owner.code, {} if before is None else asdict(before), values)
    return None if change is None else replace(change, before=_without_persons(change.before), after=_without_persons(change.after))


def _without_persons(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: HIDDEN if name in PERSONAL and value else value for name, value in values.items()}


def known_answers(connection: Connection, party: str) -> dict[str, str]:
    """What the books know of an owner, by the names that forms use for it: a new filing begins with this. Empty for other parties."""
    code = party_code(party)
    if code is None or party != owner_party(code):
        return {}
    found = _find(connection, code) or Owner(code, "")
    known = {"owner_code": found.code, "owner_name": found.name, "owner_address": found.address}
    known |= {name: getattr(found, name) for name in sorted(PERSONAL)}
    return {name: value for name, value in known.items() if value}
