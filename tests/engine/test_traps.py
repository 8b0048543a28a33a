"""One test for each trap of the engine's library that the product steps round, named after the trap."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from diagrams import (
    boundary,
    bpmn,
    call,
    catch,
    chain,
    element,
    end,
    exclusive,
    extensions,
    first_event,
    flow,
    manual,
    parallel,
    properties,
    rule,
    send,
    service,
    start,
    subprocess,
    user,
)
from played import Played
from workbench import OPERATOR, OWNER, REVIEWER, SECOND_REVIEWER, Workbench, form

from workflow_runtime import cases, inbox
from workflow_runtime.catalogue import Catalogue
from workflow_runtime.engine import tokens
from workflow_runtime.engine.surroundings import Ran
from workflow_runtime.engine.tokens import RunawayError
from workflow_runtime.errors import Conflict, DiagramRefused
from workflow_runtime.handlers import service_task

APPLY = form("apply", "model")


def refused(bench, *pieces, **more):
    """The codes with which deploying this process is refused."""
    with pytest.raises(DiagramRefused) as refusal:
        bench.deploy(bpmn(start(form="apply"), *pieces, **more), APPLY)
    assert all(f.message.zh and f.cure.zh for f in refusal.value.findings)
    return {f.code for f in refusal.value.findings}


def test_a1_parallel_join_inside_a_loop_that_is_never_saved():
    """Round after round within one step, each join waits for both branches of its own round."""
    calls = []

    def work(token, node):
        calls.append(node.id)
        variables["stop"] = calls.count("a") == 5
        return Ran.DONE

    variables = {}
    played = Played(
        bpmn(
            start(),
            exclusive("again"),
            parallel("split"),
            service("a", "x"),
            service("b", "x"),
            parallel("join"),
            service("after", "x"),
            exclusive("more", default="more-again"),
            end(),
            chain("start", "again", "split", "a", "join", "after", "more", "again"),
            chain("split", "b", "join"),
            flow("more", "end", "stop = true"),
        ),
        variables=variables,
        service=work,
    )
    assert played.ended
    assert [calls.count(each) for each in ("a", "b", "after")] == [5, 5, 5]


def test_a1_excess_tokens_of_a_join_wait_for_the_next_round():
    """Two tokens on one incoming flow count once; the second one stays for the next token of the other flow."""
    played = Played(
        bpmn(
            start(),
            user("host", "发证机关"),
            boundary("tick", "host", timer="R3/P1D", interrupting=False),
            parallel("split"),
            user("a", "发证机关"),
            user("b", "发证机关"),
            parallel("join"),
            user("joined", "发证机关"),
            end(),
            end("ticked"),
            chain("start", "host", "end"),
            chain("tick", "split", "a", "join", "joined", "ticked"),
            chain("split", "b", "join"),
        )
    )
    played.wait(days=1)
    played.wait(days=1)
    for expected in ([], ["joined"], ["joined"], ["joined", "joined"]):
        played.complete("a" if len(expected) == played.waiting().count("joined") else "b")
        assert [w for w in played.waiting() if w == "joined"] == expected


@pytest.mark.parametrize("kind", ["inclusiveGateway", "complexGateway"])
def test_a2_inclusive_gateways_are_refused(bench, kind):
    """They are wrong in the library, so the deploy check refuses them."""
    assert refused(bench, element(kind, "either"), end(), chain("start", "either", "end"))


def test_a3_a_cancelled_task_is_not_run():
    """A service task beside a terminate end event that comes first is never called."""
    calls = []
    diagram = bpmn(
        start(),
        parallel("split"),
        end("stop", terminate=True),
        service("call", "x"),
        end(),
        chain("start", "split", "stop"),
        chain("split", "call", "end"),
    )
    played = Played(diagram, service=lambda token, node: calls.append(node.id) or Ran.DONE)
    assert played.ended
    assert calls == []


def test_a4_a_completed_task_is_not_run_again(bench):
    """The second submit of a task is a conflict that names the first; what follows happens once."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            user("review", "发证机关"),
            service("send", "outside.keyed"),
            end(),
            chain("start", "review", "send", "end"),
        ),
        APPLY,
    )
    case = bench.start()
    task = bench.task(case, "review")
    bench.complete(case, "review", SECOND_REVIEWER)
    with pytest.raises(Conflict) as conflict:
        bench.use(inbox.complete, task.id, REVIEWER, {}, task.revision)
    assert conflict.value.who == "赵六"
    bench.work()
    assert len(bench.outside.effects) == 1


