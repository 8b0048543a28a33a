"""The audit: one entry for each use case, and no way to change what it says without being found out."""

import hashlib

import orjson
import pytest
from counter import actions, opened
from sqlalchemy import text
from workbench import OPERATOR, OWNER, REVIEWER, SECOND_REVIEWER

from workflow_runtime import cases, inbox
from workflow_runtime.audit import entries_of, verify


def verified(bench, checkpoints=None):
    with bench.runtime.reading() as uow:
        return verify(uow.audit_rows, checkpoints)


def heads(bench):
    with bench.runtime.reading() as uow:
        return uow.audit_rows.heads()


def tamper(bench, statement, **values):
    with bench.database.transaction() as connection:
        assert connection.execute(text(statement), values).rowcount > 0


@pytest.fixture
def case(bench):
    """A case with six entries."""
    row = opened(bench)
    bench.complete(row, "review", REVIEWER, outcome="reject", opinion="资料不全")
    bench.complete(row, "correct", OWNER, answers={"model": "B"})
    task = bench.task(row, "review")
    bench.use(inbox.claim, task.id, REVIEWER, task.revision)
    bench.use(inbox.delegate, task.id, REVIEWER, SECOND_REVIEWER, task.revision + 1, "出差")
    bench.use(inbox.release, task.id, SECOND_REVIEWER, task.revision + 2)
    return row


def test_an_untouched_audit_holds(bench, case):
    """Every stream, every entry."""
    report = verified(bench, heads(bench))
    assert (report.breaches, report.streams, report.entries) == ([], 2, 7)


def test_each_use_case_leaves_one_entry(bench, case):
    """In the order in which it happened; a draft leaves that somebody has the task, once."""
    done = ["case.started", "task.completed", "task.completed", "task.claimed", "task.delegated", "task.released"]
    assert actions(bench, case) == done
    task = bench.task(case, "review")
    for word in ("x", "y"):
        task = bench.use(inbox.save_draft, task.id, REVIEWER, {"remark": word}, task.revision)
    assert actions(bench, case) == (done := [*done, "task.claimed"])
    for use_case, word in ((cases.suspend, "case.suspended"), (cases.resume, "case.resumed"), (cases.cancel_case, "case.cancelled")):
        bench.use(use_case, case.number, OPERATOR, "核查")
        assert actions(bench, case) == (done := [*done, word])


def test_the_timeline_in_words(bench, case):
    """Who, when, at which step, with which button and opinion, and the status from then on."""
    started, rejected, corrected, *_ = bench.timeline(case)
    assert (started.who, started.status, started.at) == ("张三", "待审核", bench.clock.now())
    assert (rejected.who, rejected.party, rejected.name, rejected.label, rejected.opinion, rejected.status) == (
        "李四", "authority:H", "review", "不通过", "资料不全", "待补正",
    )  # fmt: skip
    assert (corrected.who, corrected.label, corrected.status) == ("张三", "完成", "待审核")
    assert rejected.details["path"] == ["approved", "correct"]
    with bench.runtime.reading() as uow:
        assert [e.role for e in entries_of(uow.audit_rows, f"case:{case.number}")][:2] == ["applicant", "reviewer"]


def test_what_the_data_were_is_provable(bench, case):
    """Each entry that changed the data has its fingerprint before and after; one's after is the next one's before."""
    prints = [e.details["data"] for e in bench.timeline(case) if "data" in e.details]
    assert len(prints) == 3
    assert [after for _, after in prints[:-1]] == [before for before, _ in prints[1:]]


STREAM = "WHERE stream LIKE 'case:%'"
SIMPLE = {
    "the text is edited": f"UPDATE audit_entry SET entry = :entry {STREAM} AND seq = 2",
    "the actor's column is edited": f"UPDATE audit_entry SET actor = 'nobody' {STREAM} AND seq = 2",
    "the hash is edited": f"UPDATE audit_entry SET hash = :hash {STREAM} AND seq = 2",
    "the first is deleted": f"DELETE FROM audit_entry {STREAM} AND seq = 1",
    "one is deleted": f"DELETE FROM audit_entry {STREAM} AND seq = 3",
    "the last is deleted": f"DELETE FROM audit_entry {STREAM} AND seq = 6",
    "all are deleted": f"DELETE FROM audit_entry {STREAM}",
    "one is moved to the end": f"UPDATE audit_entry SET seq = 7 {STREAM} AND seq = 3",
    "one is moved to another stream": f"UPDATE audit_entry SET stream = 'deployments', seq = 2 {STREAM} AND seq = 6",
    "the head is edited": "UPDATE workflow_case SET audit_head = :head",
    "the head's number is edited": "UPDATE workflow_case SET audit_seq = 5",
}


