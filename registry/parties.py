"""Parties: who somebody acts for, written as `owner:<code>`, `authority:<code>`, `authority:<code>/<department>` or `system`.

A lane of a diagram names its party by an expression (`owner`, `authority`, `authority.parent`, `authority/<department>`), which is
resolved against the parties of the case.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from registry import authorities, data
from registry.codes import is_credit_code
from workflow_runtime.actors import Actor
from workflow_runtime.errors import Failure, NotFound, Text

SYSTEM = "system"
SUPERVISOR = "supervisor"
_PARTY = re.compile(r"(?P<kind>owner|authority):(?P<code>[0-9A-Z]{18})(?:/(?P<department>[^/\s]{1,60}))?")
_EXPRESSION = re.compile(r"(?P<role>[a-z_]+)(?P<parent>\.parent)?(?:/(?P<department>[^/\s]{1,60}))?")


@dataclass(frozen=True)
class Lane:
    """Who works the user tasks of a lane of this name: a role, and the expression of its party."""

    name: str
    role: str
    party: str


def owner_party(code: str) -> str:
    """The party of the owner with this credit code."""
    return f"owner:{code}"


def authority_party(code: str, department: str = "") -> str:
    """The party of the authority with this credit code, or of one of its departments."""
    return f"authority:{code}/{department}" if department else f"authority:{code}"


def party_code(party: str) -> str | None:
    """The credit code inside a party; None for `system` and for what is not a party."""
    match = _PARTY.fullmatch(party)
    return match["code"] if match else None


def is_party(party: str) -> bool:
    """Whether this is a well-formed party with a valid credit code; only authorities have departments."""
    match = _PARTY.fullmatch(party)
    if match is None:
        return party == SYSTEM
    return is_credit_code(match["code"]) and not (match["kind"] == "owner" and match["department"])


def standard_lanes() -> Sequence[Lane]:
    """The lanes that come with the product."""
    return [Lane(row["lane"], row["role"], row["party"]) for row in data.rows("lanes")]


def resolve_party(connection: Connection, expression: str, parties: Mapping[str, str]) -> str:
    """The party that a lane's expression means in a case with these parties (`owner`, `authority` …).

    Raises Failure PARTY_EXPRESSION for what is no expression; NotFound PARTY_UNKNOWN when the case has no such party, PARENT_UNKNOWN
    when the authority has none above it, DEPARTMENT_UNKNOWN when it has no such department.
    """
    match = _EXPRESSION.fullmatch(expression)
    if match is None:
        raise _not_an_expression(expression)
    if expression == SYSTEM:
        return SYSTEM
    party = parties.get(match["role"])
    if party is None:
        raise NotFound(
            Text(f"该案件没有“{match['role']}”一方", f"This case has no party '{match['role']}'"),
            Text("请检查泳道与角色表的对应关系。", "Check the lane's entry in the role table."),
            code="PARTY_UNKNOWN",
        )
    if match["parent"]:
        party = _parent(connection, party)
    return _department(connection, party, match["department"]) if match["department"] else party


def _not_an_expression(expression: str) -> Failure:
    return Failure(
        Text(f"“{expression}”不是有效的参与方表达式", f"'{expression}' is not a party expression"),
        Text(
            "可用：owner、authority、authority.parent、authority/科室。", "Use owner, authority, authority.parent or authority/department."
        ),
        code="PARTY_EXPRESSION",
    )


def _authority_code(party: str) -> str:
    match = _PARTY.fullmatch(party)
    if match is None or match["kind"] != "authority":
        raise _not_an_expression(party)
    return match["code"]


def _parent(connection: Connection, party: str) -> str:
    code = _authority_code(party)
    above = authorities.parent_of(connection, code)
    if above is None:
        name = authorities.authority(connection, code).name
        raise NotFound(
            Text(f"{name}没有登记上级主管部门", f"{name} has no authority above it in the books"),
            Text("请管理员为该机关登记上级主管部门。", "Have the administrator enter the authority above it."),
            code="PARENT_UNKNOWN",
        )
    return authority_party(above.code)


def _department(connection: Connection, party: str, department: str) -> str:
    body = authorities.authority(connection, _authority_code(party))
    if department not in body.departments:
        raise NotFound(
            Text(f"{body.name}没有科室“{department}”", f"{body.name} has no department '{department}'"),
            Text("请管理员为该机关登记此科室，或修改泳道名称。", "Have the administrator add the department, or rename the lane."),
            code="DEPARTMENT_UNKNOWN",
        )
    return authority_party(body.code, department)


def overseen(connection: Connection, actor: Actor) -> Collection[str]:
    """The parties, besides his own, whose cases the actor may read.

    A supervisor at an authority reads the cases of every authority below it, however deep; who acts for a department reads those of its
    authority.
    """
    found = {grant.party.partition("/")[0] for grant in actor.grants if _kind(grant.party) == "authority"}
    tops = {party_code(grant.party) for grant in actor.grants if grant.role == SUPERVISOR and _kind(grant.party) == "authority"}
    return found | {authority_party(code) for code in _below(connection, {code for code in tops if code})}


def _kind(party: str) -> str:
    match = _PARTY.fullmatch(party)
    return match["kind"] if match else ""


def _below(connection: Connection, tops: Iterable[str]) -> set[str]:
    """The authorities below these; the books hold no circles, and one would end here."""
    todo, found = list(tops), set[str]()
    children = authorities.children(connection) if todo else {}
    while todo:
        below = [code for code in children.get(todo.pop(), ()) if code not in found]
        found.update(below)
        todo += below
    return found
