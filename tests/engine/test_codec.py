"""The engine's state as bytes: what comes back is what was put in."""

import orjson
import pytest
from diagrams import (
    boundary,
    bpmn,
    call,
    catch,
    chain,
    end,
    exclusive,
    first_event,
    flow,
    parallel,
    receive,
    service,
    start,
    subprocess,
    user,
)
from played import Played

from workflow_runtime.engine.codec import UnreadableState
from workflow_runtime.engine.tokens import Tokens

EVERYTHING = bpmn(
    start(),
    parallel("split"),
    user("work", "发证机关"),
    boundary("remind", "work", timer="R3/P1D", interrupting=False),
    user("look", "发证机关"),
    service("notice", "outside.keyed"),
    first_event("race"),
    catch("sealed", message="sealed"),
    catch("late", timer="P9D"),
    call("issue", "inner"),
    boundary("refused", "issue", error="E1"),
    exclusive("merge"),
    exclusive("merged"),
    parallel("join"),
    end(),
    end("noticed"),
    chain("start", "split", "work", "join", "end"),
    chain("remind", "notice", "noticed"),
    chain("split", "race", "sealed", "merge", "join"),
    chain("race", "late", "merge"),
    chain("split", "issue", "merged", "join"),
    chain("refused", "look", "merged"),
)
INNER = bpmn(
    start("s"),
    subprocess(
        "part", start("s2"), receive("wait", "inside"), service("send", "outside.keyed"), end("e2"), chain("s2", "wait", "send", "e2")
    ),
    end("e"),
    chain("s", "part", "e"),
    id="inner",
)


def skeleton(state):
    """A state without the ids: they name waiting places, everything else gets fresh ones."""
    document = orjson.loads(state)
    owners = {row[3]: row[0] for scope in [document["top"], *(s for _, s in document["subs"])] for row in scope[2]}
    scopes = [document["top"], *([owners[key], *scope] for key, scope in document["subs"])]
    return [[*scope[:-1], [[*row[:3], *row[4:]] for row in scope[-1]]] for scope in scopes]


@pytest.fixture
def case():
    return Played(EVERYTHING, INNER)


def test_saving_what_was_loaded_gives_the_same_bytes(case):
    """Also ids stay, since every kept id names a waiting place."""
    case.deliver("inside")
    case.wait(days=1)
    assert case.tokens().save() == case.state
    assert skeleton(case.tokens().save()) == skeleton(case.state)


def test_waiting_places_keep_their_ids(case):
    """A token that does not move has the id under which the inbox and the jobs know it, whatever happens beside it."""
    before = case.ids()
    case.wait(days=1)
    case.deliver("sealed")
    after = case.ids()
    assert {e: t for e, t in after.items() if e in before} == {e: t for e, t in before.items() if e not in ("race",)}


def test_nested_scopes_timers_and_gateways_survive(case):
    """A subprocess inside a called process, a cycle, and an event gateway go on where they were."""
    assert case.waiting() == ["race", "refused", "remind", "wait", "work"]
    case.wait(days=1)
    case.wait(days=1)
    assert case.waiting().count("notice") == 2
    case.deliver("inside")
    assert case.fail("send", "E1") == "refused"
    case.complete("look")
    case.wait(days=7)
    assert case.waiting() == ["notice", "notice", "notice", "work"]
    case.complete("work")
    for _ in range(3):
        case.finish("notice")
    assert case.ended


def test_the_next_due_time_survives(case):
    """A timer's instant is fixed when the token arrives, not when it is asked for."""
    due = case.tokens().next_due()
    case.now = due
    assert case.tokens().next_due() == due


def test_the_state_holds_tokens_only(case):
    """No data and no diagram: a handful of bytes for each waiting place, and none for what is over."""
    case.variables["apply"] = {"model": "x" * 10_000}
    assert len(case.state) < 4000
    case.deliver("sealed")
    case.deliver("inside")
    case.finish("send")
    case.complete("work")
    assert case.ended
    assert len(case.state) < 200


def test_a_thousand_rounds_leave_no_trace():
    """The size of the state depends on what waits, not on what has been."""
    rounds = Played(
        bpmn(
            start(),
            exclusive("merge"),
            user("a", "发证机关"),
            boundary("late", "a", timer="P9D"),
            parallel("split"),
            user("b", "发证机关"),
            user("c", "发证机关"),
            parallel("join"),
            exclusive("again", default="again-merge"),
            end(),
            chain("start", "merge", "a", "split", "b", "join", "again", "merge"),
            chain("split", "c", "join"),
            chain("late", "merge"),
            flow("again", "end", "stop = true"),
        )
    )
    sizes = set()
    for _ in range(300):
        rounds.complete("a")
        rounds.complete("c")
        rounds.complete("b")
        sizes.add(len(rounds.state))
    assert len(sizes) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda document: b"",
        lambda document: b"[]",
        lambda document: b"\xff",
        lambda document: orjson.dumps({**document, "v": 2}),
        lambda document: orjson.dumps({**document, "top": ["other", *document["top"][1:]]}),
        lambda document: orjson.dumps({**document, "top": [*document["top"][:2], [["#gone", -1, 16, 0, 0]]]}),
        lambda document: orjson.dumps({**document, "subs": [["0" * 32, document["subs"][0][1]]]}),
        lambda document: orjson.dumps({**document, "subs": [[document["subs"][0][0], ["gone", False, []]]]}),
    ],
)
def test_a_state_that_does_not_fit_is_refused(case, damage):
    """Damaged bytes, another format, another business, or an element or process that the bundle does not have."""
    with pytest.raises(UnreadableState) as refusal:
        Tokens.load(case.program, damage(orjson.loads(case.state)), case.surroundings())
    assert refusal.value.remedy.zh


def test_a_state_of_another_bundle_is_refused(case):
    """The same business with another element: the state is never silently carried over."""
    changed = Played(EVERYTHING.replace(b'"work"', b'"labour"'), INNER)
    with pytest.raises(UnreadableState):
        Tokens.load(changed.program, case.state, case.surroundings())
