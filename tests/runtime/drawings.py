"""Small processes, and workers that never come back: what several tests of the runtime share."""

from datetime import timedelta
from types import ModuleType

from diagrams import boundary, bpmn, chain, end, service, start, user
from workbench import REVIEWER, form

from workflow_runtime import inbox
from workflow_runtime.jobs import reclaim_expired

APPLY = form("apply", "model!", "when")
VALUE = {"value": "apply.model"}
LEASE = timedelta(seconds=8)
"""Of the bench's handlers: 3 × their time-out of a second, and five."""


def one_job(handler="outside.send", *, caught=None, **parameters):
    """A service task right after the start; `caught`: the code that its error boundary event takes, after which a person mends."""
    pieces = [
        start(form="apply"),
        service("send", handler, parameters or VALUE, result="sent"),
        end(),
        chain("start", "send", "end"),
    ]
    if caught is not None:
        pieces += [boundary("refused", "send", error=caught), user("mend", "发证机关"), chain("refused", "mend", "end")]
    return bpmn(*pieces), APPLY


def reviewed_job(handler="outside.send", **parameters):
    """A review, and the service task after it."""
    return (
        bpmn(
            start(form="apply"),
            user("review", "发证机关"),
            service("send", handler, parameters or VALUE, result="sent"),
            end(),
            chain("start", "review", "send", "end"),
        ),
        APPLY,
    )


def job_with_deadline(deadline="PT1H"):
    """A service task that is given up after an hour."""
    return (
        bpmn(
            start(form="apply"),
            service("send", "outside.send", VALUE, result="sent"),
            boundary("late", "send", timer=deadline),
            user("look", "发证机关"),
            end(),
            chain("start", "send", "end"),
            chain("late", "look", "end"),
        ),
        APPLY,
    )


def reviewed():
    """A review that the owner may withdraw and that is given up after a day."""
    return (
        bpmn(
            start(form="apply"),
            user("review", "发证机关"),
            boundary("late", "review", timer="P1D"),
            boundary("withdrawn", "review", message="withdraw"),
            end(status="通过"),
            end("given_up", status="超期"),
            end("back", status="已撤回"),
            chain("start", "review", "end"),
            chain("late", "given_up"),
            chain("withdrawn", "back"),
        ),
        APPLY,
    )


def started(bench, files, model="QTZ80", **answers):
    """A case of a freshly deployed business."""
    bench.deploy(*files)
    return bench.start(answers={"model": model, **answers})


def teach(bench, *marked):
    """Put marked functions (handlers, receivers, ends of cases) into the bench's catalogue, as if a package had brought them."""
    module = ModuleType("brought")
    for number, function in enumerate(marked):
        function.__module__ = module.__name__
        setattr(module, f"f{number}", function)
    bench.runtime.catalogue.collect(module)


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
