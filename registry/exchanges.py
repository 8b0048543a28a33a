"""The push log: every call to another organisation's platform, written before it is sent and again when it is answered.

An exchange that was never closed, or closed as `unknown`, may or may not have had its effect: inquire before sending anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from registry.tables import exchange
from workflow_runtime.errors import NotFound, Text, WrongState
from workflow_runtime.store.keys import LARGEST_ID, possible_key

Outcome = Literal["accepted", "warned", "refused", "transient", "unknown"]
"""`transient`: certainly without effect, to be tried again."""
CONCLUSIVE = ("accepted", "warned", "refused")
OPEN = "open"
"""Asks for calls whose outcome is not written yet."""
PAGE = 50
ANSWER_LIMIT = 65_536
"""Characters of an answer that are kept."""
_ROW = exchange.c


@dataclass(frozen=True)
class Exchange:
    """One call. `outcome` is None until it is closed; `status` is the HTTP status, if there was one."""

    id: int
    platform: str
    operation: str
    case: str
    key: str
    opened_at: datetime
    request: Any
    status: int | None
    answer: str
    outcome: str | None
    duration_ms: int | None


def _exchange(row: Row[Any]) -> Exchange:
    values = dict(row._mapping)
    return Exchange(case=values.pop("case_no"), **values)


def recent_outcomes(connection: Connection, most: int) -> list[tuple[str, str, str, int, float]]:
    """Of the last `most` calls: platform, operation, outcome (`open`: not answered yet), how many, and their mean duration in seconds."""
    last = select(exchange).order_by(_ROW.id.desc()).limit(most).subquery().c
    outcome = func.coalesce(last.outcome, OPEN)
    query = select(last.platform, last.operation, outcome, func.count(), func.avg(last.duration_ms))
    rows = connection.execute(query.group_by(last.platform, last.operation, outcome))
    return [(platform, operation, told, count, float(mean or 0) / 1000) for platform, operation, told, count, mean in rows]


def open_exchange(
    connection: Connection, *, platform: str, operation: str, case: str, key: str, request: Mapping[str, Any], now: datetime
) -> int:
    """Write down what is about to be sent; commit before sending. The caller has taken secrets out of `request`. Returns the id."""
    values = {"platform": platform, "operation": operation, "case_no": case, "key": key, "opened_at": now, "request": dict(request)}
    return int(connection.execute(insert(exchange).values(**values, answer="").returning(_ROW.id)).scalar_one())


def close_exchange(connection: Connection, id: int, *, status: int | None, answer: str, outcome: Outcome, duration_ms: int) -> None:  # noqa: A002 - the column's name
    """Write down the answer, cut to 65,536 characters, and what it means.

    Raises NotFound EXCHANGE_UNKNOWN; WrongState EXCHANGE_CLOSED, an entry of the log is never rewritten.
    """
    # PostgreSQL text cannot hold NUL
    kept = answer[:ANSWER_LIMIT].replace("\0", "�")
    change = update(exchange).where(_ROW.id == id, _ROW.outcome.is_(None))
    if connection.execute(change.values(status=status, answer=kept, outcome=outcome, duration_ms=duration_ms)).rowcount == 1:
        return
    if connection.execute(select(_ROW.id).where(_ROW.id == id)).first() is None:
        raise NotFound(
            Text(f"没有推送记录 {id}", f"There is no exchange {id}"), Text("请核对记录号。", "Check its id."), code="EXCHANGE_UNKNOWN"
        )
    raise WrongState(
        Text(f"推送记录 {id} 已经结束", f"Exchange {id} is already closed"),
        Text("推送记录不可改写，请新建一条。", "The log is never rewritten; open a new one."),
        code="EXCHANGE_CLOSED",
    )


def exchanges(connection: Connection, case: str) -> Sequence[Exchange]:
    """Every call for this case, oldest first."""
    return [_exchange(row) for row in connection.execute(select(exchange).where(_ROW.case_no == case).order_by(_ROW.id))]


def exchanges_of(connection: Connection, case: str, key: str) -> Sequence[Exchange]:
    """Every call for one step of this case (the key that all its attempts carry), oldest first."""
    query = select(exchange).where(_ROW.case_no == case, _ROW.key == key).order_by(_ROW.id)
    return [_exchange(row) for row in connection.execute(query)]


def search(
    connection: Connection, *, case: str | None = None, outcome: str | None = None, before: int | None = None, limit: int = PAGE
) -> Sequence[Exchange]:
    """Calls, newest first: for this case, with this outcome (`open`: not closed yet), older than the entry `before`."""
    if not all(possible_key(text) for text in (case, outcome) if text is not None):
        return []
    query = select(exchange).order_by(_ROW.id.desc()).limit(limit)
    if case is not None:
        query = query.where(_ROW.case_no == case)
    if outcome is not None:
        query = query.where(_ROW.outcome.is_(None) if outcome == OPEN else _ROW.outcome == outcome)
    if before is not None:
        query = query.where(_ROW.id < min(before, LARGEST_ID))
    return [_exchange(row) for row in connection.execute(query)]


def last_unfinished(connection: Connection, case: str, platform: str, operation: str) -> Exchange | None:
    """The newest call of this operation whose effect is unknown and that no conclusive answer followed."""
    same = (_ROW.case_no == case, _ROW.platform == platform, _ROW.operation == operation)
    settled = select(func.coalesce(func.max(_ROW.id), 0)).where(*same, _ROW.outcome.in_(CONCLUSIVE)).scalar_subquery()
    open_or_unknown = or_(_ROW.outcome.is_(None), _ROW.outcome == "unknown")
    query = select(exchange).where(*same, open_or_unknown, _ROW.id > settled).order_by(_ROW.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _exchange(row)
