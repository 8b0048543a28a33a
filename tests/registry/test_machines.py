"""Machines: one number each, for life; one open case each."""

import pytest

from registry.folding import machine_key
from registry.machines import claim_machine, machine, machine_by_key, register_machine, release_claims, transfer_machine
from registry.owners import owner
from workflow_runtime.errors import Invalid, NotFound, WrongState

KEY, OTHER_KEY = machine_key("中联重科", "A-100"), machine_key("中联重科", "A-200")


def test_a_machine_gets_its_number_once_and_keeps_it_however_it_is_written(connection, make):
    first = make.machine(connection)
    again = make.machine(connection, "ａ—100", manufacturer="中联 重科", facts={"model": "changed"})
    assert again == first
    assert machine(connection, first.equipment_no) == first
    assert machine_by_key(connection, KEY) == first


def test_the_default_number_has_region_category_year_serial_and_check_character(connection, make):
    numbers = [make.machine(connection, serial).equipment_no for serial in ("A-100", "A-200")]
    assert [n[:-1] for n in numbers] == ["150100T2026000001", "150100T2026000002"]


def test_another_generator_can_be_put_in(connection, make):
    assert make.machine(connection, equipment_number=lambda *_: "MINISTRY-1").equipment_no == "MINISTRY-1"


def test_another_owner_does_not_get_the_machine_by_registering_it(connection, make, facts):
    make.machine(connection)
    with pytest.raises(WrongState) as caught:
        make.machine(connection, owner=facts.other_owner)
    assert caught.value.code == "MACHINE_OF_ANOTHER_OWNER"


def test_a_machine_changes_owner_by_transfer_only_and_keeps_its_number(connection, make, facts):
    sold = make.machine(connection)
    change = transfer_machine(connection, sold.equipment_no, facts.other_owner)
    assert (change.before, change.after) == ({"owner_code": facts.owner}, {"owner_code": facts.other_owner})
    assert make.machine(connection, owner=facts.other_owner).equipment_no == sold.equipment_no
    assert transfer_machine(connection, sold.equipment_no, facts.other_owner) is None


def test_a_machine_with_a_certificate_in_force_is_not_transferred(connection, make, facts):
    certificate = make.certificate(connection)
    with pytest.raises(WrongState) as caught:
        transfer_machine(connection, certificate.equipment_no, facts.other_owner)
    assert caught.value.code == "MACHINE_STILL_CERTIFIED"


def test_a_machine_needs_a_manufacturer_and_a_serial_number(connection, make):
    with pytest.raises(Invalid):
        make.machine(connection, "——")


def test_an_unknown_machine_is_told_so(connection):
    with pytest.raises(NotFound):
        machine(connection, "none")
    assert machine_by_key(connection, "none") is None


def test_an_open_case_holds_its_machine_against_others_until_it_ends(connection, facts):
    assert claim_machine(connection, KEY, "C1", facts.now) is None
    assert claim_machine(connection, KEY, "C1", facts.now) is None
    assert claim_machine(connection, KEY, "C2", facts.now) == "C1"
    assert release_claims(connection, "C1") == 1
    assert release_claims(connection, "C1") == 0
    assert claim_machine(connection, KEY, "C2", facts.now) is None


def test_a_corrected_machine_moves_the_claim(connection, facts):
    claim_machine(connection, KEY, "C1", facts.now)
    assert claim_machine(connection, OTHER_KEY, "C1", facts.now) is None
    assert claim_machine(connection, KEY, "C2", facts.now) is None


def test_a_case_that_cannot_have_the_new_machine_keeps_the_old_one(connection, facts):
    claim_machine(connection, KEY, "C1", facts.now)
    claim_machine(connection, OTHER_KEY, "C2", facts.now)
    assert claim_machine(connection, OTHER_KEY, "C1", facts.now) == "C2"
    assert claim_machine(connection, KEY, "C3", facts.now) == "C1"


def test_of_owners_filing_one_machine_at_the_same_moment_exactly_one_claims_it(race, facts):
    for turn in range(10):
        key = machine_key("中联重科", str(turn))
        claims = [lambda connection, case=f"C{turn}-{n}", key=key: claim_machine(connection, key, case, facts.now) for n in range(4)]
        got = race(*claims)
        winner = f"C{turn}-{got.index(None)}"
        assert sorted(got, key=str) == sorted([None, winner, winner, winner], key=str)


def test_a_claim_given_up_at_the_same_moment_is_free_or_held_but_never_lost(database, race, facts):
    for turn in range(10):
        key = machine_key("中联重科", str(turn))
        with database.begin() as connection:
            claim_machine(connection, key, f"old{turn}", facts.now)
        released, got = race(
            lambda connection, case=f"old{turn}": release_claims(connection, case),
            lambda connection, key=key, case=f"new{turn}": claim_machine(connection, key, case, facts.now),
        )
        assert released == 1
        assert got in (None, f"old{turn}")


def test_a_machine_registered_twice_at_the_same_moment_has_one_number(race, make):
    got = race(*[make.machine] * 4)
    assert len({m.equipment_no for m in got}) == 1, got


def test_the_owner_of_a_machine_is_in_the_books(connection, make):
    assert owner(connection, make.machine(connection).owner_code).name == "甲租赁公司"


def test_register_needs_nothing_but_what_the_filing_says(connection, facts):
    made = register_machine(
        connection,
        manufacturer="厂",
        serial_no="1",
        category="S",
        owner_code=facts.owner,
        facts={"drive": "SC"},
        region="150600",
        now=facts.now,
    )
    assert (made.category, made.facts, made.registered_at) == ("S", {"drive": "SC"}, facts.now)
