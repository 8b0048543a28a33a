"""/healthz and /readyz: whether the process answers, and whether it can work."""

import pytest
from browsing import Browser

from registry.migrations import MIGRATIONS as BOOKS
from web.app import create_app
from web.composition import Settings, open_runtime
from workflow_runtime.store.migrations import MIGRATIONS as RUNTIME

SECRETS = ("secret-word", "clerk", "127.0.0.1")


@pytest.fixture
def opened():
    runtimes = []

    def at(address):
        runtimes.append(open_runtime(Settings.read({"CRANE_DATABASE_URL": address})))
        return runtimes[-1]

    yield at
    for runtime in runtimes:
        runtime.database.close()


def ask(runtime, path):
    answer = create_app(runtime).test_client().get(path)
    return answer.status_code, answer.get_json()


def test_a_prepared_installation_is_ready(opened, new_address):
    runtime = opened(new_address(RUNTIME, BOOKS))
    assert ask(runtime, "/healthz") == (200, {"status": "ok"})
    assert ask(runtime, "/readyz") == (200, {"status": "ready"})


def test_old_tables_are_told(opened, new_address):
    """The process answers, but is not ready: one of the two histories is missing."""
    runtime = opened(new_address(RUNTIME))
    assert ask(runtime, "/healthz")[0] == 200
    status, told = ask(runtime, "/readyz")
    assert (status, told["code"], told["status"]) == (503, "DATABASE_NOT_READY", "not ready")


def test_a_database_that_is_gone_is_told_without_its_address(opened):
    """Neither server nor user nor password of it are in the answer."""
    runtime = opened("postgresql+psycopg://clerk:secret-word@127.0.0.1:9/crane?connect_timeout=1")
    answer = create_app(runtime).test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "DATABASE_UNREACHABLE")
    assert not any(word in answer.get_data(as_text=True) for word in SECRETS)
    assert int(answer.headers["Retry-After"]) > 0


def test_a_page_without_a_database_is_a_sentence(opened):
    """The failure page itself needs no database; it carries the number of the request."""
    runtime = opened("postgresql+psycopg://clerk:secret-word@127.0.0.1:9/crane?connect_timeout=1")
    page = Browser(runtime).get("/preview/x")
    assert page.status == 503
    assert page.headers["X-Request-ID"] in page.text
    assert not any(word in page.text for word in SECRETS)
