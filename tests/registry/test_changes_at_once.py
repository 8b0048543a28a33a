"""Several administrators change one entry of the books at the same moment: one of them does, the others find it done."""

from dataclasses import replace
from functools import partial

import pytest

from registry.authorities import add_authority, authority, authority_to_change, update_authority
from registry.changes import Change
from registry.users import add_user, disable
from workflow_runtime.errors import WrongState

AT_ONCE, ROUNDS = 8, 3


def the_only_change(outcomes):
    [change] = [outcome for outcome in outcomes if isinstance(outcome, Change)]
    return change, [outcome for outcome in outcomes if not isinstance(outcome, Change)]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_user_is_added_once_and_the_others_are_told(race, facts, number):
    change, others = the_only_change(
        race(*[lambda c: add_user(c, f"li.{number}", "李四", f"authority:{facts.authority}", facts.now)] * AT_ONCE)
    )
    assert change.subject == f"li.{number}"
    assert [(type(other), other.code) for other in others] == [(WrongState, "USER_EXISTS")] * (AT_ONCE - 1)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_user_is_disabled_once(race, database, facts, number):
    with database.begin() as connection:
        add_user(connection, f"li.{number}", "李四", f"authority:{facts.authority}", facts.now)
    change, others = the_only_change(race(*[lambda c: disable(c, f"li.{number}")] * AT_ONCE))
    assert (change.before, change.after) == ({"disabled": False}, {"disabled": True})
    assert others == [None] * (AT_ONCE - 1)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_an_authority_is_added_once_and_changed_once(race, database, facts, number):
    with database.begin() as connection:
        known = authority(connection, facts.authority)
    new = replace(known, code="91350100M000100Y43", name="又一局", number_prefix="", seal_name="", accepted_seal_names=())
    change, others = the_only_change(race(*[lambda c: add_authority(c, new)] * AT_ONCE))
    assert change.act == "authority.added"
    assert [other.code for other in others] == ["AUTHORITY_EXISTS"] * (AT_ONCE - 1)
    change, others = the_only_change(race(*[lambda c: update_authority(c, replace(new, has_seal=not new.has_seal))] * AT_ONCE))
    assert change.after == {"has_seal": not new.has_seal}
    assert others == [None] * (AT_ONCE - 1)

    def with_department(name, connection):
        present = authority_to_change(connection, new.code)
        return update_authority(connection, replace(present, departments=(*present.departments, name)))

    names = [f"第{n}科" for n in range(AT_ONCE)]
    race(*[partial(with_department, name) for name in names])
    with database.begin() as connection:
        assert set(names) <= set(authority(connection, new.code).departments)
