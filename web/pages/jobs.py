"""任务队列: the work that leaves the house, and when it is tried next."""

from flask import Blueprint, render_template, request

from web.access import access, roles
from web.asking.paging import before, page_of
from web.current import actor, runtime
from workflow_runtime import oversight

pages = Blueprint("jobs", __name__)

STATES = ("queued", "running", "held", "incident", "done", "cancelled")
"""The states of a job, in the order of its life."""


@pages.get("/jobs")
@access(roles("operator", "administrator"))
def jobs() -> str:
    """Jobs, newest first, of one state when the address names it."""
    state = request.args.get("state") or None
    with runtime().reading() as uow:
        found = oversight.jobs(uow, actor(), state=state, before=before(), limit=oversight.PAGE + 1)
        counts = oversight.moving_jobs(uow, actor())
    rows, last = page_of(found, oversight.PAGE)
    return render_template("jobs/jobs.html", rows=rows, state=state, states=STATES, counts=counts, next=last and last.job.id)