@pytest.mark.parametrize("what", SIMPLE)
def test_tampering_is_found(bench, case, what):
    """By recomputing the chain alone, without any checkpoint."""
    given = {"entry": b"{}", "hash": b"\0" * 32, "head": "0" * 64}
    tamper(bench, SIMPLE[what], **{k: v for k, v in given.items() if f":{k}" in SIMPLE[what]})
    assert [b.stream for b in verified(bench).breaches if b.stream.startswith("case:")]


def test_two_entries_that_changed_places_are_found(bench, case):
    """Reordering."""
    for old, new in ((2, 20), (3, 2), (20, 3)):
        tamper(bench, f"UPDATE audit_entry SET seq = {new} {STREAM} AND seq = {old}")
    assert [b.seq for b in verified(bench).breaches] == [2]


def rows(bench, case):
    with bench.runtime.reading() as uow:
        return list(uow.audit_rows.entries(f"case:{case.number}"))


def append(bench, case, change, *, move_head, seq=7):
    """An entry forged by somebody who can compute hashes."""
    last = rows(bench, case)[-1]
    entry = orjson.dumps(change(orjson.loads(last.entry)))
    digest = hashlib.sha256(bytes.fromhex(last.hash) + entry).digest()
    tamper(
        bench,
        f"INSERT INTO audit_entry (stream, seq, at, actor, entry, hash) SELECT stream, {seq}, at, actor, :entry, :hash FROM audit_entry {STREAM} AND seq = 6",
        entry=entry,
        hash=digest,
    )
    if move_head:
        tamper(bench, "UPDATE workflow_case SET audit_seq = 7, audit_head = :head", head=digest.hex())


def test_an_inserted_entry_is_found(bench, case):
    """Though its hash is right: the case's row knows where the chain ends."""
    append(bench, case, lambda entry: {**entry, "seq": 7}, move_head=False)
    assert [b.seq for b in verified(bench).breaches] == [7]


@pytest.mark.parametrize(
    "change", [lambda e: e, lambda e: {**e, "seq": 7, "stream": "case:1"}, lambda e: [], lambda e: {**e, "seq": 7, "who": []}]
)
def test_an_entry_that_belongs_elsewhere_is_found(bench, case, change):
    """Though hash and head are right: each entry says of which stream and place it is."""
    append(bench, case, change, move_head=True)
    assert [b.seq for b in verified(bench).breaches] == [7]


def test_a_gap_in_the_numbers_is_found(bench, case):
    """Though everything else about the entry is right."""
    append(bench, case, lambda entry: {**entry, "seq": 9}, move_head=True, seq=9)
    assert [b.seq for b in verified(bench).breaches] == [9]


def cut(bench, case, keep):
    """The tail is cut by somebody who also moves the head."""
    head = rows(bench, case)[keep - 1].hash if keep else "0" * 64
    tamper(bench, f"DELETE FROM audit_entry {STREAM} AND seq > {keep}")
    tamper(bench, f"UPDATE workflow_case SET audit_seq = {keep}, audit_head = :head", head=head)


@pytest.mark.parametrize("keep", [0, 3, 5])
def test_a_cut_tail_is_found_with_a_checkpoint(bench, case, keep):
    """The chain itself holds; the heads that were exported before tell what is missing."""
    before = heads(bench)
    cut(bench, case, keep)
    assert verified(bench).breaches == []
    assert [b.stream for b in verified(bench, before).breaches] == [f"case:{case.number}"]


def test_a_rewritten_chain_is_found_with_a_checkpoint(bench, case):
    """Cut and grown again to its old length, it is another chain."""
    before = heads(bench)
    cut(bench, case, 5)
    bench.use(cases.suspend, case.number, OPERATOR, "x")
    assert verified(bench).breaches == []
    assert verified(bench, before).breaches


def test_an_older_checkpoint_agrees_with_a_chain_that_grew(bench, case):
    """What came after it is no breach; a stream that it knows and that is gone is one."""
    before = heads(bench)
    bench.use(cases.suspend, case.number, OPERATOR, "x")
    assert verified(bench, before).breaches == []
    assert [b.stream for b in verified(bench, {**before, "gone": (1, "0" * 64)}).breaches] == ["gone"]
