"""What every request goes through: headers, cookies, tokens against forgery, bearer tokens, addresses that lead outside, the secret."""

from datetime import timedelta

import pytest
from browsing import Browser
from office import ADMINISTRATOR
from workbench import MONDAY

from registry.installation import page_secret
from registry.tokens import issue_token, revoke_token, tokens
from web.access import SIGNED_IN, access
from web.addresses import HOME, here
from web.app import create_app, open_app
from web.composition import DatabaseNotReady, Settings, open_runtime, prepare_database
from web.demonstration.people import PASSWORD, enter_people
from web.pages.public import BURST
from web.protection import COOKIE, HEADERS
from workflow_runtime.clock import ManualClock
from workflow_runtime.errors import Failure

CASES = "/api/v1/cases"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    path = tmp_path_factory.mktemp("an installation") / "crane.db"
    settings = Settings.read({"CRANE_DATABASE_URL": f"sqlite:///{path}"})
    opened = open_runtime(settings)
    prepare_database(opened)
    with opened.transaction() as uow:
        enter_people(uow, ADMINISTRATOR)
    opened.database.close()
    return settings


@pytest.fixture
def runtime(settings, clock):
    opened = open_runtime(settings, clock=clock)
    yield opened
    opened.database.close()


@pytest.fixture
def app(runtime):
    return create_app(runtime)


@pytest.fixture
def client(app):
    return app.test_client()


# headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sign-in", 200),
        ("GET", "/", 302),
        ("GET", "/account", 302),
        ("GET", "/static/icon.svg", 200),
        ("GET", "/nowhere", 404),
        ("PUT", "/sign-in", 405),
        ("POST", "/sign-in", 400),
        ("GET", CASES, 401),
        ("GET", "/healthz", 200),
    ],
)
def test_every_answer_has_the_headers(client, method, path, status):
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    answer.close()