def test_a5_an_uncaught_error_end_is_refused(bench):
    """An error that nobody catches would look like success, so it may not be deployed."""
    assert refused(bench, end("end", error="LOST"), chain("start", "end"))


def test_a5_an_error_does_not_fire_at_sibling_call_activities():
    """Of two calls of one process only the one in which the error happens leaves by its boundary event."""
    played = Played(
        bpmn(
            start(),
            parallel("split"),
            call("one", "inner"),
            call("two", "inner"),
            boundary("bad_one", "one", error="E"),
            boundary("bad_two", "two", error="E"),
            end("e1"),
            end("e2"),
            end("e3"),
            end("e4"),
            chain("start", "split", "one", "e1"),
            chain("split", "two", "e2"),
            chain("bad_one", "e3"),
            chain("bad_two", "e4"),
        ),
        bpmn(start(), service("send", "x"), end(), chain("start", "send", "end"), id="inner"),
    )
    assert played.fail("send", "E") in ("bad_one", "bad_two")
    assert len([w for w in played.waiting() if w == "send"]) == 1
    assert len([w for w in played.waiting() if w.startswith("bad")]) == 1


def test_a6_an_exclusive_gateway_without_default_is_refused(bench):
    """No condition may hold at run time, so there must be a default flow."""
    pieces = (user("review", "发证机关", outcomes="a=甲; b=乙"), exclusive("g"), end(), end("other"), chain("start", "review", "g"))
    assert refused(bench, *pieces, flow("g", "end", "review.outcome = 'a'"), flow("g", "other", "review.outcome = 'b'"))


def test_a7_a_walk_without_end_is_stopped_and_says_where(monkeypatch):
    """The deploy check refuses such a diagram where it can tell; a condition may still never come true."""
    monkeypatch.setattr(tokens, "MAX_STEPS", 300)
    drawn = bpmn(
        start(),
        exclusive("again"),
        service("a", "x"),
        exclusive("more", default="more-again"),
        end(),
        chain("start", "again", "a", "more", "again"),
        flow("more", "end", "stop = true"),
    )
    with pytest.raises(RunawayError) as told:
        Played(drawn, variables={}, service=lambda token, node: Ran.DONE)
    assert any(name in told.value.message.zh for name in ("again", "more", "a"))


def test_a7_a_long_walk_in_one_step_is_no_recursion():
    """Thousands of moves within one step, far beyond the depth at which the library stalls or breaks."""
    variables = {}
    calls = []

    def work(token, node):
        calls.append(token)
        variables["stop"] = len(calls) == 800
        return Ran.DONE

    played = Played(
        bpmn(
            start(),
            exclusive("again"),
            subprocess("part", start("s"), service("a", "x"), end("e"), chain("s", "a", "e")),
            boundary("bad", "part", error="E"),
            exclusive("more", default="more-again"),
            end(),
            chain("start", "again", "part", "more", "again"),
            chain("bad", "more"),
            flow("more", "end", "stop = true"),
        ),
        variables=variables,
        service=work,
    )
    assert played.ended
    assert len(set(calls)) == 800


