"""What a step costs: few statements, and the same after a thousand rejections."""

from time import perf_counter

from diagrams import bpmn, chain, end, exclusive, flow, parallel, service, start, user
from drawings import APPLY, VALUE
from workbench import SAFETY

from workflow_runtime import inbox

LAST = 300


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


def test_hundreds_of_rejections_cost_what_one_costs(bench, record_property):
    """Statements and stored bytes of a step are the same in round 2 and in the last one; a thousand are the engine's own test."""
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
    for number in range(1, LAST + 1):
        began = perf_counter()
        with bench.statements() as seen:
            row = bench.complete(case, "review", outcome="reject", opinion="补正")
        times.append(perf_counter() - began)
        if number in (2, LAST):
            sizes[number] = len(seen), len(row.tokens)
    record_property("time of the last hundred rounds to the first hundred", sum(times[-100:]) / sum(times[:100]))
    assert sizes[2] == sizes[LAST]
