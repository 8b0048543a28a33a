"""A business in two versions, and the shortest way to a migration of its cases: what these tests share."""

from diagrams import boundary, bpmn, chain, end, exclusive, flow, service, start, user
from workbench import ANALYST, form

from workflow_runtime.migration.batches import migrate
from workflow_runtime.migration.forecast import plan_migration
from workflow_runtime.migration.mapping import read_map
from workflow_runtime.migration.undoing import undo_migration

APPLY = form("apply", "model!")
REVIEW = form("review", "note")
BUSINESS = "business"


def reviewed(*, name="review", days="7", lane="发证机关", timer="P5D", step=None, handler="outside.send", **given):
    """A review with a reminder, then a job; `step` is a user task between them."""
    then = [step] if step else []
    return bpmn(
        start(form="apply"),
        user(name, lane, form="review", outcomes="approve=通过; reject=不通过!", dueWorkingDays=days, status="待审核", **given),
        boundary("remind", name, timer=timer, interrupting=False),
        *[user(each, "发证机关", status="复审中") for each in then],
        exclusive("decision", default="back"),
        service("send", handler, {"value": "apply.model"}, result="sent"),
        end(status="已办结"),
        end("reminded", status=None),
        chain("start", name, *then, "decision"),
        flow("decision", "send", f"{given.get('variableName', 'review')}.outcome = 'approve'"),
        flow("decision", name, id="back"),
        chain("send", "end"),
        chain("remind", "reminded"),
    )


def deployed(bench, diagram, *forms):
    """The id of the business's bundle after deploying these files."""
    done = bench.deploy(diagram, *(forms or (APPLY, REVIEW)))
    return next(b.bundle_id for b in done.businesses if b.business == BUSINESS)


def current(bench):
    with bench.runtime.reading() as uow:
        return uow.library.deployment(BUSINESS).bundle_id


def move(bench, *pairs, to=None, reason="更新流程", actor=ANALYST, **more):
    """Migrate to the deployed version; the report."""
    return migrate(bench.runtime, actor, BUSINESS, to or current(bench), reason, mapping=read_map(pairs), **more)


def forecast(bench, *pairs, to=None, actor=ANALYST, **more):
    with bench.runtime.reading() as uow:
        return plan_migration(uow, actor, BUSINESS, to or current(bench), read_map(pairs), **more)


def undo(bench, batch, actor=ANALYST, reason="弄错了"):
    return list(undo_migration(bench.runtime, actor, batch.id, reason))


def codes(report):
    """Why cases stayed."""
    return [reason.code for outcome in report.stayed for reason in outcome.reasons]


def due_of(bench, case):
    return bench.case(case).next_due
