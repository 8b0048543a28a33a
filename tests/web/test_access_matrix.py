"""Who gets where: every route against every role, and every route that names somebody's thing against those whose thing it is not.

The routes come from the application, so a new one is covered by being there. A parameter that this file does not know is a failure.
"""

import re
from itertools import pairwise

import pytest
from office import Office, answers_of, furnished
from workbench import MONDAY

from registry.sessions import open_session
from registry.tokens import issue_token
from registry.users import add_user, users
from web.access import access_of
from web.app import create_app
from web.composition import actor_of
from web.demonstration.old_register import import_old_register
from web.navigation import MENU
from web.protection import API, COOKIE
from web.resuming import RESUMED
from workflow_runtime.clock import ManualClock
from workflow_runtime.drafts import save_start_draft

PUBLIC = {
    "home.home", "language.choose", "sign_in.sign_in", "sign_in.enter", "sign_in.sign_out",
    "public.verify", "public.look_up", "public.verify_file", "public.verify_code", "public.preview", "public.file", "public.qr", "public.picture", "public.copy",
    "help.index", "help.page", "help.image", "health.healthz", "health.readyz", "incoming.incoming",
    "api.openapi", "api_certificates.verification",
}  # fmt: skip
"""What anybody may ask for: nothing else is open to who has not signed in."""

GUEST = "guest"
STRANGERS = ("wang", "li.150200", "sun.150200", GUEST)
"""Another owner, another authority's reviewer and a clerk of its department, and who has no role at all."""

PEOPLE = ("zhang", "li.150100", "sun.150100", "chen.150000", "operator", "admin", *STRANGERS)
"""Somebody of every role, and the strangers."""

ANYTHING = {"revision": "1", "seen": "1", "reason": "x", "opinion": "x", "to": "li.150200", "login": "li.150200", "outcome": "approve"}
"""A form that says something to everybody."""


