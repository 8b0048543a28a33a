"""Users and what they may do: a grant is a role on behalf of a party. Roles are data (`data/roles.csv`), not code."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, delete, select, update
from sqlalchemy import insert as plain_insert

from registry import data, tables
from registry.changes import Change, alone
from registry.parties import is_party, party_code
from workflow_runtime.actors import SYSTEM
from workflow_runtime.errors import FieldError, Invalid, NotFound, Text, WrongState
from workflow_runtime.store.keys import possible_key
from workflow_runtime.store.upsert import insert_or

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
LONGEST_TYPED = 200
"""Characters of what may be a login once it is folded: folding millions takes long."""

RESERVED = frozenset({"new", SYSTEM.id})
"""Logins that nobody gets: an address that ends in `new` means another page than that of a user; the audit knows the system by the other."""


@dataclass(frozen=True)
class User:
    """One user: `unit` is the party that he belongs to, `grants` the pairs of role and party."""

    login: str
    display_name: str
    unit: str
    disabled: bool
    grants: frozenset[tuple[str, str]]

    def may(self, role: str, party: str) -> bool:
        """Whether he holds this role for this party; a disabled user holds none."""
        return not self.disabled and (role, party) in self.grants


@cache
def roles() -> Mapping[str, Text]:
    """Every role with its name."""
    return {row["role"]: Text(row["zh"], row["en"]) for row in data.rows("roles")}


def fold_login(login: str) -> str:
    """A login as it is kept: half width, lower case, no blanks around it; what is too long for one, as it is."""
    return login if len(login) > LONGEST_TYPED else unicodedata.normalize("NFKC", login).strip().lower()


def _find(connection: Connection, login: str) -> User | None:
    if not possible_key(login):
        return None
    row = connection.execute(select(tables.user_account).where(tables.user_account.c.login == fold_login(login))).one_or_none()
    if row is None:
        return None
    granted = select(tables.user_grant.c.role, tables.user_grant.c.party).where(tables.user_grant.c.login == row.login)
    grants = frozenset((role, party) for role, party in connection.execute(granted))
    return User(row.login, row.display_name, row.unit, row.disabled, grants)


def user(connection: Connection, login: str) -> User:
    """The user with this login. Raises NotFound USER_UNKNOWN."""
    found = _find(connection, login)
    if found is None:
        raise NotFound(
            Text(f"没有用户 {login}", f"There is no user {login}"),
            Text("请核对登录名，或请管理员添加该用户。", "Check the login, or have the administrator add the user."),
            code="USER_UNKNOWN",
        )
    return found


def users(connection: Connection) -> Sequence[User]:
    """All users by login."""
    logins = connection.execute(select(tables.user_account.c.login).order_by(tables.user_account.c.login)).scalars().all()
    return [user(connection, login) for login in logins]


def _has_control(text: str) -> bool:
    """Whether a text holds characters that nobody sees: controls, marks of direction, line ends, halves of characters."""
    return any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in text)


def add_user(connection: Connection, login: str, display_name: str, unit: str, now: datetime) -> Change:
    """Add a user without grants. Raises Invalid (every wrong field), WrongState USER_EXISTS."""
    typed, login = login, fold_login(login)
    control = Text("含有不可见的控制字符", "holds invisible control characters")
    checks = [
        ("login", "登录名", LOGIN.fullmatch(login), Text("应为 2–64 位字母、数字或 . _ @ -", "2 to 64 letters, digits or . _ @ -")),
        ("login", "登录名", login not in RESERVED, Text("系统保留，请换一个登录名", "is reserved: choose another login")),
        ("login", "登录名", not _has_control(typed), control),
        ("display_name", "姓名", display_name.strip(), Text("不能为空", "must not be empty")),
        ("display_name", "姓名", not _has_control(display_name), control),
        ("unit", "所属单位", is_party(unit), Text("不是有效的单位标识", "is not a party")),
    ]
    if errors := [FieldError(key, label, wrong) for key, label, ok, wrong in checks if not ok]:
        raise Invalid(errors)
    alone(connection, tables.user_account)
    if _find(connection, login) is not None:
        raise WrongState(
            Text(f"用户 {login} 已存在", f"User {login} already exists"),
            Text("请换一个登录名。", "Choose another login."),
            code="USER_EXISTS",
        )
    values = {"login": login, "display_name": display_name.strip(), "unit": unit, "disabled": False}
    connection.execute(plain_insert(tables.user_account).values(**values, added_at=now))
    return Change("user.added", login, {}, values)


def grant(connection: Connection, login: str, role: str, party: str, now: datetime) -> Change | None:
    """Let a user act in a role for a party; None when he already may. Raises NotFound, Invalid for an unknown role or party.

    An authority may be entered after its people; once it is in the books, it must have the department that the party names.
    """
    known = user(connection, login)
    checks = [
        ("role", "角色", role in roles(), Text(f"没有角色“{role}”", f"there is no role '{role}'")),
        ("party", "单位", is_party(party), Text("不是有效的单位标识", "is not a party")),
        ("party", "单位", _department_known(connection, party), Text("该机关没有登记此科室", "the authority has no such department")),
    ]
    if errors := [FieldError(key, label, wrong) for key, label, ok, wrong in checks if not ok]:
        raise Invalid(errors)
    statement = insert_or(connection, tables.user_grant).values(login=known.login, role=role, party=party, granted_at=now)
    granted = connection.execute(statement.on_conflict_do_nothing().returning(tables.user_grant.c.login)).first()
    return None if granted is None else Change("user.granted", known.login, {}, {"role": role, "party": party})


def _department_known(connection: Connection, party: str) -> bool:
    department = party.partition("/")[2]
    if not department or not is_party(party):
        return True
    query = select(tables.authority.c.departments).where(tables.authority.c.code == party_code(party))
    departments = connection.execute(query).scalar_one_or_none()
    return departments is None or department in departments


def revoke(connection: Connection, login: str, role: str, party: str) -> Change | None:
    """Take a grant back; None when there was none. Raises NotFound for an unknown user."""
    known, grants = user(connection, login), tables.user_grant
    if not possible_key(role + party):
        return None
    statement = delete(grants).where(grants.c.login == known.login, grants.c.role == role, grants.c.party == party)
    if connection.execute(statement).rowcount == 0:
        return None
    return Change("user.revoked", known.login, {"role": role, "party": party}, {})


def disable(connection: Connection, login: str, disabled: bool = True) -> Change | None:
    """Disable a user (or, with False, let him in again); None when he already is. His grants are kept, his sessions end. Raises NotFound."""
    alone(connection, tables.user_account)
    known = user(connection, login)
    if known.disabled == disabled:
        return None
    connection.execute(delete(tables.user_session).where(tables.user_session.c.login == known.login))
    connection.execute(update(tables.user_account).where(tables.user_account.c.login == known.login).values(disabled=disabled))
    return Change("user.disabled" if disabled else "user.enabled", known.login, {"disabled": known.disabled}, {"disabled": disabled})
