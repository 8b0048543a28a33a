"""Issuing authorities (发证机关): who they are, who is above them, and whether they can already issue."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from registry import data, tables
from registry.changes import Change, alone, difference
from registry.codes import WRONG_CODE, is_credit_code
from registry.folding import fold_name
from workflow_runtime.errors import FieldError, Invalid, NotFound, Text, WrongState
from workflow_runtime.store.keys import possible_key

PREFIX = re.compile(r"[一-鿿][A-Z]{2}")
"""Province sign, city letter, county letter (`A` for a city that files centrally), e.g. 蒙AA."""
DEPARTMENT = re.compile(r"[^/\s]{1,60}")


@dataclass(frozen=True)
class Authority:
    """One authority.

    `code` is its credit code, `parent` that of the authority above it: always said, never derived from the region's code, because
    满洲里 and 二连浩特 act at 盟市 level. An empty `number_prefix` means that it issues no certificates itself.
    """

    code: str
    name: str
    region: str
    parent: str | None = None
    number_prefix: str = ""
    seal_name: str = ""
    accepted_seal_names: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    has_account: bool = False
    has_seal: bool = False
    catalogue_claimed: bool = False
    automatic_aggregation: bool = False

    def accepts_seal(self, seal_name: str) -> bool:
        """Whether a seal of this name is this authority's: equal to its name or an accepted name after NFKC, blanks removed."""
        return fold_name(seal_name) in {fold_name(name) for name in (self.name, *self.accepted_seal_names)}


@dataclass(frozen=True)
class Precondition:
    """One precondition of issuing, fulfilled or not; `message` says it, `remedy` what to do when it is not."""

    key: str
    ok: bool
    message: Text
    remedy: Text


def _authority(row: Row[Any]) -> Authority:
    values = dict(row._mapping)
    return Authority(**{**values, "accepted_seal_names": tuple(values["accepted_seal_names"]), "departments": tuple(values["departments"])})


def _values(authority: Authority) -> dict[str, Any]:
    # the books hold JSON lists; the audit gets the same
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(authority).items()}


def _find(connection: Connection, code: str) -> Authority | None:
    if not possible_key(code):
        return None
    row = connection.execute(select(tables.authority).where(tables.authority.c.code == code)).one_or_none()
    return None if row is None else _authority(row)


def authority(connection: Connection, code: str) -> Authority:
    """The authority with this credit code. Raises NotFound AUTHORITY_UNKNOWN."""
    found = _find(connection, code)
    if found is None:
        raise NotFound(
            Text(f"没有统一社会信用代码为 {code} 的发证机关", f"There is no authority with credit code {code}"),
            Text("请从列表中选择发证机关，或请管理员先登记该机关。", "Choose an authority of the list, or have the administrator add it."),
            code="AUTHORITY_UNKNOWN",
        )
    return found


def authorities(connection: Connection) -> Sequence[Authority]:
    """All authorities by region, then by code."""
    query = select(tables.authority).order_by(tables.authority.c.region, tables.authority.c.code)
    return [_authority(row) for row in connection.execute(query)]


def parent_of(connection: Connection, code: str) -> Authority | None:
    """The authority above this one; None at the top. Raises NotFound for an unknown code."""
    parent = authority(connection, code).parent
    return None if parent is None else authority(connection, parent)


def children(connection: Connection) -> Mapping[str, Sequence[str]]:
    """The authorities directly below each one that has some, by code."""
    found: dict[str, list[str]] = {}
    query = select(tables.authority.c.parent, tables.authority.c.code).where(tables.authority.c.parent.is_not(None))
    for parent, code in connection.execute(query.order_by(tables.authority.c.code)):
        found.setdefault(parent, []).append(code)
    return found


def _parent_error(connection: Connection, new: Authority) -> Text | None:
    above, seen = new.parent, {new.code}
    while above is not None:
        if above in seen:
            return Text("上级机关形成循环", "the authorities above form a circle")
        seen.add(above)
        found = _find(connection, above)
        if found is None:
            return Text(f"上级机关 {above} 未登记", f"the authority above, {above}, is not in the books")
        above = found.parent
    return None


