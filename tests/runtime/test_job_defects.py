"""Defects behind jobs: of handlers, of diagrams, of whoever kills the worker. Each parks its own job only."""

import pytest
from diagrams import bpmn, chain, end, service, start, user
from drawings import APPLY, VALUE, lose, one_job, started, teach
from workbench import OPERATOR

from workflow_runtime.errors import BusinessError, NotFound, RemoteTransient, Text
from workflow_runtime.handlers import Backoff, service_task
from workflow_runtime.incidents import retry_incident
from workflow_runtime.jobs import MAX_DELIVERIES


def test_a_defect_of_a_handler_becomes_an_incident_and_the_worker_goes_on(bench):
    """A handler that breaks, or tries to end its worker, parks its own job only; what it had sent stays in doubt."""

    @service_task("outside.exits", replay="inquire")
    def exits(ctx) -> dict:
        raise SystemExit(3)

    @exits.inquire
    def exited(ctx) -> dict | None:
        return None

    teach(bench, exits)
    bench.deploy(*one_job())
    exits_file = bpmn(start(form="apply"), service("s", "outside.exits"), end(), chain("start", "s", "end"), id="exits")
    bench.deploy(("exits.bpmn", exits_file))
    broken, exiting, good = (
        bench.start(answers={"model": "x"}),
        bench.start("exits", answers={"model": "x"}),
        bench.start(answers={"model": "y"}),
    )
    bench.outside.plan = ["bug"]
    bench.work()
    assert [i.error["code"] for i in bench.incidents(broken) + bench.incidents(exiting)] == ["HANDLER_FAILED"] * 2
    assert "ZeroDivisionError" in bench.incidents(broken)[0].error["message"]["zh"]
    assert bench.jobs(broken)[0].unsure
    assert bench.case(good).state == "ended"


def test_a_defects_own_words_are_cut(bench):
    """An error that quotes a whole request does not fill the incident."""

    @service_task("outside.wordy", replay="key")
    def wordy(ctx) -> dict:
        raise ValueError("x" * 100_000)

    teach(bench, wordy)
    case = started(bench, (bpmn(start(form="apply"), service("s", "outside.wordy"), end(), chain("start", "s", "end")), APPLY))
    bench.work()
    assert len(bench.incidents(case)[0].error["message"]["zh"]) < 600


def test_a_job_that_kills_its_workers_is_parked_after_five_deliveries(bench):
    """Five deliveries without an answer, and the sixth is not made; another case's job is done meanwhile."""
    bench.deploy(*one_job())
    poison = bench.start(answers={"model": "x"})
    for _ in range(MAX_DELIVERIES):
        lose(bench)
    other = bench.start(answers={"model": "y"})
    bench.work()
    assert [(i.error["code"], i.element) for i in bench.incidents(poison)] == [("POISON_JOB", "send")]
    assert (bench.outside.effects, bench.outside.inquiries) == ([(f"{other.number}-{bench.jobs(other)[0].token}", "y")], 0)
    assert bench.jobs(poison)[0].unsure


def test_answered_deliveries_do_not_make_a_job_poison(bench):
    """Trouble that is answered counts as an attempt, not as a dead worker."""

    @service_task("outside.busy", replay="key", retry=Backoff(first=1, factor=1, attempts=20))
    def busy(ctx) -> dict:
        if ctx.attempt < 12:
            raise RemoteTransient(Text("对方繁忙", "busy"))
        return {}

    teach(bench, busy)
    case = started(bench, (bpmn(start(form="apply"), service("s", "outside.busy"), end(), chain("start", "s", "end")), APPLY))
    for _ in range(12):
        bench.pass_time(seconds=2)
    assert (bench.case(case).state, bench.jobs(case)[0].deliveries) == ("ended", 12)


def test_a_handler_that_is_not_installed_becomes_an_incident(bench):
    """The operator reads which one is missing; when it is there, a retry does the job."""
    case = started(bench, one_job())
    handler = bench.runtime.catalogue.handlers.pop("outside.send")
    bench.work()
    incident = bench.incidents(case)[0]
    assert (incident.error["code"], "outside.send" in incident.error["message"]["zh"]) == ("NO_SUCH_HANDLER", True)
    bench.runtime.catalogue.handlers["outside.send"] = handler
    bench.use(retry_incident, incident.id, OPERATOR)
    bench.work()
    assert bench.case(case).state == "ended"


def test_parameters_of_the_wrong_type_become_an_incident_with_a_plain_sentence(bench):
    """The sentence names handler, parameter and value; nothing is sent."""
    case = started(bench, one_job(value="len(apply.model)"))
    bench.work()
    error = bench.incidents(case)[0].error
    assert error["code"] == "PARAMETER_INVALID"
    assert error["message"]["zh"] == "服务任务 outside.send 的参数 value：值 5 的类型不对"
    assert bench.outside.effects == []


@pytest.mark.parametrize("result", [2**70, {"text": "\ud800"}, object()])
def test_a_result_that_cannot_be_kept_becomes_an_incident(bench, result):
    """No JSON, a number beyond 64 bits, half a character: the job does not hang, and what was sent stays in doubt."""

    @service_task("outside.odd", replay="inquire")
    def odd(ctx):
        return result

    @odd.inquire
    def found(ctx):
        return {"found": True}

    teach(bench, odd)
    case = started(bench, (bpmn(start(form="apply"), service("s", "outside.odd", result="s"), end(), chain("start", "s", "end")), APPLY))
    assert bench.one_job() == "incident"
    assert (bench.incidents(case)[0].error["code"], bench.jobs(case)[0].unsure) == ("HANDLER_FAILED", True)
    bench.use(retry_incident, bench.incidents(case)[0].id, OPERATOR)
    bench.work()
    assert bench.variables(case)["s"] == {"found": True}


def test_an_answer_after_which_the_next_step_fails_becomes_an_incident(bench):
    """When the case cannot go on behind the job, the job is parked with the reason instead of being delivered for ever."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            service("send", "outside.send", VALUE, result="sent"),
            user("review", "发证机关"),
            end(),
            chain("start", "send", "review", "end"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    resolve = bench.runtime.resolve_party

    def nobody(*_):
        raise NotFound(Text("没有这个机关", "no such authority"))

    bench.runtime.resolve_party = nobody
    assert bench.one_job() == "incident"
    assert bench.incidents(case)[0].error["message"]["zh"] == "没有这个机关"
    assert "case" not in bench.variables(case)
    bench.runtime.resolve_party = resolve
    bench.use(retry_incident, bench.incidents(case)[0].id, OPERATOR)
    bench.work()
    assert (bench.waiting(case), len(bench.outside.effects), bench.outside.inquiries) == (["review"], 1, 1)


@pytest.mark.parametrize("refused", [True, False])
def test_words_that_no_database_takes_do_not_keep_a_job_from_its_person(bench, refused):
    """Half a character in another system's answer: the incident or the next attempt comes at once all the same."""

    @service_task("outside.half", replay="key", retry=Backoff(attempts=2))
    def half(ctx, value: str | None = None) -> dict:
        words = Text("\ud800 kaputt", "\ud800 kaputt")
        raise BusinessError("REFUSED", words) if refused else RemoteTransient(words)

    teach(bench, half)
    case = started(bench, one_job("outside.half"))
    bench.work()
    assert bench.jobs(case)[0].state == ("incident" if refused else "queued")
    bench.pass_time(minutes=1)
    assert ["? kaputt" in i.error["message"]["zh"] for i in bench.incidents(case)] == [True]