class House:
    """The product with two filings: one waits for its review, the other has a certificate. Requests are made as anybody."""

    def __init__(self, office):
        self.office, self.runtime = office, office.runtime
        self.app = create_app(self.runtime)
        self.app.config["WTF_CSRF_ENABLED"] = False  # forgery is tested elsewhere
        self.described = self.app.test_client().get("/api/v1/openapi.json").json
        self.reviewed, self.certified = office.file(serial_no="TC-77"), office.file()
        office.to_the_button(self.certified)
        office.until(lambda: "review" in office.waiting(self.reviewed))
        with self.runtime.transaction() as uow:
            add_user(uow.connection, GUEST, "无", "system", uow.now)
            draft = save_start_draft(uow, "new_filing", office.owner, answers_of("hoist")).id
            self.people = {each.login: actor_of(each) for each in users(uow.connection) if each.login in PEOPLE}
            self.sessions = {login: open_session(uow.connection, login, uow.now) for login in self.people}
            self.tokens = {login: issue_token(uow.connection, login, "test", uow.now, 1)[0] for login in self.people}
        with self.runtime.transaction() as uow:
            import_old_register(uow, office.administrator)
        certificate = office.certificate(self.certified)
        paper = office.variables(self.certified)["apply"]["purchase_proof"][0]["id"]
        self.owned = {
            ("cases", "number"): self.certified,
            ("tasks", "task_id"): office.tasks(self.reviewed)[0].id,
            ("attachments", "attachment_id"): paper,
            ("drafts", "draft_id"): draft,
            ("certificates", "number"): certificate.number,
        }
        self.shared = {
            ("authorities", "code"): office.case(self.certified).parties["authority"].partition(":")[2],
            ("users", "login"): "zhang",
            ("incidents", "incident_id"): 1,
            ("deployments", "bundle_id"): office.case(self.certified).bundle_id,
            ("start", "business"): "new_filing",
            ("migrations", "business"): "new_filing",
            ("migrations", "batch_id"): 1,
            ("batches", "batch_id"): 1,
            ("businesses", "business"): "new_filing",
            ("diagram", "process"): "new_filing",
            ("help", "name"): "reviewer",
            ("images", "name"): "none.png",
            ("static", "filename"): "icon.svg",
            ("incoming", "receiver"): "certificate.sealed",
            ("preview", "code"): certificate.verification_code,
            ("verify", "code"): certificate.verification_code,
            ("verification", "code"): certificate.verification_code,
            ("lanes", "name"): "产权单位",
            ("legacy", "entry_id"): 1,
            ("import", "upload_id"): 1,
        }

    def routes(self):
        """(rule, method, its declared access) of every route but the static files."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda each: each.rule):
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                if rule.endpoint != "static":
                    yield rule, method, access_of(self.app.view_functions[rule.endpoint], method)

    def parameters(self, rule):
        """The keys of a rule's parameters: the word before each in the path, and its name."""
        parts = rule.rule.split("/")
        names = [(before, part.partition(">")[0].strip("<").rpartition(":")[2]) for before, part in pairwise(parts) if "<" in part]
        assert {name for _, name in names} == rule.arguments, rule.rule
        return names

    def owned_by_somebody(self, rule):
        return any(key in self.owned for key in self.parameters(rule))

    def address(self, rule, values):
        found = {name: {**self.shared, **values}.get((before, name)) for before, name in self.parameters(rule)}
        missing = [name for name, value in found.items() if value is None]
        assert not missing, f"{rule.rule}: say in this file what {missing} may be"
        with self.app.test_request_context():
            return rule.build(found)[1]

    def ask(self, login, method, address, **more):
        """The status of a request as this person (None: nobody), and where it leads."""
        client = self.app.test_client()
        if login is not None:
            client.set_cookie(COOKIE, self.sessions[login])
            more["headers"] = {"Authorization": f"Bearer {self.tokens[login]}", **more.get("headers", {})}
        answer = client.open(address, method=method, **more)
        return answer.status_code, answer.headers.get("Location", "")

    def least(self, rule, method):
        """The least that an operation takes as its body, from its description."""
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        body = self.described["paths"][path][method.lower()].get("requestBody", {"content": {}})["content"].get("application/json")
        return None if body is None else self.example(body["schema"])

    def example(self, schema):
        if "$ref" in schema:
            return self.example(self.described["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        if schema.get("type") == "object":
            return {name: self.example(schema["properties"][name]) for name in schema.get("required", ())}
        return {"string": "x", "integer": 1, "array": [], "boolean": True}.get(schema.get("type"), {})

    def send(self, login, method, rule, address):
        """A request with a body that says something, where requests have one."""
        if method == "GET":
            return self.ask(login, method, address)
        if address.startswith("/api/"):
            return self.ask(login, method, address, json=self.least(rule, method), headers={"If-Match": '"1"', "Idempotency-Key": "k"})
        return self.ask(login, method, address, data=ANYTHING)

    def rows(self):
        """What the database holds, but for the audit, which also keeps refusals, and what notes the mere use."""
        noted = ("audit", "user_session", "once_key", "sqlite_sequence")
        with self.runtime.reading() as uow:
            raw = uow.connection.connection.driver_connection
            return [line for line in raw.iterdump() if not any(word in line[:60] for word in noted)]


def listed(found):
    return "\n" + "\n".join(map(str, found))


@pytest.fixture(scope="module")
def house(addresses, tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    with Office(addresses.sqlite(furnished), folder, ManualClock(MONDAY)) as office:
        yield House(office)


def test_every_route_declares_who_may_ask_for_it(house):
    assert [(rule.rule, method) for rule, method, declared in house.routes() if declared is None] == []


def test_only_these_routes_are_open_to_everybody(house):
    assert {rule.endpoint for rule, _, declared in house.routes() if declared is not None and declared.public} - PUBLIC == set()


def test_every_parameter_of_a_route_is_known_here(house):
    known = {**house.owned, **house.shared}
    assert [rule.rule for rule, *_ in house.routes() if any(key not in known for key in house.parameters(rule))] == []


@pytest.mark.parametrize("entry", MENU, ids=lambda entry: entry.endpoint)
def test_every_entry_of_the_menu_leads_to_a_page(house, entry):
    assert entry.endpoint in house.app.view_functions
    [rule] = [rule for rule in house.app.url_map.iter_rules(entry.endpoint) if "GET" in rule.methods]
    assert not rule.arguments


def test_pages_answer_whom_they_are_open_to_and_refuse_all_others(house):
    """Each page without parameters, for each person of the demonstration: 200 or a way on, otherwise 403."""
    wrong = []
    for rule, method, declared in house.routes():
        if method == "GET" and not rule.arguments and not declared.public:
            for login, person in house.people.items():
                status, _ = house.ask(login, "GET", rule.rule)
                # 422: a program has to say what it seeks.
                expected = {200, 302, 303, 422 if rule.rule.startswith("/api/") else 200} if declared.lets_in(person) else {403}
                wrong += [] if status in expected else [(rule.rule, login, status)]
    assert not wrong, listed(wrong)


def test_who_has_not_signed_in_is_sent_to_do_so(house):
    """Programs are told 401."""
    wrong = []
    for rule, method, declared in house.routes():
        if not declared.public:
            status, to = house.send(None, method, rule, house.address(rule, house.owned))
            right = status == 401 if rule.rule.startswith("/api/") or method != "GET" else status == 302 and to.startswith("/sign-in?next=")
            wrong += [] if right else [(rule.rule, method, status, to)]
    assert not wrong, listed(wrong)


def test_who_lacks_the_role_is_refused_by_every_method(house):
    before, wrong = house.rows(), []
    for rule, method, declared in house.routes():
        for login, person in house.people.items():
            if not declared.lets_in(person):
                status, _ = house.send(login, method, rule, house.address(rule, house.owned))
                wrong += [] if status == 403 else [(rule.rule, method, login, status)]
    assert not wrong, listed(wrong)
    assert house.rows() == before


def test_another_s_case_task_paper_draft_or_certificate_does_not_exist(house):
    """For another owner, another authority, a department of it and a guest, whatever they send to whatever address; nothing has changed."""
    before, wrong = house.rows(), []
    for rule, method, declared in house.routes():
        if not declared.public and house.owned_by_somebody(rule):
            address = house.address(rule, house.owned)
            for login in STRANGERS:
                status, _ = house.send(login, method, rule, address)
                expected = 404 if declared.lets_in(house.people[login]) else 403
                wrong += [] if status == expected else [(rule.rule, method, login, status)]
    assert not wrong, listed(wrong)
    assert house.rows() == before


def test_the_same_addresses_exist_for_those_whose_things_they_are(house):
    """Otherwise the test before would prove nothing."""
    missing = []
    for rule, method, declared in house.routes():
        if method == "GET" and not declared.public and house.owned_by_somebody(rule):
            found = {house.ask(login, "GET", house.address(rule, house.owned))[0] for login in ("zhang", "li.150100", "operator")}
            missing += [] if found - {403, 404} else [(rule.rule, found)]
    assert not missing, listed(missing)


def test_words_from_before_signing_in_again_do_nothing_anywhere(house):
    """Every form of every page, sent once more by those who work: at most a page or the way to one, and nothing is changed."""
    before, wrong = house.rows(), []
    push = {"button": "push", "task": [f"{house.certified}:{each.id}:{each.revision}" for each in house.office.tasks(house.certified)]}
    forms = [{**ANYTHING, **push, RESUMED: "1", "seen": seen} for seen in ("", house.office.tasks(house.reviewed)[0].revision)]
    for rule, method, _ in house.routes():
        if method == "POST" and not rule.rule.startswith((API, "/incoming/")):
            for login in ("zhang", "li.150100", "operator", "admin"):
                for form in forms:
                    status, to = house.ask(login, method, house.address(rule, house.owned), data=form)
                    right = status in (200, 403, 404, 422) or (status == 303 and to.startswith("/"))
                    wrong += [] if right else [(rule.rule, login, status, to)]
            if house.rows() != before:
                before, wrong = house.rows(), [*wrong, (rule.rule, "did something")]
    assert not wrong, listed(wrong)
