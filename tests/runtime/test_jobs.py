"""Jobs: written down before anything leaves the house, done once, answered under a lease, retried, given up."""

import logging
from datetime import timedelta
from time import perf_counter

import pytest
from diagrams import boundary, bpmn, chain, end, exclusive, flow, parallel, service, start, user
from drawings import APPLY, VALUE, job_with_deadline, one_job, reviewed_job, started, teach
from sqlalchemy import text
from workbench import OPERATOR, REVIEWER, SAFETY

from workflow_runtime import inbox
from workflow_runtime.cases import cancel_case, resume, suspend
from workflow_runtime.errors import BusinessError, NotFound, RemoteTransient, RemoteUnknown, Text
from workflow_runtime.handlers import Backoff, service_task
from workflow_runtime.incidents import retry_incident
from workflow_runtime.jobs import LONGEST_PAUSE, MAX_DELIVERIES, Answer, reclaim_expired, run_job, settle
from workflow_runtime.store.database import Unavailable
from workflow_runtime.store.library import Library
from workflow_runtime.store.rows import LaneRow

LEASE = timedelta(seconds=8)
"""Of the bench's handlers: 3 × their time-out of a second, and five."""


def claimed(bench, worker="gone"):
    """A job taken by a worker that never comes back."""
    return bench.use(lambda uow: uow.jobs.claim(uow.now, f"lease of {worker}", worker))


def lose(bench):
    """A worker takes the job and dies; its lease expires."""
    job = claimed(bench)
    bench.clock.advance(LEASE + timedelta(seconds=1))
    assert reclaim_expired(bench.runtime) == 1
    return job


def completed_and_lost(uow, task):
    """A completion whose commit never comes."""
    inbox.complete(uow, task.id, REVIEWER, {}, task.revision)
    raise RuntimeError


def test_a_job_is_written_in_the_commit_of_the_step_that_reaches_it(bench):
    """The completion that fails leaves no job, the one that succeeds leaves exactly one, and nothing has been called yet."""
    case = started(bench, reviewed_job())
    with pytest.raises(RuntimeError):
        bench.use(completed_and_lost, bench.task(case, "review"))
    assert (bench.jobs(case), bench.waiting(case)) == ([], ["review"])
    bench.complete(case, "review")
    assert [(j.state, j.handler, j.arguments) for j in bench.jobs(case)] == [("queued", "outside.send", {"value": "QTZ80"})]
    assert bench.outside.effects == []


def test_the_key_is_case_and_token_for_every_attempt(bench):
    """A third attempt sends the same key as the first; another case another one."""
    keys = []

    @service_task("outside.flaky", replay="key", retry=Backoff(first=1, attempts=9))
    def flaky(ctx) -> dict:
        keys.append((ctx.key, ctx.attempt))
        if len(keys) < 3:
            raise RemoteUnknown(Text("没有回音", "no answer"))
        return {}

    teach(bench, flaky)
    bench.deploy(bpmn(start(form="apply"), service("send", "outside.flaky"), end(), chain("start", "send", "end")), APPLY)
    case = bench.start(answers={"model": "x"})
    for _ in range(3):
        bench.pass_time(seconds=3)
    token = bench.jobs(case)[0].token
    assert keys == [(f"{case.number}-{token}", n) for n in (1, 2, 3)]
    bench.start(answers={"model": "x"})
    bench.work()
    assert keys[3][0] != keys[0][0]


def test_a_claim_takes_the_job_that_has_waited_longest_under_a_fresh_lease(bench):
    """Each claim has a lease of its own, more than three time-outs long, counts one delivery, and nobody gets a job twice."""
    bench.deploy(*one_job())
    first, second = (bench.start(answers={"model": "x"}) for _ in range(2))
    one, two = claimed(bench, "a"), claimed(bench, "b")
    assert (one.case_id, two.case_id) == (first.id, second.id)
    assert one.lease != two.lease
    assert one.lease_until == bench.clock.now() + LEASE
    assert (one.deliveries, one.worker, bench.jobs(first)[0].lease_until) == (1, "a", one.lease_until)
    assert claimed(bench) is None
    assert bench.one_job() == "idle"