def test_a8_ids_of_operators_and_parameters_may_equal_those_of_elements(bench):
    """An operator called like its task and a parameter called like another node change nothing."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            service("outside.keyed", "outside.keyed", {"value": '"x"'}, result="answer"),
            user("value", "发证机关"),
            end(),
            chain("start", "outside.keyed", "value", "end"),
        ),
        APPLY,
    )
    case = bench.start()
    bench.work()
    assert bench.waiting(case) == ["value"]
    assert bench.variables(case)["answer"]["value"] == "x"


def test_a9_a_cancelled_case_is_told_from_one_that_ended(bench):
    """Stopping a case is not finishing it."""
    bench.deploy(bpmn(start(form="apply"), user("review", "发证机关"), end(), chain("start", "review", "end")), APPLY)
    case = bench.start()
    assert bench.use(cases.cancel_case, case.number, OPERATOR, "错误").state == "cancelled"
    assert bench.waiting(case) == []


def test_a10_two_flows_straight_into_one_task():
    """No merging gateway is needed in front of a task, for as many rounds as wanted."""
    played = Played(
        bpmn(
            start(),
            user("a", "发证机关"),
            exclusive("again", default="again-end"),
            end(),
            chain("start", "a", "again", "end"),
            flow("again", "a", "stop = null"),
        )
    )
    for _ in range(300):
        played.complete("a")
        assert played.waiting() == ["a"]
    played.variables["stop"] = True
    played.complete("a")
    assert played.ended


TWO_BRANCHES = (
    start(form="apply"),
    parallel("split"),
    user("a", "发证机关", form="first"),
    user("b", "发证机关", form="second"),
    parallel("join"),
    user("last", "发证机关"),
    end(),
    chain("start", "split", "a", "join", "last", "end"),
    chain("split", "b", "join"),
)


def test_b1_b2_branches_neither_share_nor_lose_data(bench):
    """What each branch wrote is there after the join, whoever came last, and the start form is as it was."""
    bench.deploy(bpmn(*TWO_BRANCHES), APPLY, form("first", "x"), form("second", "y"))
    case = bench.start(answers={"model": "before"})
    bench.complete(case, "b", answers={"y": "B"})
    bench.complete(case, "a", answers={"x": "A"})
    variables = bench.variables(case)
    assert (variables["apply"]["model"], variables["first"]["x"], variables["second"]["y"]) == ("before", "A", "B")


def test_b3_a_field_called_typename(bench):
    """The word with which the library's serialiser marks classes is a field like any other."""
    bench.deploy(bpmn(start(form="apply"), user("review", "发证机关"), end(), chain("start", "review", "end")), form("apply", "typename"))
    case = bench.start(answers={"typename": "Task"})
    assert bench.complete(case, "review").state == "ended"
    assert bench.variables(case)["apply"] == {"typename": "Task"}


def test_b4_nothing_depends_on_the_order_of_keys(bench):
    """Variables come back in the order in which they were written, from every database."""
    bench.deploy(bpmn(*TWO_BRANCHES), APPLY, form("first", "x"), form("second", "y"))
    case = bench.start()
    bench.complete(case, "b")
    bench.complete(case, "a")
    assert list(bench.variables(case)) == ["apply", "second", "first"]


def test_b5_what_a_handler_returns_is_kept_as_json(bench, database, clock):
    """Dates and tuples of a handler's result become JSON before they are stored, and stay what they are."""

    class Module:
        __name__ = __name__

    @service_task("dated", local=True)
    def dated(ctx) -> dict:
        return {"on": date(2026, 3, 2), "at": datetime(2026, 3, 2, tzinfo=UTC), "many": (1, 2)}

    module = Module()
    module.dated = dated
    catalogue = Catalogue(lambda call: call)
    catalogue.collect(module)
    other = Workbench(database, clock, catalogue=catalogue)
    other.deploy(
        bpmn(
            start(form="apply"), service("d", "dated", result="r"), user("review", "发证机关"), end(), chain("start", "d", "review", "end")
        ),
        APPLY,
    )
    assert other.variables(other.start())["r"] == {"on": "2026-03-02", "at": "2026-03-02T00:00:00+00:00", "many": [1, 2]}


def test_b6_a_form_called_like_a_function(bench):
    """A variable named `len` does not hide the function `len`."""
    bench.deploy(
        bpmn(
            start(form="len"),
            exclusive("g", default="g-end"),
            user("review", "发证机关"),
            end(),
            chain("start", "g", "end"),
            flow("g", "review", "len(len.model) = 3"),
            chain("review", "end"),
        ),
        form("len", "model"),
    )
    assert bench.waiting(bench.start(answers={"model": "abc"})) == ["review"]


