"""The people of the demonstration: owners, a reviewer at each authority and at each of its departments, a supervisor, an operator, an administrator."""

from functools import cache

from registry import users
from registry.administration import enter
from registry.authorities import authorities, load_demonstration
from registry.parties import SYSTEM, authority_party, owner_party
from registry.passwords import has_password, hash_password, set_password
from workflow_runtime.actors import Actor
from workflow_runtime.errors import NotFound
from workflow_runtime.runtime import UnitOfWork

PASSWORD = "Crane-2026-demo"  # noqa: S105 - everybody may know it: a demonstration guards nothing
"""With which everybody of the demonstration signs in."""

OWNERS = (
    ("zhang", "张建国", "91150100MA0MJ0001U", "内蒙古蒙建机械租赁有限公司"),
    ("wang", "王丽", "91150200MA0MJ00024", "包头市鹿城建筑工程有限公司"),
)
"""Login, name, credit code and company."""

OFFICIALS = {"150000": "陈立新", "150100": "李慧敏", "150200": "李志强", "150400": "李国栋", "150600": "李娜"}
"""Who reviews at the authority of a region, or supervises there where no certificates are issued."""

CLERKS = {"质量安全科": ("sun", "孙安"), "行政审批科": ("qian", "钱敏")}
"""Login (before the region) and name of who reviews at a department of this name."""


def enter_people(uow: UnitOfWork, administrator: Actor) -> None:
    """Enter the demonstration authorities and everybody who works there; harmless when repeated."""
    for change in load_demonstration(uow.connection):
        enter(uow, administrator, change)
    for login, name, code, _ in OWNERS:
        _enter(uow, administrator, login, name, owner_party(code), ("applicant",))
    for body in authorities(uow.connection):
        official = OFFICIALS.get(body.region)
        if official is not None:
            login, role = (f"li.{body.region}", "reviewer") if body.number_prefix else (f"chen.{body.region}", "supervisor")
            _enter(uow, administrator, login, official, authority_party(body.code), (role,))
        for department in body.departments:
            if department in CLERKS:
                login, name = CLERKS[department]
                party = authority_party(body.code, department)
                _enter(uow, administrator, f"{login}.{body.region}", name, party, ("reviewer",))
    _enter(uow, administrator, "operator", "周海涛", SYSTEM, ("operator",))
    _enter(uow, administrator, "admin", "孙悦", SYSTEM, ("administrator", "analyst", "auditor"))


def _enter(uow: UnitOfWork, administrator: Actor, login: str, name: str, party: str, roles: tuple[str, ...]) -> None:
    try:
        users.user(uow.connection, login)
    except NotFound:
        enter(uow, administrator, users.add_user(uow.connection, login, name, party, uow.now))
    for role in roles:
        enter(uow, administrator, users.grant(uow.connection, login, role, party, uow.now))
    if not has_password(uow.connection, login):
        change = set_password(uow.connection, login, PASSWORD, uow.now, must_change=False, hashed=_password_hash())
        enter(uow, administrator, change)


@cache
def _password_hash() -> str:
    # One hash for all of them: it takes its time by intent, and the password is no secret.
    return hash_password(PASSWORD)
