"""The people of the demonstration: an owner, a reviewer at each authority, a supervisor, an operator, an administrator."""

from registry import users
from registry.administration import enter
from registry.authorities import authorities, load_demonstration
from registry.parties import SYSTEM, authority_party, owner_party
from workflow_runtime.actors import Actor
from workflow_runtime.errors import NotFound
from workflow_runtime.runtime import UnitOfWork

OWNERS = (
    ("zhang", "张建国", "91150100MA0MJ0001U", "内蒙古蒙建机械租赁有限公司"),
    ("wang", "王丽", "91150200MA0MJ00024", "包头市鹿城建筑工程有限公司"),
)
"""Login, name, credit code and company."""


def enter_people(uow: UnitOfWork, administrator: Actor) -> None:
    """Enter the demonstration authorities and everybody who works there; harmless when repeated."""
    for change in load_demonstration(uow.connection):
        enter(uow, administrator, change)
    for login, name, code, _ in OWNERS:
        _enter(uow, administrator, login, name, owner_party(code), ("applicant",))
    for body in authorities(uow.connection):
        party = authority_party(body.code)
        roles = ("reviewer",) if body.number_prefix else ("supervisor",)
        _enter(
            uow,
            administrator,
            f"{'li' if body.number_prefix else 'chen'}.{body.region}",
            f"{body.name[:3]}{'审核员' if body.number_prefix else '监管员'}",
            party,
            roles,
        )
    _enter(uow, administrator, "operator", "运维", SYSTEM, ("operator",))
    _enter(uow, administrator, "admin", "管理员", SYSTEM, ("administrator", "analyst", "auditor"))


def _enter(uow: UnitOfWork, administrator: Actor, login: str, name: str, party: str, roles: tuple[str, ...]) -> None:
    try:
        users.user(uow.connection, login)
    except NotFound:
        enter(uow, administrator, users.add_user(uow.connection, login, name, party, uow.now))
    for role in roles:
        enter(uow, administrator, users.grant(uow.connection, login, role, party, uow.now))