def test_nothing_from_elsewhere_and_nothing_inline_runs():
    rules = dict(rule.partition(" ")[::2] for rule in HEADERS["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == rules["form-action"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"


def test_pages_are_kept_by_no_cache_but_scripts_and_styles_are(client):
    assert client.get("/sign-in").headers["Cache-Control"] == "no-store"
    with client.get("/static/icon.svg") as answer:
        assert answer.headers["Cache-Control"] != "no-store"


# cookies


def cookies(answer):
    """The attributes of each cookie that an answer sets, by its name."""
    parts = [header.split("; ") for header in answer.headers.getlist("Set-Cookie")]
    return {first.partition("=")[0]: set(rest) for first, *rest in parts}


@pytest.mark.parametrize("secure", [pytest.param(False, id="http"), pytest.param(True, id="https")])
def test_cookies_are_out_of_reach_of_scripts_other_pages_and_plain_http(runtime, secure):
    client = create_app(runtime, secure=secure).test_client()
    client.base = "https://localhost" if secure else "http://localhost"
    page = client.get("/sign-in", base_url=client.base)
    token = page.get_data(as_text=True).partition('name="csrf-token" content="')[2].partition('"')[0]
    told = {"login": "zhang", "password": PASSWORD, "csrf_token": token}
    entered = client.post("/sign-in", data=told, base_url=client.base, headers={"Referer": client.base + "/sign-in"})
    assert entered.status_code == 303
    prefix, flags = (
        ("__Host-", {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}) if secure else ("", {"HttpOnly", "Path=/", "SameSite=Lax"})
    )
    assert cookies(page)[f"{prefix}crane_page"] == flags
    assert cookies(entered)[f"{prefix}{COOKIE}"] == flags
    assert client.get("/account", base_url=client.base).status_code == 200
    assert ("Strict-Transport-Security" in page.headers) == secure


def test_https_follows_from_the_public_address():
    assert Settings.read({"CRANE_PUBLIC_URL": "https://crane.example"}).secure
    assert not Settings.read({"CRANE_PUBLIC_URL": "http://127.0.0.1:8000"}).secure
    assert not Settings.read({}).secure


# forgery


def test_every_form_is_refused_without_the_browser_s_token(app, client):
    """Programs' addresses aside: no cookie opens them."""
    wrong = []
    for rule in app.url_map.iter_rules():
        methods = rule.methods - {"GET", "HEAD", "OPTIONS"}
        if not rule.rule.startswith(("/api/", "/incoming/")):
            address = rule.rule.replace("<int:", "<").replace(">", "").replace("<", "")
            address = "/".join("1" if part in rule.arguments else part for part in address.split("/"))
            for method in methods:
                answer = client.open(address, method=method, data={"csrf_token": "made up"})
                wrong += [] if (answer.status_code, b"PAGE_EXPIRED" in answer.data) == (400, True) else [(rule.rule, answer.status_code)]
    assert wrong == []


def test_a_cookie_opens_nothing_for_programs_and_a_token_no_page(runtime, app):
    browser = Browser(runtime, "zhang", app)
    assert browser.client.get("/account").status_code == 200
    assert browser.client.get(CASES).status_code == 401
    assert app.test_client().get("/account", headers=bearer(runtime, "zhang")).status_code == 302


# bearer tokens


def bearer(runtime, login, days=1):
    with runtime.transaction() as uow:
        token, _ = issue_token(uow.connection, login, "test", uow.now, days)
    return {"Authorization": f"Bearer {token}"}


def test_programs_are_told_who_they_are_not(runtime, client):
    answer = client.get(CASES)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="crane"'
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "NOT_SIGNED_IN"
    assert client.get(CASES, headers=bearer(runtime, "zhang")).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer crane_wrong", "Basic emhhbmc6eA==", "Bearer \xff\x00"])
def test_what_is_no_token_opens_nothing(client, header):
    assert client.get(CASES, headers={"Authorization": header}).status_code == 401


def test_a_token_ends_when_it_expires_or_is_revoked(runtime, client, clock):
    first, second = bearer(runtime, "zhang", 1), bearer(runtime, "zhang", 2)
    clock.advance(timedelta(days=1))
    assert [client.get(CASES, headers=each).status_code for each in (first, second)] == [401, 200]
    with runtime.transaction() as uow:
        revoke_token(uow.connection, tokens(uow.connection, "zhang")[-1].id, uow.now)
    assert client.get(CASES, headers=second).status_code == 401


def test_a_program_has_its_person_s_roles(runtime, client):
    answer = client.get("/api/v1/users", headers=bearer(runtime, "zhang"))
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (403, "application/problem+json", "NOT_ALLOWED")
    assert client.get("/api/v1/users", headers=bearer(runtime, "admin")).status_code == 200


# access


def test_a_route_that_declares_nothing_is_refused_to_everybody(runtime, app):
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    app.add_url_rule("/declared", "declared", access(SIGNED_IN)(lambda: "open"))
    client = Browser(runtime, "admin", app).client
    assert (client.get("/forgotten").status_code, client.get("/declared").status_code) == (404, 200)


def test_reading_pages_write_once_a_minute_at_most(runtime, app, clock, statements):
    client = Browser(runtime, "zhang", app).client

    def writes():
        with statements(runtime) as sent:
            client.get("/help")
        return [statement.split()[0] for statement in sent if not statement.startswith(("SELECT", "BEGIN"))]

    clock.advance(timedelta(seconds=59))
    assert writes() == []
    clock.advance(timedelta(seconds=2))
    assert (writes(), writes()) == (["UPDATE"], [])


# addresses


@pytest.mark.parametrize("address", ["/", "/cases?status=x", "/a/b#c", "/%2F%2Fhost"])
def test_addresses_of_ours_are_gone_to(address):
    assert here(address) == address


@pytest.mark.parametrize(
    "address",
    [None, "", "cases", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "javascript:alert(1)", "/\t/evil.example",
     "/\n/evil.example", " //evil.example", "///evil.example", "/\\/evil.example"],
    ids=ascii,
)  # fmt: skip
def test_addresses_of_others_are_not(runtime, app, address):
    assert here(address) == HOME
    browser = Browser(runtime, app=app)
    answer = browser.post("/language", {"next": address or "", "language": "en"}, follow=False)
    assert answer.headers["Location"] == HOME
    page = browser.get("/sign-in", query_string={"next": address or ""})
    assert page.one("//main//input[@name='next']").value == HOME
    told = {"login": "zhang", "password": PASSWORD, "next": address or ""}
    assert browser.post("/sign-in", told, follow=False).headers["Location"] == HOME


# the secret


def test_all_processes_of_an_installation_share_the_secret(settings):
    runtimes, apps = zip(*(open_app(settings, clock=ManualClock(MONDAY)) for _ in range(2)), strict=True)
    try:
        assert apps[0].config["SECRET_KEY"] == apps[1].config["SECRET_KEY"]
        with runtimes[0].reading() as uow:
            assert page_secret(uow.connection) == apps[0].config["SECRET_KEY"]
    finally:
        for runtime in runtimes:
            runtime.database.close()


def test_the_secret_may_lie_in_a_file(settings, tmp_path):
    path = tmp_path / "secret"
    path.write_text("0123456789abcdef" * 2 + "\n")
    runtime, app = open_app(Settings.read({**settings.environment, "CRANE_SECRET_KEY_FILE": str(path)}))
    runtime.database.close()
    assert app.config["SECRET_KEY"] == "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "content", [pytest.param(None, id="missing"), pytest.param(b"short", id="short"), pytest.param(b"\xff" * 40, id="bytes")]
)
def test_a_secret_that_cannot_be_used_is_told_without_being_shown(settings, tmp_path, content):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Failure) as refused:
        open_app(Settings.read({**settings.environment, "CRANE_SECRET_KEY_FILE": str(path)}))
    assert refused.value.code == "SECRET_KEY_FILE"
    assert "short'" not in str(refused.value)