CODE = ["__import__('os').system('id')", "().__class__", "open('/etc/passwd')", "[x for x in apply]", "9**9**9", "lambda: 1"]


def test_c1_nothing_in_a_diagram_is_executed(bench):
    """Conditions, parameters and timers outside the grammar are refused when they are deployed."""
    for code in CODE:
        assert refused(bench, exclusive("g", default="g-end"), end(), end("o"), chain("start", "g", "end"), flow("g", "o", code))
        assert refused(bench, service("s", "outside.keyed", {"value": code}), end(), chain("start", "s", "end"))
        assert refused(bench, catch("t", timer=f"={code}"), end(), chain("start", "t", "end"))


def test_c1_scripts_are_refused(bench):
    """Script tasks, and scripts before and after a task."""
    assert refused(bench, element("scriptTask", "s", "<bpmn:script>import os</bpmn:script>"), end(), chain("start", "s", "end"))
    before = extensions("<spiffworkflow:preScript>import os</spiffworkflow:preScript>")
    assert refused(bench, element("manualTask", "m", before, lane="发证机关"), end(), chain("start", "m", "end"))


def test_c2_a_doctype_is_refused(bench):
    """Entities can neither read files nor blow up."""
    good = bpmn(start(form="apply"), end(), chain("start", "end")).decode()
    evil = good.replace("<bpmn:definitions", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><bpmn:definitions', 1)
    with pytest.raises(DiagramRefused):
        bench.deploy(evil.encode(), APPLY)


def test_c3_threads_share_a_program():
    """Many cases of one bundle at once; the compiled program is the same before and after."""
    diagram = bpmn(*TWO_BRANCHES)
    shared = Played(diagram)
    before = {name: sorted(spec.task_specs) for name, spec in shared.program.specs.items()}

    def play(_):
        own = Played.__new__(Played)
        own.__dict__.update(shared.__dict__, variables={}, sent=[])
        for step in ("a", "b", "last"):
            own.complete(step)
        return own.ended

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(play, range(16))) == [True] * 16
    assert {name: sorted(spec.task_specs) for name, spec in shared.program.specs.items()} == before


def test_c4_two_people_on_one_case_wait_for_each_other(bench):
    """Both branches completed at once by two threads: nobody is told that something is locked, and the case has joined."""
    bench.deploy(bpmn(*TWO_BRANCHES), APPLY, form("first", "x"), form("second", "y"))
    case = bench.start()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda element: bench.complete(case, element), ("a", "b")))
    assert bench.waiting(case) == ["last"]


REFUSED = {
    "ad-hoc": (element("adHocSubProcess", "x"), chain("start", "x", "end")),
    "event subprocess": (element("subProcess", "x", triggeredByEvent="true"), chain("start", "end")),
    "multi-instance": (element("manualTask", "x", "<bpmn:multiInstanceLoopCharacteristics/>", lane="发证机关"), chain("start", "x", "end")),
    "loop marker": (element("manualTask", "x", "<bpmn:standardLoopCharacteristics/>", lane="发证机关"), chain("start", "x", "end")),
    "unknown operator": (service("x", "no.such"), chain("start", "x", "end")),
    "unknown table": (rule("x", "no_such"), chain("start", "x", "end")),
    "unknown process": (call("x", "no_such"), chain("start", "x", "end")),
    "unknown form": (user("x", "发证机关", form="no_such"), chain("start", "x", "end")),
    "no time": (catch("x", timer="soon"), chain("start", "x", "end")),
    "dead end": (manual("x", "发证机关"), chain("start", "x")),
    "unreachable": (manual("x", "发证机关"), chain("start", "end"), chain("x", "end")),
    "signal": (element("intermediateCatchEvent", "x", "<bpmn:signalEventDefinition/>"), chain("start", "x", "end")),
    "never waits": (
        exclusive("x", default="x-x2"),
        exclusive("x2"),
        chain("start", "x2", "x", "x2"),
        flow("x", "end", "apply.model = 'y'"),
    ),
}


