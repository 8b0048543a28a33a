"""Incidents: an operator retries them or enters the result; nobody else, and nobody twice."""

import pytest
from diagrams import boundary, bpmn, chain, end, service, start, user
from drawings import APPLY, VALUE, job_with_deadline, one_job, started
from workbench import OPERATOR, OWNER, REVIEWER

from workflow_runtime import queries
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.cases import cancel_case, resume, suspend
from workflow_runtime.errors import Invalid, NotAllowed, NotFound, WrongState
from workflow_runtime.incidents import resolve_incident, retry_incident

SECOND_OPERATOR = Actor("feng", "冯二", "system", frozenset({Grant("operator", "system")}))


def broken(bench, files=None, plan="bug"):
    """A case whose job has become an incident."""
    case = started(bench, files or one_job())
    bench.outside.plan = [plan]
    bench.work()
    return case, bench.incidents(case)[0].id


def test_a_retried_job_starts_its_back_off_anew(bench):
    """Attempts and deliveries count from nothing, the doubt stays, and the trail says who and why."""
    case, incident = broken(bench)
    assert (bench.jobs(case)[0].attempts, bench.jobs(case)[0].unsure) == (1, True)
    bench.use(retry_incident, incident, OPERATOR, "已修复")
    job = bench.jobs(case)[0]
    assert (job.state, job.attempts, job.deliveries, job.unsure, job.error, job.run_at) == ("queued", 0, 0, True, None, bench.clock.now())
    entry = bench.timeline(case)[-1]
    assert (entry.action, entry.who, entry.element, entry.opinion) == ("incident.retried", "吴十", "send", "已修复")
    bench.work()
    assert (bench.outside.inquiries, len(bench.outside.effects), bench.case(case).state) == (1, 1, "ended")


@pytest.mark.parametrize("how", [retry_incident, resolve_incident])
def test_only_an_operator_settles_an_incident(bench, how):
    """A reviewer is refused and the incident stays open; one that does not exist is not found."""
    case, incident = broken(bench)
    more = ({"value": 1}, "查") if how is resolve_incident else ("查",)
    with pytest.raises(NotAllowed):
        bench.use(how, incident, REVIEWER, *more)
    with pytest.raises(NotFound):
        bench.use(how, 10**9, OPERATOR, *more)
    assert [i.id for i in bench.incidents(case)] == [incident]


def test_a_result_that_is_entered_by_hand_says_how_it_is_known(bench):
    """Retrying needs no reason."""
    _, incident = broken(bench)
    for reason in ("", " "):
        with pytest.raises(Invalid) as invalid:
            bench.use(resolve_incident, incident, OPERATOR, {"value": 1}, reason)
        assert [wrong.field for wrong in invalid.value.fields] == ["reason"]
    bench.use(retry_incident, incident, OPERATOR)


@pytest.mark.parametrize("first", ["retry", "resolve", "cancel"])
def test_the_second_operator_is_told_that_it_is_settled(bench, first):
    """Whatever the first one did, the second one's retry and result change nothing."""
    case, incident = broken(bench)
    if first == "retry":
        bench.use(retry_incident, incident, OPERATOR, "再试")
    elif first == "resolve":
        bench.use(resolve_incident, incident, OPERATOR, {"value": 1}, "已核实")
    else:
        bench.use(cancel_case, case.number, OPERATOR, "重复")
    before = bench.case(case), bench.jobs(case)
    with pytest.raises(WrongState, match="已处理"):
        bench.use(retry_incident, incident, SECOND_OPERATOR)
    with pytest.raises(WrongState, match="已处理"):
        bench.use(resolve_incident, incident, SECOND_OPERATOR, {"value": 2}, "我来")
    assert (bench.case(case), bench.jobs(case)) == before


def test_a_result_entered_by_hand_lets_the_case_go_on(bench):
    """It goes where the handler's would have gone; the trail has operator, result and reason; the job is never done again."""
    case, incident = broken(bench)
    case = bench.use(resolve_incident, incident, OPERATOR, {"value": "电话核实"}, "对方已生效")
    assert (case.state, bench.variables(case)["sent"]) == ("ended", {"value": "电话核实"})
    entry = bench.timeline(case)[-1]
    assert (entry.action, entry.who, entry.opinion, entry.details["result"]) == (
        "incident.resolved",
        "吴十",
        "对方已生效",
        {"value": "电话核实"},
    )
    bench.work()
    assert (bench.outside.effects, bench.outside.inquiries, [j.state for j in bench.jobs(case)]) == ([], 0, ["done"])
    assert bench.incidents(case) == []


def test_a_result_that_is_no_json_is_refused(bench):
    """A plain sentence, and the incident stays open."""
    case, incident = broken(bench)
    with pytest.raises(Invalid, match="不是 JSON"):
        bench.use(resolve_incident, incident, OPERATOR, {"value": 2**70}, "x")
    assert len(bench.incidents(case)) == 1


def test_an_operators_list_names_case_step_and_reason(bench):
    """Open incidents with their case numbers; settled ones only on request; nobody else reads the list."""
    case, incident = broken(bench)
    with bench.runtime.reading() as uow:
        assert [(i.element, i.error["code"], number) for i, number in queries.incidents(uow, OPERATOR)] == [
            ("send", "HANDLER_FAILED", case.number)
        ]
        with pytest.raises(NotAllowed):
            queries.incidents(uow, REVIEWER)
    bench.use(retry_incident, incident, OPERATOR)
    with bench.runtime.reading() as uow:
        assert queries.incidents(uow, OPERATOR) == []
        settled = queries.incidents(uow, OPERATOR, only_open=False)[0][0]
    assert (settled.state, settled.resolved_by, settled.resolution) == ("resolved", "wu", "retried")


