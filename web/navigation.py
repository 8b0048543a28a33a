"""The menu: where a person can go, in the order of the work, filtered by what his roles open to him."""

from dataclasses import dataclass

from flask import current_app, url_for
from flask_babel import lazy_gettext as _l

from web.access import access_of
from web.current import visitor


@dataclass(frozen=True)
class Entry:
    """A menu entry: the route's endpoint and its words."""

    endpoint: str
    label: str


MENU = (
    Entry("start.businesses", _l("新建申请")),
    Entry("cases.cases", _l("起重机械电子备案")),
    Entry("sealing.waiting", _l("签章")),
    Entry("statistics.statistics", _l("统计")),
    Entry("incidents.incidents", _l("异常")),
    Entry("jobs.jobs", _l("任务队列")),
    Entry("push_log.search", _l("推送日志")),
    Entry("authorities.authorities", _l("发证机关")),
    Entry("users.users", _l("用户")),
    Entry("lanes.lanes", _l("泳道与角色")),
    Entry("deployments.deployments", _l("流程")),
    Entry("trail.trail", _l("审计")),
)


def menu() -> list[tuple[str, str, str]]:
    """(endpoint, address, label) of each entry that the visitor may open."""
    person = visitor()
    if person is None:
        return []
    views = current_app.view_functions
    open_to_him = [e for e in MENU if (rule := access_of(views.get(e.endpoint), "GET")) is not None and rule.lets_in(person)]
    return [(entry.endpoint, url_for(entry.endpoint), str(entry.label)) for entry in open_to_him]