def test_an_application_needs_a_prepared_database(tmp_path):
    with pytest.raises(DatabaseNotReady):
        open_app(Settings.read({"CRANE_DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"}))


# forms


def test_a_form_of_too_many_fields_is_refused_before_it_is_read(client):
    """Of anybody: a form of two million fields takes as long as a thousand pages."""
    body = {"content_type": "application/x-www-form-urlencoded"}
    assert client.post("/verify", data="a&" * 1_000_000, **body).status_code == 413
    assert client.post("/verify", data="a=" + "x" * 5_000_000, **body).status_code == 413
    assert client.post("/verify", data="a&" * 900, **body).status_code == 400, "read, but without its token"


@pytest.mark.parametrize(
    ("proxies", "told", "status"), [(0, "203.0.113.2", 429), (1, "203.0.113.2", 422), (1, "203.0.113.9, 203.0.113.1", 429)]
)
def test_the_address_of_a_visitor_is_what_our_own_proxies_say(runtime, proxies, told, status):
    """Of others nothing is believed: who invents addresses would get around every limit."""
    browser = Browser(runtime, app=create_app(runtime, proxies=proxies))
    for _ in range(BURST):
        browser.post("/verify", headers={"X-Forwarded-For": "203.0.113.1"})
    assert browser.post("/verify", headers={"X-Forwarded-For": told}).status == status


def test_the_number_of_proxies_is_a_setting():
    assert [Settings.read({"CRANE_PROXIES": text}).proxies for text in ("", "0", "2")] == [0, 0, 2]
    for text in ("-1", "x", "10"):
        with pytest.raises(Failure) as caught:
            _ = Settings.read({"CRANE_PROXIES": text}).proxies
        assert caught.value.code == "PROXIES"
