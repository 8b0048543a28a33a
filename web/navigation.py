"""The menu: where a person can go, in the order of the work, filtered by what his roles open to him."""

from dataclasses import dataclass
from typing import NamedTuple

from flask import current_app, request, url_for
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp

from web.access import access_of
from web.current import visitor


@dataclass(frozen=True)
class Entry:
    """A menu entry: the route's endpoint, its words, and the blueprints of the pages to which it leads."""

    endpoint: str
    label: str
    leads_to: tuple[str, ...]
    role: str = ""
    """Who has it in his menu, where the page is open to more people than come to it every day."""


class Shown(NamedTuple):
    """A menu entry for one visitor; `current`: the page that he sees is one of those to which it leads."""

    endpoint: str
    address: str
    label: str
    current: bool


MENU = (
    Entry("start.businesses", _l("新建申请"), ("start",), role="applicant"),
    Entry("cases.cases", _l("起重机械电子备案"), ("cases", "bulk", "case", "tasks")),
    Entry("sealing.waiting", _lp("list", "签章"), ("sealing",)),
    Entry("legacy.entries", _l("原备案登记簿"), ("legacy", "legacy_import")),
    Entry("statistics.statistics", _l("统计"), ("statistics",)),
    Entry("incidents.incidents", _lp("list", "异常"), ("incidents",)),
    Entry("jobs.jobs", _l("任务队列"), ("jobs",)),
    Entry("push_log.search", _l("推送日志"), ("push_log",)),
    Entry("authorities.authorities", _lp("list", "发证机关"), ("authorities",)),
    Entry("users.users", _l("用户"), ("users",)),
    Entry("lanes.lanes", _l("泳道与角色"), ("lanes",)),
    Entry("deployments.deployments", _l("流程"), ("deployments", "migrations")),
    Entry("trail.trail", _l("审计"), ("trail",)),
)


def menu() -> list[Shown]:
    """Each entry that the visitor may open."""
    person = visitor()
    if person is None:
        return []
    views = current_app.view_functions
    his = [e for e in MENU if not e.role or person.has_role(e.role)]
    open_to_him = [e for e in his if (rule := access_of(views.get(e.endpoint), "GET")) is not None and rule.lets_in(person)]
    return [Shown(e.endpoint, url_for(e.endpoint), str(e.label), request.blueprint in e.leads_to) for e in open_to_him]
