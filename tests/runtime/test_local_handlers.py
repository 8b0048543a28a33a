"""Local handlers: in the step and its transaction, without taking a person's work down with them."""

import pytest
from diagrams import boundary, bpmn, chain, end, service, start, user
from drawings import APPLY, completed_and_lost, started, teach
from sqlalchemy import text
from workbench import OPERATOR

from workflow_runtime.errors import BusinessError, Text
from workflow_runtime.handlers import service_task
from workflow_runtime.incidents import retry_incident
from workflow_runtime.store.library import Library
from workflow_runtime.store.rows import LaneRow


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
        if fail == "mistake":
            connection.execute(text("SELECT nothing FROM nowhere"))
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


@pytest.mark.parametrize("failure", ["refuse", "bug", "sql", "mistake"])
def test_what_a_failed_local_handler_wrote_vanishes_and_the_persons_work_stays(bench, failure):
    """The completion counts, the handler's row does not, and an operator gets an incident whose retry works."""
    case = local_case(bench, failure)
    bench.complete(case, "review")
    assert (bench.waiting(case), written(bench)) == ([], False)
    assert [i.error["code"] for i in bench.incidents(case)] == ["REFUSED" if failure == "refuse" else "HANDLER_FAILED"]
    assert [e.action for e in bench.timeline(case)] == ["case.started", "task.completed", "incident.raised"]
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