def test_only_the_job_asked_for_is_taken_and_only_when_it_is_due(bench):
    """A delivery by number does that job, once; a number that is unknown, done or not yet due is idle."""
    bench.deploy(*one_job())
    first, second = (bench.start(answers={"model": "x"}) for _ in range(2))
    number = bench.jobs(second)[0].id
    assert run_job(bench.runtime, "w", number) == "done"
    assert run_job(bench.runtime, "w", number) == "idle"
    assert run_job(bench.runtime, "w", 10**9) == "idle"
    bench.outside.plan = ["transient"]
    assert run_job(bench.runtime, "w", bench.jobs(first)[0].id) == "retry"
    assert run_job(bench.runtime, "w", bench.jobs(first)[0].id) == "idle"


def test_an_answer_under_an_expired_lease_is_refused_and_logged(bench, caplog):
    """A worker that slept past its lease changes nothing, whether the job waits again, or another one has it, or it is done."""
    case = started(bench, one_job())
    slept = lose(bench)
    before = bench.jobs(case), bench.case(case)
    with caplog.at_level(logging.WARNING):
        assert settle(bench.runtime, slept, Answer({"late": True})) == "stale"
    assert "late answer of gone" in caplog.text
    assert (bench.jobs(case), bench.case(case)) == before
    second = claimed(bench, "second")
    assert settle(bench.runtime, slept, Answer({"late": True})) == "stale"
    assert bench.jobs(case)[0].lease == second.lease
    assert settle(bench.runtime, second, Answer({"value": 2})) == "done"
    assert settle(bench.runtime, slept, Answer(error=BusinessError("REFUSED", Text("不", "no")))) == "stale"
    assert bench.variables(case)["sent"] == {"value": 2}
    assert bench.incidents(case) == []


def test_an_expired_lease_puts_the_job_back_in_doubt(bench):
    """Within its lease a job is left alone; afterwards it waits again and remembers that something may have been sent."""
    case = started(bench, one_job())
    claimed(bench)
    bench.clock.advance(LEASE)
    assert reclaim_expired(bench.runtime) == 0
    bench.clock.advance(timedelta(seconds=1))
    assert reclaim_expired(bench.runtime) == 1
    job = bench.jobs(case)[0]
    assert (job.state, job.unsure, job.lease, job.worker) == ("queued", True, None, None)
    bench.work()
    assert (bench.outside.inquiries, len(bench.outside.effects), bench.case(case).state) == (1, 1, "ended")


def test_transient_trouble_is_tried_again_with_growing_pauses(bench):
    """5, 10, 20 seconds, each within a fifth, and after the fourth attempt a person looks."""
    case = started(bench, one_job())
    bench.outside.plan = ["transient"] * 4
    for pause in (5, 10, 20):
        assert bench.one_job() == "retry"
        job = bench.jobs(case)[0]
        waits = (job.run_at - bench.clock.now()).total_seconds()
        assert 0.8 * pause <= waits <= 1.2 * pause
        assert (job.state, job.unsure, job.error["code"]) == ("queued", False, "REMOTE_TRANSIENT")
        bench.clock.advance(timedelta(seconds=waits - 0.001))
        assert bench.one_job() == "idle"
        bench.clock.advance(timedelta(seconds=0.001))
    assert bench.one_job() == "incident"
    assert [(i.error["code"], i.attempts, i.element) for i in bench.incidents(case)] == [("REMOTE_TRANSIENT", 4, "send")]
    assert bench.outside.effects == []


@pytest.mark.parametrize(("wish", "obeyed"), [(600, 600), (1e12, LONGEST_PAUSE), (float("inf"), LONGEST_PAUSE)])
def test_the_other_sides_wish_for_a_pause_is_obeyed_up_to_a_day(bench, wish, obeyed):
    """`Retry-After` counts when it is longer than ours; a slip of the other side does not put the case to sleep for years."""

    @service_task("outside.wishes", replay="key", retry=Backoff(first=1))
    def wishes(ctx) -> dict:
        raise RemoteTransient(Text("对方繁忙", "busy"), retry_after=wish)

    teach(bench, wishes)
    case = started(bench, (bpmn(start(form="apply"), service("send", "outside.wishes"), end(), chain("start", "send", "end")), APPLY))
    assert bench.one_job() == "retry"
    assert bench.jobs(case)[0].run_at == bench.clock.now() + timedelta(seconds=obeyed)


def test_a_business_error_leaves_by_its_own_boundary_event(bench):
    """The boundary event that names the code takes it, with code, words, remedy, step and number of attempts in its variable."""
    case = started(bench, one_job(caught="REFUSED"))
    bench.outside.plan = ["transient", "refuse"]
    bench.work()
    bench.pass_time(seconds=6)
    assert bench.waiting(case) == ["mend"]
    error = bench.variables(case)["error"]
    assert (error["code"], error["message"], error["remedy"]["zh"]) == ("REFUSED", {"zh": "对方拒绝", "en": "refused"}, "请更正")
    assert (error["element"], error["attempts"], error["at"]) == ("send", 2, bench.clock.now().isoformat())
    assert [(j.state, j.error["code"]) for j in bench.jobs(case)] == [("done", "REFUSED")]
    assert bench.incidents(case) == []


