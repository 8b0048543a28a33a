"""签章: which certificates wait for the seal, and how the seal is given on the government service network (the manual's step)."""

from flask import Blueprint, render_template

from registry.awaiting_seal import authorities_of, awaiting_seal
from web.access import access, roles
from web.current import actor, runtime
from workflow_runtime import worklist

pages = Blueprint("sealing", __name__)

ROLE = "reviewer"
SEAL_NETWORK = "provincial"
"""The government service network's name in the push log."""
SEAL_NETWORK_SITE = "https://zwfw.nmg.gov.cn/"
"""Where the seal is given (operation manual)."""


@pages.get("/sealing")
@access(roles(ROLE))
def waiting() -> str:
    """The certificates of the person's authorities that wait for a seal, the longest first, and the guide."""
    with runtime().reading() as uow:
        found = awaiting_seal(uow.connection, authorities_of(actor(), ROLE), SEAL_NETWORK)
        rows = {row.number: row for row in worklist.cases_numbered(uow, actor(), [each.case for each in found])}
        now = uow.now
    visible = [(each, rows[each.case]) for each in found if each.case in rows]
    return render_template("sealing/waiting.html", waiting=visible, now=now, site=SEAL_NETWORK_SITE)
