"""The audit: who did what, when, to what, why. Append-only, written in the commit of what it tells, one hash chain per case.

Article: change records are kept permanently (domain rule of the filing system). `verify` finds any edit, deletion, reorder or insertion, and
any cut before the last exported checkpoint.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from workflow_runtime.actors import Actor
from workflow_runtime.errors import Text
from workflow_runtime.store.audit import CASE_PREFIX, GENESIS, AuditRows, StoredEntry, chained
from workflow_runtime.store.rows import CaseRow

Details = Mapping[str, Any]


@dataclass(frozen=True)
class AuditEntry:
    """One entry of a stream, as it is read back."""

    seq: int
    at: datetime
    actor: str
    actor_name: str
    party: str
    role: str
    action: str
    subject: str
    details: Details
    reason: str


@dataclass(frozen=True)
class Breach:
    """A place where a stream's chain does not hold."""

    stream: str
    seq: int
    message: Text


@dataclass
class AuditReport:
    """The result of a verification: how much was read, and every breach."""

    streams: int = 0
    entries: int = 0
    breaches: list[Breach] = field(default_factory=list)


def digest(value: Any) -> str:
    """A short fingerprint of a JSON value, for "before" and "after"."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


class Audit:
    """The audit of one transaction."""

    def __init__(self, rows: AuditRows, now: datetime) -> None:
        self._rows = rows
        self._now = now

    def record_case(self, case: CaseRow, actor: Actor, action: str, subject: str, details: Details, reason: str = "") -> None:
        """Append to a case's chain; its head moves in the case's row, which the caller has locked and saves."""
        stream = CASE_PREFIX + case.number
        role = actor.role_at(case.parties.get("authority", "")) or ",".join(sorted({g.role for g in actor.grants}))
        case.audit_seq += 1
        case.audit_head = self._append(stream, case.audit_seq, case.audit_head, actor, role, action, subject, details, reason)

    def record(self, stream: str, actor: Actor, action: str, subject: str, details: Details, reason: str = "") -> None:
        """Append to a stream that is not a case: `deployments`, `users`, `authorities`, …"""
        seq, head = self._rows.locked_head(stream)
        role = ",".join(sorted({g.role for g in actor.grants}))
        head = self._append(stream, seq + 1, head, actor, role, action, subject, details, reason)
        self._rows.move_head(stream, seq + 1, head)

    def _append(
        self, stream: str, seq: int, previous: str, actor: Actor, role: str, action: str, subject: str, details: Details, reason: str
    ) -> str:
        entry = orjson.dumps(
            {
                "stream": stream,
                "seq": seq,
                "at": self._now.isoformat(),
                "who": [actor.id, actor.name, actor.party, role],
                "action": action,
                "subject": subject,
                "details": details,
                "reason": reason,
            }
        )
        head = chained(previous, entry)
        self._rows.append(stream, seq, self._now, actor.id, entry, head)
        return head


def entries_of(rows: AuditRows, stream: str) -> list[AuditEntry]:
    """A stream's entries, oldest first."""
    return [_entry(stored.entry) for stored in rows.entries(stream)]


def _entry(raw: bytes) -> AuditEntry:
    value = orjson.loads(raw)
    actor, name, party, role = value["who"]
    return AuditEntry(
        seq=value["seq"],
        at=datetime.fromisoformat(value["at"]),
        actor=actor,
        actor_name=name,
        party=party,
        role=role,
        action=value["action"],
        subject=value["subject"],
        details=value["details"],
        reason=value["reason"],
    )


def verify(rows: AuditRows, checkpoints: Mapping[str, tuple[int, str]] | None = None) -> AuditReport:
    """Recompute every chain. `checkpoints` (stream → sequence number and head, exported earlier) also show a cut tail."""
    report = AuditReport()
    heads = rows.heads()
    for stream in sorted(set(heads) | rows.streams() | set(checkpoints or {})):
        report.streams += 1
        _verify_stream(rows, stream, heads.get(stream, (0, GENESIS)), (checkpoints or {}).get(stream), report)
    return report


def _verify_stream(rows: AuditRows, stream: str, head: tuple[int, str], checkpoint: tuple[int, str] | None, report: AuditReport) -> None:
    expected, previous, passed = 0, GENESIS, checkpoint is None or checkpoint[0] == 0
    for stored in rows.entries(stream):
        expected += 1
        report.entries += 1
        previous = chained(previous, stored.entry)
        if stored.seq != expected or previous != stored.hash or not _agrees(stored, stream):
            report.breaches.append(
                Breach(stream, stored.seq, Text("记录被改动、删除、插入或调换。", "An entry was edited, deleted, inserted or moved."))
            )
            return
        passed = passed or (checkpoint is not None and (stored.seq, stored.hash) == (checkpoint[0], checkpoint[1]))
    if (expected, previous) != head:
        report.breaches.append(Breach(stream, expected, Text("链尾与登记的末端不符，末尾被截断或追加。", "The end was cut or extended.")))
    elif not passed:
        report.breaches.append(Breach(stream, expected, Text("缺少检查点中已有的记录。", "Entries known to the checkpoint are missing.")))


def _agrees(stored: StoredEntry, stream: str) -> bool:
    """The hashed text says the same as the columns beside it."""
    try:
        value = orjson.loads(stored.entry)
        told = (value["stream"], value["seq"], value["who"][0], datetime.fromisoformat(value["at"]))
    except (ValueError, KeyError, TypeError, IndexError):
        return False
    return told == (stream, stored.seq, stored.actor, stored.at)