def test_a_business_error_that_nobody_catches_becomes_an_incident(bench):
    """The token stays where it is, the other boundary event is not taken, the case's variables do not change."""
    case = started(bench, one_job(caught="REFUSED"))
    bench.outside.plan = ["other"]
    before = bench.variables(case)
    assert bench.one_job() == "incident"
    assert [(i.error["code"], i.error["message"]["zh"]) for i in bench.incidents(case)] == [("OTHER", "另一个错误")]
    assert (bench.waiting(case), bench.variables(case), bench.case(case).state) == ([], before, "running")
    assert [e.action for e in bench.timeline(case)] == ["case.started", "incident.raised"]


@pytest.mark.parametrize("first", ["lost before", "lost after"])
def test_an_unknown_outcome_is_asked_for_before_a_second_call(bench, first):
    """Whether the lost call had arrived or not, its effect counts once."""
    case = started(bench, one_job())
    bench.outside.plan = [first]
    assert bench.one_job() == "retry"
    assert bench.jobs(case)[0].unsure
    bench.pass_time(seconds=6)
    assert (bench.outside.inquiries, len(bench.outside.effects)) == (1, 1)
    assert bench.case(case).state == "ended"
    assert bench.variables(case)["sent"].get("inquired", False) == (first == "lost after")


def test_doubt_outlives_an_inquiry_that_fails(bench):
    """When the question itself meets trouble, the next attempt asks again instead of sending."""
    effects, asked = [], []

    @service_task("outside.deaf", replay="inquire", retry=Backoff(first=1))
    def deaf(ctx) -> dict:
        effects.append(ctx.key)
        raise RemoteUnknown(Text("没有回音", "no answer"))

    @deaf.inquire
    def arrived(ctx) -> dict | None:
        asked.append(ctx.key)
        if len(asked) == 1:
            raise RemoteTransient(Text("查询繁忙", "busy"))
        if len(asked) == 2:
            raise ZeroDivisionError
        return {"found": True}

    teach(bench, deaf)
    case = started(bench, (bpmn(start(form="apply"), service("s", "outside.deaf", result="s"), end(), chain("start", "s", "end")), APPLY))
    for _ in range(3):
        bench.pass_time(seconds=3)
    bench.use(retry_incident, bench.incidents(case)[0].id, OPERATOR)
    bench.work()
    assert (len(effects), len(asked), bench.variables(case)["s"]) == (1, 3, {"found": True})


def test_a_certain_failure_after_a_lost_call_does_not_remove_the_doubt(bench):
    """The second call was certainly refused; the lost first one is still asked for before the third."""
    case = started(bench, one_job())
    bench.outside.plan = ["lost before", "transient"]
    bench.work()
    bench.pass_time(seconds=6)
    assert bench.jobs(case)[0].unsure
    bench.pass_time(seconds=12)
    assert (bench.outside.inquiries, len(bench.outside.effects)) == (2, 1)


def test_a_database_that_fails_in_mid_handler_leaves_doubt(bench):
    """Nobody knows whether the handler had sent before its own transaction failed."""
    calls = []

    @service_task("outside.saves", replay="inquire", retry=Backoff(first=1))
    def saves(ctx) -> dict:
        calls.append(ctx.key)
        raise Unavailable(Text("数据库忙", "busy"))

    @saves.inquire
    def saved(ctx) -> dict | None:
        return {"found": True}

    teach(bench, saves)
    case = started(bench, (bpmn(start(form="apply"), service("s", "outside.saves", result="s"), end(), chain("start", "s", "end")), APPLY))
    bench.work()
    bench.pass_time(seconds=3)
    assert (len(calls), bench.variables(case)["s"]) == (1, {"found": True})


@pytest.mark.parametrize("first", ["lost before", "lost after", "killed"])
def test_where_nobody_can_be_asked_a_person_decides(bench, first):
    """replay="manual": after a lost call or a killed worker never a second call, but an incident OUTCOME_UNKNOWN."""
    case = started(bench, one_job("outside.manual"))
    if first == "killed":
        lose(bench)
    else:
        bench.outside.plan = [first]
        assert bench.one_job() == "retry"
    effects = list(bench.outside.effects)
    bench.pass_time(seconds=6)
    assert [i.error["code"] for i in bench.incidents(case)] == ["OUTCOME_UNKNOWN"]
    assert bench.outside.effects == effects
    bench.pass_time(days=1)
    assert bench.outside.effects == effects


