"""Accounts in the books: passwords and what stops guessing, sessions, tokens, the secret of an installation."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from registry import passwords, sessions, tables, tokens, users
from registry.installation import page_secret
from registry.passwords import LIMIT, LOCKED, attempt, check_password, hash_password, set_password
from registry.sessions import (
    close_session,
    close_sessions,
    login_of_session,
    open_session,
    open_sessions,
    person_of_session,
    session,
    use_session,
)
from workflow_runtime.errors import Invalid, NotFound

GOOD = "riesiger-Kran 1"
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def wang(connection, facts):
    """A person with a password and a grant."""
    party = f"owner:{facts.owner}"
    users.add_user(connection, "wang", "王丽", party, facts.now)
    users.grant(connection, "wang", "applicant", party, facts.now)
    set_password(connection, "wang", GOOD, facts.now, must_change=False)
    return "wang"


def rows(connection, table):
    return [dict(row._mapping) for row in connection.execute(select(table))]


# passwords


@pytest.mark.parametrize(
    ("password", "why"),
    [
        pytest.param("kurz-123", "至少 10", id="short"),
        pytest.param("x1y2" * 51, "最多 200", id="long"),
        pytest.param("wang.example", "登录名", id="the login"),
        pytest.param("WANG.Example", "登录名", id="the login in capitals"),
        pytest.param("aaaaaaaaaaab", "太少", id="few characters"),
        pytest.param("Password123", "常见", id="common"),
        pytest.param("１２３４５６７８９０", "常见", id="common in full width"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password, why):
    with pytest.raises(Invalid) as refused:
        check_password("wang.example", password)
    assert why in refused.value.fields[0].message.zh
    assert password not in str(refused.value)


@pytest.mark.parametrize("password", [pytest.param(GOOD, id="latin"), pytest.param("塔式起重机备案证二零二六", id="chinese")])
def test_a_good_password_is_taken(password):
    check_password("wang", password)


def test_a_password_is_kept_as_argon2_and_told_nowhere(connection, wang, facts):
    change = set_password(connection, wang, "another good one", facts.now, must_change=True)
    [row] = rows(connection, tables.user_password)
    assert row["hash"].startswith("$argon2id$")
    assert row["must_change"]
    assert "another good one" not in repr((row, change))
    assert (change.act, change.subject, dict(change.after)) == ("password.set", "wang", {"must_change": True})


def test_the_same_signs_in_full_width_are_the_same_password(connection, wang, facts):
    assert attempt(connection, wang, facts.now).is_right("ｒｉｅｓｉｇｅｒ－Ｋｒａｎ　１")


def test_of_a_password_no_more_is_looked_at_than_can_be_one(connection, wang, facts):
    """Folding millions of characters takes long, and anybody may send them."""
    kept = hash_password("a" * passwords.MOST + "\ufdfa" * 9)
    assert passwords.HASHER.verify(kept, "a" * passwords.MOST)
    assert not attempt(connection, wang, facts.now).is_right("\ufdfa" * 400_000)


def test_an_attempt_shows_no_hash(connection, wang, facts):
    assert "argon2" not in repr(attempt(connection, wang, facts.now))


def test_a_password_is_wrong_for_who_is_unknown_disabled_or_has_none(connection, wang, facts):
    users.add_user(connection, "chen", "陈", "system", facts.now)
    users.disable(connection, wang)
    for login in ("nobody", "chen", wang, "a\0b", "x" * 500, ""):
        tried = attempt(connection, login, facts.now)
        assert not tried.known
        assert not tried.is_right(GOOD)
        assert not tried.is_right("nobody has this password")


@pytest.mark.parametrize("login", ["wang", "nobody"])
def test_five_wrong_ones_lock_the_login_for_fifteen_minutes(connection, wang, facts, login):
    """Whether it exists or not: the answers are alike."""
    counted = [attempt(connection, login, facts.now) for _ in range(LIMIT)]
    assert [tried.locks for tried in counted] == [False] * 4 + [True]
    assert attempt(connection, login.upper() + " ", facts.now + LOCKED - SECOND) is None
    assert attempt(connection, login, facts.now + LOCKED).which == 1


def test_what_is_refused_while_locked_does_not_prolong_it(connection, wang, facts):
    for _ in range(LIMIT):
        attempt(connection, wang, facts.now)
    assert attempt(connection, wang, facts.now + LOCKED - SECOND) is None
    assert attempt(connection, wang, facts.now + LOCKED) is not None


def test_a_lock_is_one_login_s_and_ends_with_a_new_password(connection, wang, facts):
    for _ in range(LIMIT):
        attempt(connection, wang, facts.now)
    assert attempt(connection, "other", facts.now) is not None
    set_password(connection, wang, "another good one", facts.now, must_change=True)
    assert attempt(connection, wang, facts.now).is_right("another good one")


def test_what_was_typed_as_a_login_is_not_kept(connection, wang, facts):
    attempt(connection, "my secret, typed in the wrong line", facts.now)
    assert "secret" not in repr(rows(connection, tables.sign_in_failure))


def test_old_counts_are_thrown_away(connection, wang, facts):
    for number in range(3):
        attempt(connection, f"guess{number}", facts.now)
    attempt(connection, wang, facts.now + LOCKED)
    assert len(rows(connection, tables.sign_in_failure)) == 1


def test_many_attempts_at_the_same_moment_are_counted_each(race, facts):
    results = race(*[lambda connection: attempt(connection, "zhao", facts.now)] * 12)
    assert sorted(tried.which for tried in results if tried is not None) == list(range(1, LIMIT + 1))


def test_a_password_kept_by_weaker_parameters_is_kept_anew(connection, wang, facts):
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    connection.execute(tables.user_password.update().values(hash=weak))
    tried = attempt(connection, wang, facts.now)
    assert tried.is_right(GOOD)
    passwords.keep_fresh(connection, tried, GOOD)
    [row] = rows(connection, tables.user_password)
    assert not passwords.HASHER.check_needs_rehash(row["hash"])
    assert attempt(connection, wang, facts.now).is_right(GOOD)


# sessions


def test_a_session_is_its_person_s(connection, wang, facts):
    token = open_session(connection, wang, facts.now)
    found = session(connection, token, facts.now)
    assert found.user == users.user(connection, wang)
    assert not found.must_change
    assert person_of_session(connection, token + "x", facts.now) is None
    assert token not in repr(rows(connection, tables.user_session))


def test_a_session_ends_half_an_hour_after_its_last_use(connection, wang, facts):
    token = open_session(connection, wang, facts.now)
    assert person_of_session(connection, token, facts.now + sessions.IDLE - SECOND)
    assert person_of_session(connection, token, facts.now + sessions.IDLE) is None
    use_session(connection, token, facts.now + 20 * MINUTE)
    assert person_of_session(connection, token, facts.now + 40 * MINUTE)


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(connection, wang, facts):
    token, now = open_session(connection, wang, facts.now), facts.now
    while now < facts.now + sessions.LONGEST - 20 * MINUTE:
        now += 20 * MINUTE
        use_session(connection, token, now)
    assert person_of_session(connection, token, facts.now + sessions.LONGEST - SECOND)
    assert person_of_session(connection, token, facts.now + sessions.LONGEST) is None
    assert login_of_session(connection, token) == wang


def test_use_is_noted_once_a_minute(connection, wang, facts):
    token = open_session(connection, wang, facts.now)
    assert not session(connection, token, facts.now + MINUTE).stale
    assert session(connection, token, facts.now + MINUTE + SECOND).stale


def test_sessions_end_when_the_person_is_disabled_and_stay_ended(connection, wang, facts):
    token = open_session(connection, wang, facts.now)
    users.disable(connection, wang)
    assert person_of_session(connection, token, facts.now) is None
    users.disable(connection, wang, disabled=False)
    assert person_of_session(connection, token, facts.now) is None


def test_a_new_password_ends_the_sessions_but_the_present_one(connection, wang, facts):
    mine, other = (open_session(connection, wang, facts.now, name) for name in ("Firefox", "Edge"))
    set_password(connection, wang, "another good one", facts.now, must_change=False, session=mine)
    assert person_of_session(connection, mine, facts.now)
    assert person_of_session(connection, other, facts.now) is None
    set_password(connection, wang, "one more good one", facts.now, must_change=True)
    assert person_of_session(connection, mine, facts.now) is None


def test_a_person_sees_his_open_sessions(connection, wang, facts):
    old = open_session(connection, wang, facts.now, "Firefox")
    new = open_session(connection, wang, facts.now + MINUTE, "Edge")
    assert [(s.browser, s.present) for s in open_sessions(connection, wang, facts.now + MINUTE, old)] == [
        ("Edge", False),
        ("Firefox", True),
    ]
    assert [s.browser for s in open_sessions(connection, wang, facts.now + sessions.IDLE, old)] == ["Edge"]
    assert close_sessions(connection, wang, but=new) == 1
    close_session(connection, new)
    assert not open_sessions(connection, wang, facts.now)


# tokens


def test_a_token_speaks_for_its_person_until_it_expires(connection, wang, facts):
    token, change = tokens.issue_token(connection, "Wang", " ERP ", facts.now, 30)
    end = facts.now + timedelta(days=30)
    assert token.startswith(tokens.PREFIX)
    assert token not in repr((change, rows(connection, tables.api_token), tokens.tokens(connection)))
    assert tokens.person_of_token(connection, token, end - SECOND) == users.user(connection, wang)
    assert tokens.person_of_token(connection, token, end) is None
    assert [(t.login, t.label, t.expires_at) for t in tokens.tokens(connection, wang)] == [(wang, "ERP", end)]


def test_a_token_ends_when_it_is_revoked_or_its_person_disabled(connection, wang, facts):
    first, second = (tokens.issue_token(connection, wang, label, facts.now, 30)[0] for label in "ab")
    number = tokens.tokens(connection)[0].id
    assert tokens.revoke_token(connection, number, facts.now).act == "token.revoked"
    assert tokens.revoke_token(connection, number, facts.now) is None
    assert tokens.person_of_token(connection, first, facts.now) is None
    assert tokens.person_of_token(connection, second, facts.now).login == wang
    users.disable(connection, wang)
    assert tokens.person_of_token(connection, second, facts.now) is None


def test_tokens_end_with_a_password_that_an_administrator_gave_not_with_one_s_own_choice(connection, wang, facts):
    token, _ = tokens.issue_token(connection, wang, "ERP", facts.now, 30)
    set_password(connection, wang, "another good one", facts.now, must_change=False)
    assert tokens.person_of_token(connection, token, facts.now)
    change = set_password(connection, wang, "one more good one", facts.now, must_change=True)
    assert tokens.person_of_token(connection, token, facts.now) is None
    assert change.after["tokens_revoked"] == 1


def test_a_token_needs_a_person_a_label_and_an_end(connection, wang, facts):
    with pytest.raises(NotFound):
        tokens.issue_token(connection, "nobody", "ERP", facts.now, 30)
    with pytest.raises(NotFound):
        tokens.revoke_token(connection, 4711, facts.now)
    with pytest.raises(Invalid) as refused:
        tokens.issue_token(connection, wang, "  ", facts.now, 0)
    assert [wrong.field for wrong in refused.value.fields] == ["label", "days"]


# the installation


def test_the_secret_is_made_once_for_all_processes(race, database):
    made = race(*[page_secret] * 4)
    assert len(set(made)) == 1
    assert len(made[0]) == 64
    with database.begin() as connection:
        assert page_secret(connection) == made[0]