def _errors(connection: Connection, new: Authority) -> list[FieldError]:
    query = select(tables.region.c.code).where(tables.region.c.code == new.region)
    known = connection.execute(query).first() if possible_key(new.region) else None
    prefix_ok = not new.number_prefix or PREFIX.fullmatch(new.number_prefix)
    texts = (
        ("name", "机关名称", new.name),
        ("seal_name", "电子签章名称", new.seal_name),
        ("accepted_seal_names", "认可的签章名称", "".join(new.accepted_seal_names)),
    )
    departments_ok = all(DEPARTMENT.fullmatch(name) for name in new.departments)
    checks = [
        ("code", "统一社会信用代码", None if is_credit_code(new.code) else WRONG_CODE),
        ("name", "机关名称", None if new.name.strip() else Text("不能为空", "must not be empty")),
        *(
            (key, label, None if possible_key(text) else Text("含有不可用的字符", "holds characters that cannot be used"))
            for key, label, text in texts
        ),
        ("region", "行政区划", None if known else Text("行政区划代码不存在", "there is no such region code")),
        ("parent", "上级机关", _parent_error(connection, new)),
        ("number_prefix", "编号前缀", None if prefix_ok else Text("应为省份简称加两位字母，如 蒙AA", "one sign and two letters, as 蒙AA")),
        (
            "departments",
            "内设科室",
            None if departments_ok else Text("科室名称不能为空、含空格或“/”", "must not be empty or contain blanks or '/'"),
        ),
    ]
    return [FieldError(key, label, wrong) for key, label, wrong in checks if wrong is not None]


def add_authority(connection: Connection, new: Authority) -> Change:
    """Add an authority. Raises Invalid (every wrong field), WrongState AUTHORITY_EXISTS."""
    alone(connection, tables.authority)
    if errors := _errors(connection, new):
        raise Invalid(errors)
    if _find(connection, new.code) is not None:
        raise WrongState(
            Text(f"发证机关 {new.code} 已登记", f"Authority {new.code} is already in the books"),
            Text("请改用修改功能。", "Change the existing entry instead."),
            code="AUTHORITY_EXISTS",
        )
    connection.execute(insert(tables.authority).values(_values(new)))
    return Change("authority.added", new.code, {}, _values(new))


def authority_to_change(connection: Connection, code: str) -> Authority:
    """One authority; until this transaction ends nobody else changes it. Raises NotFound AUTHORITY_UNKNOWN."""
    alone(connection, tables.authority)
    return authority(connection, code)


def update_authority(connection: Connection, changed: Authority) -> Change | None:
    """Write an authority's new state; None when nothing differs. Raises NotFound, Invalid (every wrong field)."""
    before = authority_to_change(connection, changed.code)
    if errors := _errors(connection, changed):
        raise Invalid(errors)
    connection.execute(update(tables.authority).where(tables.authority.c.code == changed.code).values(_values(changed)))
    return difference("authority.updated", changed.code, _values(before), _values(changed))


def preconditions(authority: Authority) -> list[Precondition]:
    """The four preconditions of issuing e-certificates (operation manual, 注意事项) as a check list."""
    office = Text("请联系当地政务局办理。", "Ask the local government-services office for it.")
    return [
        Precondition(
            "account",
            authority.has_account,
            Text("在政务服务网有账号", "Has an account on the government service network"),
            office,
        ),
        Precondition(
            "seal", authority.has_seal, Text("在政务服务网有电子签章", "Has an electronic seal on the government service network"), office
        ),
        Precondition(
            "catalogue",
            authority.catalogue_claimed,
            Text("已认领证照目录", "Has claimed the certificate catalogue"),
            Text("请登录政务服务网认领建筑起重机械备案证目录。", "Log in to the government service network and claim the catalogue."),
        ),
        Precondition(
            "seal_name",
            authority.accepts_seal(authority.seal_name),
            Text("电子签章名称与发证机关名称一致", "The seal's name equals the authority's name"),
            Text(
                f"签章名称为“{authority.seal_name}”，应为“{authority.name}”；请联系政务局更正签章。",
                f"The seal is named '{authority.seal_name}', it should be '{authority.name}'; have the seal corrected.",
            ),
        ),
    ]


def load_demonstration(connection: Connection) -> list[Change]:
    """Add the demonstration authorities that are not there yet, ready to issue, seals named alike. Needs the regions."""
    changes = []
    for row in data.rows("authorities"):
        if _find(connection, row["code"]) is None:
            changes.append(add_authority(connection, _demonstration(row)))
    return changes


def _demonstration(row: dict[str, str]) -> Authority:
    return Authority(
        code=row["code"],
        name=row["name"],
        region=row["region"],
        parent=row["parent"] or None,
        number_prefix=row["number_prefix"],
        seal_name=row["name"],
        departments=tuple(row["departments"].split()),
        has_account=True,
        has_seal=True,
        catalogue_claimed=True,
    )
