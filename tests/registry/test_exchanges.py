"""The push log: what may have reached the other side is known after any crash."""

import pytest

from registry.exchanges import ANSWER_LIMIT, close_exchange, exchanges, last_unfinished, open_exchange
from workflow_runtime.errors import NotFound, WrongState


@pytest.fixture
def send(connection, facts):
    """Open an exchange and, unless `outcome` is None, close it."""

    def run(outcome=None, key="k", operation="assign_code", case="C1", answer="{}"):
        values = {"platform": "national", "operation": operation, "case": case, "key": key}
        number = open_exchange(connection, **values, request={"eCertID": key}, now=facts.now)
        if outcome is not None:
            close_exchange(connection, number, status=200, answer=answer, outcome=outcome, duration_ms=12)
        return number

    return run


def test_an_exchange_is_on_record_before_it_is_answered(connection, send, facts):
    send()
    (entry,) = exchanges(connection, "C1")
    assert (entry.request, entry.opened_at, entry.outcome, entry.status) == ({"eCertID": "k"}, facts.now, None, None)


def test_the_answer_is_kept_bounded(connection, send):
    send("refused", answer="\0" + "答" * (ANSWER_LIMIT + 5))
    (entry,) = exchanges(connection, "C1")
    assert (entry.outcome, entry.status, entry.duration_ms) == ("refused", 200, 12)
    assert entry.answer == "�" + "答" * (ANSWER_LIMIT - 1)


def test_a_closed_exchange_is_never_rewritten(connection, send):
    number = send("refused")
    with pytest.raises(WrongState) as caught:
        close_exchange(connection, number, status=200, answer="", outcome="accepted", duration_ms=1)
    assert caught.value.code == "EXCHANGE_CLOSED"
    assert exchanges(connection, "C1")[0].outcome == "refused"


def test_an_unknown_exchange_cannot_be_closed(connection):
    with pytest.raises(NotFound) as caught:
        close_exchange(connection, 404, status=None, answer="", outcome="unknown", duration_ms=1)
    assert caught.value.code == "EXCHANGE_UNKNOWN"


@pytest.mark.parametrize(
    ("outcomes", "unfinished"),
    [
        ([], None),
        ([None], 0),
        (["unknown"], 0),
        (["accepted"], None),
        (["warned"], None),
        (["refused"], None),
        (["transient"], None),
        ([None, "transient"], 0),
        (["unknown", "transient", "transient"], 0),
        ([None, "accepted"], None),
        (["unknown", "refused", None], 2),
        (["accepted", "transient"], None),
    ],
)
def test_what_was_sent_and_never_conclusively_answered_is_unfinished(connection, send, outcomes, unfinished):
    """A transient failure after an unknown one does not settle the unknown one."""
    sent = [send(outcome, key=f"k{n}") for n, outcome in enumerate(outcomes)]
    found = last_unfinished(connection, "C1", "national", "assign_code")
    assert (found and found.id) == (None if unfinished is None else sent[unfinished])


def test_other_cases_and_operations_do_not_count(connection, send):
    send(None, operation="aggregate")
    send(None, case="C2")
    assert last_unfinished(connection, "C1", "national", "assign_code") is None
    assert last_unfinished(connection, "C1", "provincial", "aggregate") is None
    assert last_unfinished(connection, "C2", "national", "assign_code") is not None
