"""Whoever chooses English reads English: only names, numbers and what people have written stay as they are."""

import re

import pytest
from browsing import Browser
from kept import in_trouble
from office import Office, furnished
from workbench import MONDAY

from registry.authorities import authorities
from registry.regions import regions
from registry.users import users
from web.app import create_app
from web.words import COOKIE
from workflow_runtime.clock import ManualClock

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
TERMS = ("(赋码)", "(归集)")
"""Said once where they are explained."""
DATA = "self::code or self::pre or self::textarea or self::script or @lang='zh-CN' or contains(@id, '-example')"
"""Elements that hold what people have written or would write, or what is Chinese on purpose (manuals, the button `中文`)."""
SPOKEN = ("title", "aria-label", "placeholder", "alt")


@pytest.fixture(scope="module")
def office(addresses, tmp_path_factory, pytestconfig, request):
    """An aggregated filing, one that is rejected, one that awaits its review, one with an incident."""
    if pytestconfig.getoption("--database") == "postgresql":
        address = addresses.postgresql(request.getfixturevalue("postgresql_server"), furnished)
    else:
        address = addresses.sqlite(furnished)
    with Office(address, tmp_path_factory.mktemp("english"), ManualClock(MONDAY)) as opened:
        opened.app = create_app(opened.runtime)
        opened.done, opened.rejected, opened.waiting_one = (opened.file(serial_no=f"T-{n}") for n in range(3))
        opened.to_the_button(opened.done)
        opened.push(opened.done)
        opened.until(lambda: "review" in opened.waiting(opened.rejected))
        opened.complete(opened.rejected, "review", outcome="reject", opinion="补充材料")
        opened.troubled = opened.file(serial_no="T-9")
        [opened.incident] = in_trouble(opened, opened.troubled)
        yield opened


@pytest.fixture(scope="module")
def data(office):
    """What people and authorities have written: names, answers, the face of the certificate."""
    with office.runtime.reading() as uow:
        bodies = [text for body in authorities(uow.connection) for text in (body.name, body.number_prefix, *body.departments)]
        places = [region.name for region in regions(uow.connection)]
        people = [person.display_name for person in users(uow.connection)]
    numbers = (office.done, office.rejected, office.waiting_one, office.troubled)
    written = [text for number in numbers for text in strings(office.variables(number))]
    return sorted({text for text in (*bodies, *places, *people, *written) if text and CHINESE.search(text)}, key=len, reverse=True)


def strings(value):
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each)


def in_english(office, login=None):
    browser = Browser(office.runtime, login, office.app)
    browser.client.set_cookie(COOKIE, "en")
    return browser


def left_in_chinese(page, data):
    """What the page itself says in Chinese."""
    said = page.all(f"//text()[not(ancestor::*[{DATA}])]")
    said += [value for name in SPOKEN for value in page.all(f"//@{name}")] + page.all("//input[@type='submit']/@value")
    return sorted({text.strip() for text in said if CHINESE.search(without(text, data))})


def without(text, data):
    for each in (*TERMS, *data):
        text = text.replace(each, "")
    return text


def task_of(office, number):
    return next(task.id for task in office.tasks(number) if task.state == "open")


PAGES = {
    None: ["/sign-in", "/verify", "/verify/{code}", "/preview/{code}", "/verify/" + "A" * 22, "/help", "/nowhere"],
    "zhang": [
        "/start",
        "/start/new_filing",
        "/cases?view=all",
        "/cases/{rejected}",
        "/tasks/{correct}",
        "/account",
        "/cases/{done}",
        "/users",
    ],
    "li.150100": ["/cases", "/cases/{done}", "/cases/{waiting}", "/tasks/{review}", "/tasks/{review}/delegate", "/sealing", "/statistics"],
    "operator": [
        "/incidents",
        "/incidents/{incident}",
        "/jobs",
        "/push-log?number={done}",
        "/cases/{troubled}",
        "/cases/{troubled}/cancel",
    ],
    "admin": ["/users", "/users/zhang", "/users/new", "/authorities", "/authorities/{authority}", "/authorities/new"],
    "admin ": ["/lanes", "/deployments", "/migrations/new_filing", "/trail", "/trail?stream=case:{done}", "/trail/verification"],
}


@pytest.mark.parametrize(("login", "path"), [(login, path) for login, paths in PAGES.items() for path in paths])
def test_a_page_in_english_holds_no_chinese_but_data(office, data, login, path):
    places = {
        "code": office.certificate(office.done).verification_code,
        "rejected": office.rejected,
        "waiting": office.waiting_one,
        "done": office.done,
        "troubled": office.troubled,
        "incident": office.incident,
        "correct": task_of(office, office.rejected),
        "review": task_of(office, office.waiting_one),
        "authority": office.reviewer.party,
    }
    page = in_english(office, login and login.strip()).get(path.format(**places))
    assert page.tree.get("lang") == "en"
    assert left_in_chinese(page, data) == []