def test_an_incident_is_settled_with_the_end_of_its_wait(bench):
    """A boundary timer that gives the step up takes the incident off the operator's list."""
    case, incident = broken(bench, job_with_deadline())
    bench.pass_time(hours=1)
    assert (bench.waiting(case), bench.incidents(case), [j.state for j in bench.jobs(case)]) == (["look"], [], ["cancelled"])
    with pytest.raises(WrongState):
        bench.use(retry_incident, incident, OPERATOR)


def test_retrying_an_unknown_outcome_is_the_operators_word_that_nothing_had_happened(bench):
    """Only then is a call repeated about which nobody can be asked."""
    case = started(bench, one_job("outside.manual"))
    bench.outside.plan = ["lost before"]
    bench.work()
    bench.pass_time(seconds=7)
    assert bench.outside.effects == []
    bench.use(retry_incident, bench.incidents(case)[0].id, OPERATOR, "电话核实：未生效")
    bench.work()
    assert (len(bench.outside.effects), bench.case(case).state) == (1, "ended")


def test_an_incident_of_a_suspended_case_waits_for_its_resumption(bench):
    """A retry while the case is suspended is kept, and done when the case goes on."""
    case, incident = broken(bench)
    bench.use(suspend, case.number, OPERATOR, "核查")
    bench.use(retry_incident, incident, OPERATOR)
    bench.work()
    assert bench.outside.effects == []
    bench.use(resume, case.number, OPERATOR, "完")
    bench.work()
    assert len(bench.outside.effects) == 1


def timed(when="=apply.when"):
    """A review with a deadline that the applicant's answer names, and a job behind it."""
    return (
        bpmn(
            start(form="apply"),
            user("correct", "产权单位", form="apply"),
            user("review", "发证机关"),
            boundary("late", "review", timer=when),
            service("send", "outside.send", VALUE),
            end(),
            end("given_up"),
            chain("start", "correct", "review", "send", "end"),
            chain("late", "given_up"),
        ),
        APPLY,
    )


def test_a_timer_whose_expression_names_no_time_becomes_an_incident(bench):
    """The person before it is not stopped; the operator reads where and why, once, however many steps follow."""
    case = started(bench, timed())
    bench.complete(case, "correct", answers={"model": "x", "when": "下个星期"}, actor=OWNER)
    assert bench.waiting(case) == ["review"]
    assert [(i.element, i.error["code"]) for i in bench.incidents(case)] == [("late", "TIMER_INVALID")]
    assert "下个星期" in bench.incidents(case)[0].error["message"]["zh"]
    bench.pass_time(days=400)
    assert bench.waiting(case) == ["review"]
    bench.use(suspend, case.number, OPERATOR, "x")
    bench.use(resume, case.number, OPERATOR, "x")
    assert len(bench.incidents(case)) == 1
    assert [e.action for e in bench.timeline(case)].count("incident.raised") == 1


def test_a_timer_in_trouble_is_asked_again_by_a_retry(bench):
    """Unmended it becomes an incident again; mended it fires; there is no result to enter for it."""
    case = started(bench, timed())
    bench.complete(case, "correct", answers={"model": "x", "when": "?"}, actor=OWNER)
    incident = bench.incidents(case)[0].id
    with pytest.raises(WrongState, match="没有可登记的结果"):
        bench.use(resolve_incident, incident, OPERATOR, {}, "x")
    bench.use(retry_incident, incident, OPERATOR)
    assert [i.id for i in bench.incidents(case)] > [incident]
    with bench.runtime.transaction() as uow:
        row = uow.cases.locked_by_number(case.number)
        row.variables["apply"]["when"] = "PT1H"
        uow.cases.save(row)
    bench.use(retry_incident, bench.incidents(case)[0].id, OPERATOR)
    assert bench.incidents(case) == []
    bench.pass_time(hours=1)
    assert bench.case(case).state == "ended"


def test_a_timer_in_trouble_is_forgotten_with_its_case(bench):
    """Nothing is left on the operator's list when the case has ended another way."""
    case = started(bench, timed())
    bench.complete(case, "correct", answers={"model": "x", "when": "?"}, actor=OWNER)
    bench.complete(case, "review")
    bench.work()
    assert (bench.case(case).state, bench.incidents(case)) == ("ended", [])


@pytest.mark.parametrize("how", [retry_incident, resolve_incident])
def test_a_reason_that_cannot_be_kept_is_refused_in_words(bench, how):
    """Half a character, or a novel; the incident stays open."""
    case, incident = broken(bench)
    for reason in ("\ud800", "x" * 5000):
        with pytest.raises(Invalid):
            bench.use(how, incident, OPERATOR, *([{}] if how is resolve_incident else []), reason)
    assert len(bench.incidents(case)) == 1


def test_a_number_that_no_incident_can_have_is_not_found(bench):
    """However large."""
    for number in (0, -1, 2**63, 2**70):
        with pytest.raises(NotFound):
            bench.use(retry_incident, number, OPERATOR)
