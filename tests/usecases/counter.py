"""A small office for the tests of the use cases: one business with a review that may be sent back, and how to reach its tasks."""

from diagrams import bpmn, chain, end, exclusive, flow, start, user
from sqlalchemy import text
from workbench import form

from workflow_runtime.store.tables import metadata

APPLY = form("apply", "model!", "note")
REVIEW = form("review", "remark")
FILED = form(
    "filed",
    "model!",
    components=[{"type": "filepicker", "id": "f_papers", "key": "papers", "label": "材料", "multiple": True}],
)
REVIEWED = bpmn(
    start(form="apply", lane="产权单位"),
    user(
        "review",
        "发证机关",
        form="review",
        outcomes="approve=通过; reject=不通过!",
        formMode="apply:edit",
        dueWorkingDays="7",
        status="待审核",
    ),
    user("correct", "产权单位", form="apply", status="待补正"),
    exclusive("approved", default="approved-correct"),
    end(status="已办结"),
    chain("start", "review", "approved"),
    flow("approved", "end", 'review.outcome = "approve"'),
    chain("approved", "correct", "review"),
)


def one_task(lane="发证机关", *, business="business", form="apply", **given):
    """A business with a single task in a lane."""
    return bpmn(start(form=form), user("task", lane, **given), end(), chain("start", "task", "end"), id=business)


def opened(bench, *, model="QTZ80"):
    """The business deployed and a case of it started."""
    bench.deploy(REVIEWED, APPLY, REVIEW)
    return bench.start(answers={"model": model})


def actions(bench, case):
    """The words of the case's timeline."""
    return [entry.action for entry in bench.timeline(case)]


def everything(bench):
    """Every row of every table: to show that nothing has changed."""
    with bench.database.reading() as connection:
        return {t.name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {t.name}")))) for t in metadata.sorted_tables}
