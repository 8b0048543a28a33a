"""Passwords and tokens by the command line."""

import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from registry.sessions import session
from registry.sign_ins import SignInRefused, sign_in
from registry.tokens import person_of_token
from web.cli import main
from web.composition import Settings, open_runtime


@pytest.fixture
def desk(at):
    return at("prepared")


@pytest.fixture
def runtime(desk):
    opened = open_runtime(Settings.read(desk.environment))
    yield opened
    opened.database.close()


def signed_in(runtime, login, password):
    """The session that the password opens; None when it opens none."""
    try:
        token = sign_in(runtime, login, password)
    except SignInRefused:
        return None
    with runtime.reading() as uow:
        return session(uow.connection, token, uow.now)


def person(runtime, token):
    """For whom a token acts."""
    with runtime.reading() as uow:
        return person_of_token(uow.connection, token, uow.now)


def typed(desk, text, *arguments):
    """What a command says to what is typed, and its exit status."""
    result = CliRunner().invoke(main, list(arguments), input=text, env=desk.environment)
    return result.exit_code, result.output


def whole(desk):
    """All that the database holds, the audit's entries as text."""
    with closing(sqlite3.connect(desk.path)) as connection:
        yield from (bytes(entry).decode() for (entry,) in connection.execute("SELECT entry FROM audit_entry"))
        yield from connection.iterdump()


def test_a_generated_password_is_printed_once_and_has_to_be_changed(desk, runtime):
    said = desk.crane("user", "password", "zhang", "--generate")
    [password] = said.out.split()
    assert signed_in(runtime, "zhang", password).must_change
    assert password not in "".join(whole(desk)) + said.err


@pytest.mark.parametrize(
    ("options", "text"),
    [
        pytest.param(["--stdin"], "ein guter Kran 7\n", id="stdin"),
        pytest.param([], "ein guter Kran 7\nein guter Kran 7\n", id="prompt"),
    ],
)
def test_a_password_is_typed_and_never_shown(desk, runtime, options, text):
    status, out = typed(desk, text, "user", "password", "zhang", *options)
    assert status == 0, out
    assert "Kran" not in out
    assert signed_in(runtime, "zhang", "ein guter Kran 7")


@pytest.mark.parametrize(
    ("arguments", "text", "status", "code"),
    [
        pytest.param(["zhang", "--stdin"], "kurz\n", 1, "INVALID", id="short"),
        pytest.param(["zhang", "--stdin"], "", 1, "INVALID", id="nothing"),
        pytest.param(["nobody", "--stdin"], "ein guter Kran 7\n", 1, "USER_UNKNOWN", id="unknown"),
        pytest.param(["zhang", "--stdin", "--as", "wang"], "ein guter Kran 7\n", 1, "NOT_ALLOWED", id="not an administrator"),
        pytest.param(["zhang", "--stdin", "--generate"], "", 2, "USAGE", id="both"),
        pytest.param(["zhang", "--stdin"], b"\xff\xfe\n", 2, "USAGE", id="not text"),
    ],
)
def test_a_password_that_cannot_be_set_is_told(desk, runtime, arguments, text, status, code):
    assert typed(desk, text, "user", "password", *arguments)[0] == status
    assert code in typed(desk, text, "user", "password", *arguments)[1]
    assert not signed_in(runtime, "zhang", "ein guter Kran 7")


def test_everybody_of_the_demonstration_has_the_password_that_is_told_and_keeps_his_own(desk, runtime):
    [own] = desk.crane("user", "password", "zhang", "--generate").out.split()
    desk.crane("user", "demonstration")
    assert signed_in(runtime, "zhang", own)
    assert not signed_in(runtime, "li.150100", "Crane-2026-demo").must_change


def test_a_token_is_issued_listed_and_revoked(desk, runtime):
    token = desk.crane("token", "issue", "zhang", "ERP", "--days", "7").out.strip()
    assert person(runtime, token).login == "zhang"
    [row] = desk.data("token", "list", "zhang")
    assert (row["label"], row["revoked_at"]) == ("ERP", None)
    assert token not in desk.crane("token", "list").out
    desk.crane("token", "revoke", row["id"])
    assert person(runtime, token) is None
    assert "已吊销" in desk.crane("token", "list").out
    kept = "".join(whole(desk))
    assert "token.issued" in kept
    assert "token.revoked" in kept
    assert token not in kept


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["token", "issue", "nobody", "ERP"], "USER_UNKNOWN"),
        (["token", "issue", "zhang", " "], "INVALID"),
        (["token", "issue", "zhang", "ERP", "--days", "0"], "USAGE"),
        (["token", "issue", "zhang", "ERP", "--as", "zhang"], "NOT_ALLOWED"),
        (["token", "revoke", "4711"], "TOKEN_UNKNOWN"),
        (["token", "revoke", "99999999999999999999"], "USAGE"),
        (["token", "list", "nobody"], "USER_UNKNOWN"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_token_that_cannot_be_given_or_taken_is_told(desk, arguments, code):
    said = desk.run(*arguments)
    assert said.status != 0
    assert code in said.err
