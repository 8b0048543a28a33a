"""Which role of which party works in a lane of this name: the role table that diagrams are read with."""

import re
from collections.abc import Sequence

from sqlalchemy import Connection

from registry.changes import Change, alone, difference
from registry.parties import Lane, resolve_party
from registry.users import roles
from workflow_runtime.errors import Failure, FieldError, Invalid, NotFound, Text
from workflow_runtime.store.library import Library
from workflow_runtime.store.rows import LaneRow
from workflow_runtime.store.tables import lanes as lane_roles

LONGEST_NAME = 64
"""Characters of a lane's name."""

PARTIES = frozenset({"owner", "authority", "system"})
"""The parties that a lane may belong to."""


def lanes(connection: Connection) -> Sequence[Lane]:
    """The whole role table, by name."""
    return [Lane(row.lane, row.role, row.party) for row in Library(connection).lanes()]


def set_lane(connection: Connection, lane: Lane) -> Change | None:
    """Add a lane or change who works in it; None when it is so already. Raises Invalid (every wrong field).

    Running cases keep the tasks that they have; tasks that come up from now on go to the new role.
    """
    lane = Lane(lane.name.strip(), lane.role, lane.party)
    if errors := _errors(connection, lane):
        raise Invalid(errors)
    alone(connection, lane_roles)
    library = Library(connection)
    before = library.lanes_named([lane.name]).get(lane.name)
    library.keep_lane(LaneRow(lane.name, lane.role, lane.party))
    was = {} if before is None else {"role": before.role, "party": before.party}
    return difference("lane.added" if before is None else "lane.updated", lane.name, was, {"role": lane.role, "party": lane.party})


def _errors(connection: Connection, lane: Lane) -> list[FieldError]:
    name_ok = 0 < len(lane.name) <= LONGEST_NAME and lane.name.isprintable()
    name_wrong = Text(f"应为 1–{LONGEST_NAME} 个可见字符", f"needs 1 to {LONGEST_NAME} visible characters")
    party_wrong = Text(
        "应为 owner、authority、authority.parent、authority/科室 或 system",
        "use owner, authority, authority.parent, authority/department or system",
    )
    known = "、".join(roles())
    checks = [
        ("lane", "泳道", name_ok, name_wrong),
        ("role", "角色", lane.role in roles(), Text(f"应为 {known} 之一", f"must be one of {known}")),
        ("party", "参与方", _is_expression(connection, lane.party), party_wrong),
    ]
    return [FieldError(key, label, wrong) for key, label, ok, wrong in checks if not ok]


def _is_expression(connection: Connection, party: str) -> bool:
    if re.split(r"[./]", party, maxsplit=1)[0] not in PARTIES:
        return False
    try:
        resolve_party(connection, party, {})
    except NotFound:
        return True  # well-formed; which party it means is known only in a case
    except Failure:
        return False
    return True