@pytest.mark.parametrize("first", ["lost before", "lost after"])
def test_where_the_other_side_knows_the_key_it_is_called_again(bench, first):
    """replay="key": the second call carries the key of the first, and nobody is asked."""
    case = started(bench, one_job("outside.keyed"))
    bench.outside.plan = [first]
    bench.work()
    bench.pass_time(seconds=6)
    assert len({key for key, _ in bench.outside.effects}) == 1
    assert (len(bench.outside.effects), bench.outside.inquiries) == ((2, 0) if first == "lost after" else (1, 0))
    assert bench.case(case).state == "ended"


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


def noting(bench):
    """A local handler that writes a row and then fails as told."""

    @service_task("local.write", local=True, errors=("REFUSED",))
    def write(ctx, fail: str | None = None) -> dict:
        with ctx.transaction() as connection:
            Library(connection).keep_lane(LaneRow("记下", "written", "owner"))
        if fail == "refuse":
            raise BusinessError("REFUSED", Text("不行", "no"))
        if fail == "bug":
            raise ZeroDivisionError("a defect")
        if fail == "sql":
            connection.execute(text("INSERT INTO lane_role (lane) VALUES ('x')"))
        return {"noted": fail}

    teach(bench, write)


def written(bench):
    with bench.runtime.reading() as uow:
        return "记下" in uow.library.lanes_named(["记下"])


def local_case(bench, fail, caught=None):
    noting(bench)
    pieces = [
        start(form="apply"),
        user("review", "发证机关"),
        service("note", "local.write", {"fail": "apply.model"}, result="noted"),
        end(),
        chain("start", "review", "note", "end"),
    ]
    if caught:
        pieces += [boundary("refused", "note", error=caught), user("mend", "发证机关"), chain("refused", "mend", "end")]
    return started(bench, (bpmn(*pieces), APPLY), model=fail)


def test_a_local_handler_works_in_the_steps_own_transaction(bench):
    """Its row and the completion are one commit: no job, and nothing of it when the completion fails."""
    case = local_case(bench, "no")
    with pytest.raises(RuntimeError):
        bench.use(completed_and_lost, bench.task(case, "review"))
    assert not written(bench)
    assert bench.complete(case, "review").state == "ended"
    assert (written(bench), bench.jobs(case), bench.variables(case)["noted"]) == (True, [], {"noted": "no"})


@pytest.mark.parametrize("failure", ["refuse", "bug", "sql"])
def test_what_a_failed_local_handler_wrote_vanishes_and_the_persons_work_stays(bench, failure):
    """The completion counts, the handler's row does not, and an operator gets an incident whose retry works."""
    case = local_case(bench, failure)
    bench.complete(case, "review")
    assert (bench.waiting(case), written(bench)) == ([], False)
    assert [i.error["code"] for i in bench.incidents(case)] == ["REFUSED" if failure == "refuse" else "HANDLER_FAILED"]
    bench.use(retry_incident, bench.incidents(case)[0].id, OPERATOR)
    bench.work()
    assert (len(bench.incidents(case)), written(bench)) == (1, False)
    mend(bench, case, model="no")
    bench.use(retry_incident, bench.incidents(case)[0].id, OPERATOR)
    bench.work()
    assert (bench.case(case).state, written(bench), bench.variables(case)["noted"]) == ("ended", True, {"noted": "no"})


def mend(bench, case, **answers):
    """What a later release would do: put a variable right."""
    with bench.runtime.transaction() as uow:
        row = uow.cases.locked_by_number(case.number)
        row.variables["apply"].update(answers)
        uow.cases.save(row)


def test_a_local_refusal_leaves_by_its_boundary_event(bench):
    """In the same step: the person's completion stays and the next task is there."""
    case = local_case(bench, "refuse", caught="REFUSED")
    bench.complete(case, "review")
    assert (bench.waiting(case), written(bench), bench.incidents(case)) == (["mend"], False, [])
    assert bench.variables(case)["error"]["code"] == "REFUSED"


