"""The old registers: finding an entry by a number typed in many ways, and what a reissue does to it."""

from datetime import date

import pytest
from sqlalchemy import delete, insert

from registry import legacy_register as book
from registry import tables
from registry.folding import fold_number
from registry.legacy_history import history
from registry.machines import kept_equipment_number, regional_equipment_number, register_machine
from registry.numbers import reserve_number
from workflow_runtime.audit import entries_of
from workflow_runtime.errors import NotFound, WrongState
from workflow_runtime.store.audit import AuditRows
from workflow_runtime.store.tables import metadata as runtime_tables

HOHHOT, BAOTOU, ORDOS = "11150100MB0000001L", "11150200MB0000002W", "11150600MB0000003L"
IDENTIFIER = "1.2.156.3005.2.11100000000013338W999.11150100MB0000001L.202600001.001.X"


@pytest.fixture(scope="session", autouse=True)
def audited(shared_engine):
    runtime_tables.create_all(shared_engine)


@pytest.fixture
def enter(connection, facts):
    """Puts an entry into a register."""

    def enter(number="蒙A-2016-0088", authority=HOHHOT, **changes):
        values = {
            "authority_code": authority, "number": number, "folded_number": fold_number(number), "identifier": "", "equipment_no": "",
            "manufacturer": "中联重科股份有限公司", "serial_no": "TC-2016-0088", "category": "T", "model": "TC5610",
            "owner_name": "内蒙古蒙建机械租赁有限公司", "owner_code": "", "made_on": date(2016, 3, 1), "issued_on": None, "state": "valid",
            "revision": 1, "remarks": {}, "source": "", "searched": "", "entered_at": facts.now, **changes,
        }  # fmt: skip
        return connection.execute(insert(tables.legacy_entry).values(values).returning(tables.legacy_entry.c.id)).scalar_one()

    return enter


@pytest.mark.parametrize("typed", ["蒙A-2016-0088", "蒙Ａ－２０１６－００８８", " 蒙a—2016–0088 ", "蒙A‐2016−0088"])
def test_an_entry_is_found_however_its_number_is_typed(connection, enter, typed):
    entry_id = enter()
    assert book.find(connection, typed, authority=HOHHOT).id == entry_id


def test_an_authority_s_own_register_comes_first(connection, enter):
    enter("88", BAOTOU)
    own = enter("88", HOHHOT)
    assert book.find(connection, "88", authority=HOHHOT).id == own


def test_a_number_of_another_register_is_found_when_no_other_has_it(connection, enter):
    there = enter("88", BAOTOU)
    assert book.find(connection, "88", authority=HOHHOT).id == there
    enter("88", ORDOS)
    assert book.find(connection, "88", authority=HOHHOT) is None


@pytest.mark.parametrize("typed", ["", " ", "89", "\0", "\ud800", "9" * 5000])
def test_what_no_register_has_is_not_found(connection, enter, typed):
    enter("88")
    assert book.find(connection, typed, authority=HOHHOT, lock=True) is None


def test_a_reissued_entry_names_the_certificate_that_replaced_it(connection, enter, facts):
    entry_id = enter()
    after = book.mark_reissued(connection, entry_id, IDENTIFIER, facts.now)
    assert (after.state, after.reissued_as, after.revision) == ("reissued", IDENTIFIER, 2)
    assert book.entry(connection, entry_id, lock=True) == after
    [event] = history(connection, entry_id)
    assert (event.event, event.revision, event.who, dict(event.before)) == ("reissued", 2, "系统", {"state": "valid", "reissued_as": None})
    assert [e.action for e in entries_of(AuditRows(connection), "legacy") if e.subject == str(entry_id)] == ["legacy.reissued"]


def test_the_same_reissue_again_changes_nothing(connection, enter, facts):
    entry_id = enter()
    first = book.mark_reissued(connection, entry_id, IDENTIFIER, facts.now)
    assert book.mark_reissued(connection, entry_id, IDENTIFIER, facts.now) == first
    assert len(history(connection, entry_id)) == 1


@pytest.mark.parametrize(("state", "code"), [("reissued", "LEGACY_REISSUED"), ("cancelled", "LEGACY_STATE")])
def test_what_is_not_valid_any_more_cannot_be_reissued(connection, enter, facts, state, code):
    entry_id = enter(state=state, reissued_as="another" if state == "reissued" else None)
    with pytest.raises(WrongState) as refused:
        book.mark_reissued(connection, entry_id, IDENTIFIER, facts.now)
    assert refused.value.code == code
    assert history(connection, entry_id) == []


@pytest.mark.parametrize("entry_id", [0, -1, 10**30, 987654])
def test_an_entry_that_is_not_there(connection, entry_id):
    with pytest.raises(NotFound):
        book.entry(connection, entry_id)


def test_two_reissues_at_once_have_one_winner(database, race, facts):
    runtime_tables.create_all(database)
    with database.begin() as connection:
        values = dict.fromkeys(
            ("identifier", "equipment_no", "manufacturer", "serial_no", "category", "model", "owner_name", "owner_code"), ""
        )
        values |= {"source": "", "searched": "", "remarks": {}, "revision": 1, "state": "valid", "entered_at": facts.now}
        row = insert(tables.legacy_entry).values(authority_code=HOHHOT, number="88", folded_number="88", **values)
        entry_id = connection.execute(row.returning(tables.legacy_entry.c.id)).scalar_one()
    results = race(*[lambda c, n=n: book.mark_reissued(c, entry_id, f"certificate {n}", facts.now) for n in range(4)])
    assert sorted(getattr(result, "code", "won") for result in results) == ["LEGACY_REISSUED"] * 3 + ["won"]


def test_a_number_of_an_old_register_is_not_given_again(connection, enter, facts):
    """Nor its serial under another category, of which the identifier would be the same."""
    enter("蒙ＡＡ－T202600001", identifier=IDENTIFIER)
    enter("蒙AA-W202600002", BAOTOU)
    assert reserve_number(connection, "蒙AA", "T", "case 1", facts.now, authority=HOHHOT) == "蒙AA-T202600003"
    assert reserve_number(connection, "蒙AA", "T", "case 2", facts.now, authority=HOHHOT) == "蒙AA-T202600004"


def test_a_machine_number_that_came_from_an_old_register_is_not_given_again(connection, facts):
    kept = regional_equipment_number(connection, "150102", "T", facts.now)
    connection.execute(delete(tables.series))
    machine = {"category": "T", "owner_code": facts.owner, "facts": {}, "region": "150102", "now": facts.now}
    first = register_machine(connection, manufacturer="甲", serial_no="1", equipment_number=kept_equipment_number(kept), **machine)
    second = register_machine(connection, manufacturer="甲", serial_no="2", **machine)
    assert (first.equipment_no, second.equipment_no != kept) == (kept, True)
