"""Questions that a person asks the platforms outside of a case."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from registry.authorities import Authority, authority_to_change, preconditions, update_authority
from registry.authorities import authority as authority_of
from registry.changes import Change
from registry.parties import party_code
from tasks.context import Context
from tasks.remarks import spoken
from workflow_runtime.errors import Text
from workflow_runtime.handlers import operation


@dataclass(frozen=True)
class Precondition:
    """One line of the check list."""

    key: str
    ok: bool
    message: dict[str, str]
    remedy: dict[str, str]


@dataclass(frozen=True)
class Preconditions:
    """The check list; `change` is what the answer changed in the books, for the audit, None when nothing."""

    known: bool
    checks: Sequence[Precondition]
    change: Change | None


@operation("authority.preconditions")
def authority_preconditions(ctx: Context, authority: str) -> Preconditions:
    """Ask the seal network whether an authority can issue: account, seal, catalogue, and the seal's name; bring the books up to date.

    `authority` is a party or the bare credit code. Raises NotFound AUTHORITY_UNKNOWN, RemoteTransient, RemoteUnknown.
    """
    code = party_code(authority) or authority
    with ctx.transaction() as connection:
        authority_of(connection, code)
    told = ctx.provincial.authority(code)
    with ctx.transaction() as connection:
        before = authority_to_change(connection, code)
        change = update_authority(connection, _as_told(before, told or {}))
        after = authority_of(connection, code)
    checks = [Precondition(p.key, p.ok, spoken(_message(p.message, p.ok)), spoken(p.remedy)) for p in preconditions(after)]
    return Preconditions(told is not None, checks, change)


def _as_told(before: Authority, told: dict[str, object]) -> Authority:
    return replace(
        before,
        has_account=told.get("account") is True,
        has_seal=told.get("seal") is True,
        catalogue_claimed=told.get("catalogueClaimed") is True,
        seal_name=str(told.get("sealName") or ""),
    )


def _message(text: Text, ok: bool) -> Text:
    return text if ok else Text(f"未满足：{text.zh}", f"Not yet: {text.en}")