def test_d_the_deploy_check_refuses(bench):
    """Every trap that is not stepped round is refused with its reason and its cure."""
    for what, pieces in REFUSED.items():
        assert refused(bench, end(), *pieces), what


def test_more_missing_values_never_raise(bench):
    """`null > 10` is false: an unanswered question leads to the default flow, not to an error in front of a user."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            exclusive("g", default="g-end"),
            user("review", "发证机关"),
            end(),
            chain("start", "g", "end"),
            flow("g", "review", "apply.model > 10 or apply.model in apply"),
            chain("review", "end"),
        ),
        APPLY,
    )
    assert bench.start().state == "ended"


def test_more_a_status_word_on_any_flow_node():
    """Properties are read from the XML for gateways and processes too, which the library leaves empty."""
    told = extensions(properties({"status": "审核中"}))
    played = Played(
        bpmn(start(), element("parallelGateway", "split", told), user("a", "发证机关"), end(), chain("start", "split", "a", "end"))
    )
    assert played.path == ["start", "split", "a"]
    node = played.program.main.task_specs["#split"].node
    assert node.properties["status"] == "审核中"


def test_more_a_file_of_an_editor_that_writes_not_executable(bench):
    """`isExecutable="false"`, the default of some editors, does not hinder a process."""
    diagram = bpmn(start(form="apply"), end(), chain("start", "end")).replace(b'isExecutable="true"', b'isExecutable="false"')
    bench.deploy(diagram, APPLY)
    assert bench.start().state == "ended"


def test_more_timers_that_fell_due_together_fire_in_the_order_of_their_times():
    """After an outage the earlier interruption wins, though it is drawn later."""
    diagram = bpmn(
        start(),
        user("a", "发证机关"),
        boundary("second", "a", timer="P2D"),
        boundary("first", "a", timer="P1D"),
        user("after_first", "发证机关"),
        user("after_second", "发证机关"),
        end(),
        end("e1"),
        end("e2"),
        chain("start", "a", "end"),
        chain("first", "after_first", "e1"),
        chain("second", "after_second", "e2"),
    )
    played = Played(diagram)
    played.wait(days=5)
    assert played.waiting() == ["after_first"]


def test_more_an_event_gateway_takes_the_earlier_of_two_overdue_timers():
    """The gateway's own timers too are judged by their times."""
    diagram = bpmn(
        start(), first_event("race"), catch("late", timer="P2D"), catch("soon", timer="P1D"), user("x", "发证机关"), user("y", "发证机关"), end(),
        chain("start", "race", "late", "x", "end"), chain("race", "soon", "y", "end"),
    )  # fmt: skip
    played = Played(diagram)
    played.wait(days=5)
    assert played.waiting() == ["y"]


def test_more_a_cycle_that_has_fired_for_the_last_time_waits_no_longer():
    """An operator does not see a timer from which nothing will come, and the task goes on."""
    diagram = bpmn(
        start(), user("a", "发证机关"), boundary("tick", "a", timer="R2/P1D", interrupting=False), end(), end("ticked"),
        chain("start", "a", "end"), chain("tick", "ticked"),
    )  # fmt: skip
    played = Played(diagram)
    played.wait(days=1)
    assert played.waiting() == ["a", "tick"]
    played.wait(days=1)
    assert played.waiting() == ["a"]
    assert played.tokens().next_due() is None


def test_more_a_message_thrown_from_a_branch_needs_no_data():
    """Nothing is copied around with a message: its name is handed out, and the case's own variables are untouched."""
    played = Played(bpmn(start(), send("tell", message="ready"), user("a", "发证机关"), end(), chain("start", "tell", "a", "end")))
    assert played.sent == ["ready"]
    assert played.variables == {}


def test_more_answers_are_json(bench):
    """A form's answers come back from the database as they went in, whatever letters they are made of."""
    bench.deploy(bpmn(start(form="apply"), user("review", "发证机关"), end(), chain("start", "review", "end")), APPLY)
    text = '塔式起重机 \U00020000 ‘’ {"a": 1}'
    case = bench.start(actor=OWNER, answers={"model": text})
    assert json.loads(json.dumps(bench.variables(case)))["apply"]["model"] == text