def test_a_retried_local_handler_may_refuse_for_its_boundary_event(bench):
    """First a defect, then a refusal: the retry leaves by the boundary event."""
    case = local_case(bench, "bug", caught="REFUSED")
    bench.complete(case, "review")
    mend(bench, case, model="refuse")
    bench.use(retry_incident, bench.incidents(case)[0].id, OPERATOR)
    bench.work()
    assert (bench.waiting(case), written(bench), bench.incidents(case)) == (["mend"], False, [])


def test_a_timer_that_gives_a_job_up_cancels_it(bench):
    """A job that waits is never done; the answer of one that runs comes too late and changes nothing."""
    bench.deploy(*job_with_deadline())
    waiting, running = (bench.start(answers={"model": "x"}) for _ in range(2))
    bench.use(lambda uow: uow.jobs.hold(waiting.id, held=True))
    job = claimed(bench)
    assert job.case_id == running.id
    bench.pass_time(hours=1)
    for case in (waiting, running):
        assert (bench.waiting(case), [j.state for j in bench.jobs(case)]) == (["look"], ["cancelled"])
    assert settle(bench.runtime, job, Answer({"value": 1})) == "stale"
    assert "sent" not in bench.variables(running)
    assert bench.outside.effects == []


def test_no_job_of_a_suspended_case_starts(bench):
    """Not those that wait, nor those put back by retry or expiry, nor the next one of a job that ran on; all go on when it is resumed."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            parallel("split"),
            *(service(name, "outside.keyed", VALUE) for name in ("one", "two", "three")),
            service("after", "outside.keyed", VALUE),
            parallel("join"),
            end(),
            chain("start", "split", "one", "after", "join", "end"),
            chain("split", "two", "join"),
            chain("split", "three", "join"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    one, two = claimed(bench, "a"), claimed(bench, "b")
    bench.use(suspend, case.number, OPERATOR, "核查")
    assert settle(bench.runtime, one, Answer({})) == "done"
    assert settle(bench.runtime, two, Answer(error=RemoteTransient(Text("忙", "busy")))) == "retry"
    bench.pass_time(hours=1)
    assert (bench.outside.effects, {j.element for j in bench.jobs(case) if j.state in ("queued", "held")}) == (
        [],
        {"two", "three", "after"},
    )
    bench.use(resume, case.number, OPERATOR, "核查完毕")
    bench.work()
    assert (len(bench.outside.effects), bench.case(case).state) == (3, "ended")


def test_the_answer_for_a_cancelled_case_is_too_late(bench):
    """The operator has stopped the case while the job ran: its answer is refused, its incident settled."""
    case = started(bench, one_job())
    job = claimed(bench)
    bench.use(cancel_case, case.number, OPERATOR, "重复申请")
    assert settle(bench.runtime, job, Answer({"value": 1})) == "stale"
    assert [j.state for j in bench.jobs(case)] == ["cancelled"]
    assert bench.one_job() == "idle"


def test_completing_a_task_before_a_task_and_a_job_costs_at_most_twelve_statements(bench):
    """Everything but BEGIN and COMMIT counts."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            user("review", "安全科", form="apply", variableName="review", dueWorkingDays="7"),
            parallel("split"),
            user("next", "发证机关", dueWorkingDays="3"),
            service("send", "outside.send", VALUE),
            parallel("join"),
            end(),
            chain("start", "review", "split", "next", "join", "end"),
            chain("split", "send", "join"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    task = bench.task(case, "review")
    with bench.statements() as seen:
        bench.use(inbox.complete, task.id, SAFETY, {"model": "y"}, task.revision)
    counted = [s for s in seen if not s.startswith(("BEGIN", "COMMIT"))]
    assert len(counted) <= 12, counted
    assert (bench.waiting(case), len(bench.jobs(case))) == (["next"], 1)


def test_a_thousand_rejections_cost_what_one_costs(bench, record_property):
    """Statements and stored bytes of a step are the same in round 2 and in round 1,000."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            user("review", "发证机关", outcomes="approve=通过; reject=不通过!", dueWorkingDays="7"),
            exclusive("approved", default="approved-review"),
            end(),
            chain("start", "review", "approved"),
            flow("approved", "end", 'review.outcome = "approve"'),
            chain("approved", "review"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    sizes, times = {}, []
    for number in range(1, 1001):
        began = perf_counter()
        with bench.statements() as seen:
            row = bench.complete(case, "review", outcome="reject", opinion="补正")
        times.append(perf_counter() - began)
        if number in (2, 1000):
            sizes[number] = len(seen), len(row.tokens)
    record_property("time of the last hundred rounds to the first hundred", sum(times[-100:]) / sum(times[:100]))
    assert sizes[2] == sizes[1000]
