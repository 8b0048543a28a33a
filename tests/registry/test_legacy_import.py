"""Importing an old register: all or nothing, the same again changes nothing, what differs is said; and correcting an entry by hand."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from old_registers import HEAD, csv_of, entry

from registry import legacy_register as book
from registry.legacy_corrections import correct
from registry.legacy_history import STREAM, history
from registry.legacy_import.importing import ImportRefused, import_register, preview
from registry.legacy_import.register import read_register
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.audit import entries_of, verify
from workflow_runtime.catalogue import Catalogue
from workflow_runtime.clock import ManualClock
from workflow_runtime.errors import Conflict, Invalid, NotAllowed, NotFound, WrongState
from workflow_runtime.runtime import Runtime, UnitOfWork
from workflow_runtime.store.audit import AuditRows
from workflow_runtime.store.tables import metadata as runtime_tables

HOHHOT, BAOTOU = "11150100MB0000001L", "11150200MB0000002W"
ADMINISTRATOR = Actor("admin", "孙悦", "system", frozenset({Grant("administrator", "system")}))
REGISTRAR = Actor("bao", "包敏", f"authority:{HOHHOT}", frozenset({Grant("registrar", f"authority:{HOHHOT}")}))
REVIEWER = Actor("li", "李慧敏", f"authority:{HOHHOT}", frozenset({Grant("reviewer", f"authority:{HOHHOT}")}))
IDENTIFIER = "1.2.156.3005.2.11100000000013338W999.11150100MB0000001L.202600001.001.X"


@pytest.fixture(scope="session", autouse=True)
def audited(shared_engine):
    runtime_tables.create_all(shared_engine)


@pytest.fixture
def uow(connection, facts):
    return UnitOfWork(Runtime(database=None, catalogue=Catalogue(lambda call: call), clock=ManualClock(facts.now)), connection)


@pytest.fixture
def read(uow):
    return lambda *rows, head=HEAD: read_register("登记簿.csv", csv_of(*rows, head=head), uow.now.date())


@pytest.fixture
def enter(uow, read):
    def enter(*rows, head=HEAD, actor=ADMINISTRATOR, code=HOHHOT, replacing=False):
        return import_register(uow, actor, read(*rows, head=head), code, replacing=replacing)

    return enter


def found(uow, number="蒙A-1"):
    return book.find(uow.connection, number, authority=HOHHOT)


def trail(uow):
    return entries_of(AuditRows(uow.connection), STREAM)


def test_a_register_is_entered(uow, enter):
    plan = enter([*entry("蒙A-1"), "甲"], entry("蒙A-2"), head=(*HEAD, "备注"))
    assert (plan.counts["new"], plan.counts["unchanged"]) == (2, 0)
    made = found(uow)
    assert (made.authority_code, made.state, made.revision, made.remarks, made.source) == (
        HOHHOT,
        "valid",
        1,
        {"备注": "甲"},
        "登记簿.csv 第 2 行",
    )
    assert (made.made_on, made.owner_code, made.identifier) == (date(2016, 3, 18), "", "")


def test_the_import_stands_in_the_audit_once(uow, enter, read):
    enter(entry("蒙A-1"))
    [told] = trail(uow)
    assert (told.action, told.subject, told.actor) == ("legacy.imported", HOHHOT, "admin")
    assert (told.details["file"], told.details["sha256"], told.details["counts"]["new"]) == ("登记簿.csv", read(entry("蒙A-1")).sha256, 1)


def test_the_same_file_again_changes_nothing(uow, enter):
    rows = [entry("蒙A-1"), entry("蒙A-2")]
    enter(*rows)
    before = (found(uow), found(uow, "蒙A-2"), len(trail(uow)))
    plan = enter(*rows, replacing=True)
    assert (plan.counts["new"], plan.counts["changed"], plan.counts["unchanged"]) == (0, 0, 2)
    assert (found(uow), found(uow, "蒙A-2"), len(trail(uow))) == before


def test_an_error_in_one_row_keeps_every_row_out(uow, enter):
    with pytest.raises(ImportRefused) as refused:
        enter(entry("蒙A-1"), entry("蒙A-2", 产权单位=""))
    assert [p.code for p in refused.value.plan.problems] == ["OWNER_MISSING"]
    assert (found(uow), trail(uow)) == (None, [])


def test_a_preview_tells_what_would_happen_and_writes_nothing(uow, read):
    plan = preview(uow, ADMINISTRATOR, read(entry("蒙A-1")), HOHHOT, replacing=False)
    assert (plan.counts["new"], found(uow), trail(uow)) == (1, None, [])


def test_what_differs_from_the_register_is_an_error(uow, enter):
    enter(entry("蒙A-1"))
    with pytest.raises(ImportRefused) as refused:
        enter(entry("蒙Ａ－1", 产权单位="乙公司"))
    [problem] = refused.value.plan.problems
    assert (problem.code, problem.place.row, problem.column, problem.value) == ("REGISTER_DIFFERS", 2, "产权单位", "乙公司")
    assert "内蒙古蒙建机械租赁有限公司" in problem.message.zh
    assert "内蒙古蒙建机械租赁有限公司" in problem.message.en


def test_with_updating_the_entry_becomes_as_the_file_says(uow, enter):
    """Only what the file tells; with its history, and the next revision."""
    enter([*entry("蒙A-1"), "甲"], head=(*HEAD, "备注"))
    plan = enter([*entry("蒙A-1", 产权单位="乙公司", 规格型号=""), "乙"], head=(*HEAD, "联系人"), replacing=True)
    after = found(uow)
    assert [p.code for p in plan.problems] == ["UPDATED", "UPDATED"]
    assert (after.owner_name, after.model, after.remarks, after.revision) == ("乙公司", "TC5610", {"备注": "甲", "联系人": "乙"}, 2)
    [event] = history(uow.connection, after.id)
    assert (event.event, event.revision, event.before["owner_name"], event.after["owner_name"]) == (
        "updated", 2, "内蒙古蒙建机械租赁有限公司", "乙公司",
    )  # fmt: skip
    assert [each.id for each in book.search(uow.connection, keyword="乙公司")] == [after.id]
    assert [told.action for told in trail(uow)] == ["legacy.imported", "legacy.imported"]


def test_an_update_can_note_a_cancellation(uow, enter):
    enter(entry("蒙A-1"))
    enter([*entry("蒙A-1"), "注销"], head=(*HEAD, "状态"), replacing=True)
    assert found(uow).state == "cancelled"


@pytest.mark.parametrize("replacing", [False, True])
def test_a_reissued_entry_stays_as_it_is(uow, enter, replacing):
    enter(entry("蒙A-1"))
    before = book.mark_reissued(uow.connection, found(uow).id, IDENTIFIER, uow.now)
    plan = enter([*entry("蒙A-1", 产权单位="乙公司"), "有效"], head=(*HEAD, "状态"), replacing=replacing)
    assert [p.code for p in plan.problems] == ["REISSUED_STAYS"]
    assert found(uow) == before


def test_a_number_that_this_system_has_issued_is_told(uow, enter, make):
    """It is entered all the same: a reissue goes by the certificate."""
    issued = make.certificate(uow.connection)
    plan = enter(entry(f" {issued.number.lower()} "), entry("蒙A-1"))
    assert [(p.code, p.severity, p.value) for p in plan.problems] == [("NUMBER_ISSUED", "warning", issued.number.lower())]
    assert plan.counts["new"] == 2


def test_another_authority_s_number_is_another_entry(uow, enter):
    enter(entry("蒙A-1"))
    assert enter(entry("蒙A-1", 产权单位="乙公司"), code=BAOTOU).counts["new"] == 1


def test_a_thousand_rows_are_entered_and_known_again(uow, enter):
    """More than one statement takes."""
    rows = [entry(f"蒙A-{n}") for n in range(1201)]
    assert enter(*rows).counts["new"] == 1201
    assert enter(*rows).counts["unchanged"] == 1201


@pytest.mark.parametrize("actor", [REVIEWER, replace(REGISTRAR, grants=frozenset({Grant("registrar", f"authority:{BAOTOU}")}))])
def test_who_does_not_keep_the_register_cannot_import(uow, enter, actor):
    with pytest.raises(NotAllowed):
        enter(entry("蒙A-1"), actor=actor)
    assert found(uow) is None


def test_the_registrar_of_an_authority_imports_its_register(enter):
    assert enter(entry("蒙A-1"), actor=REGISTRAR).counts["new"] == 1


def test_an_authority_that_is_not_there_has_no_register(enter):
    with pytest.raises(NotFound):
        enter(entry("蒙A-1"), code="91150100MA0MJ0001U")


# looking up


@pytest.mark.parametrize("keyword", ["蒙A-1", "蒙ａ—1", "蒙建机械", "s-蒙a", "中联重科 股份"])
def test_an_entry_is_found_by_a_part_of_number_owner_serial_or_manufacturer(uow, enter, keyword):
    enter(entry("蒙A-1"), entry("乙-2", 产权单位="乙", 制造单位="丙", 出厂编号="7"))
    assert [each.number for each in book.search(uow.connection, keyword=keyword)] == ["蒙A-1"]


@pytest.mark.parametrize("keyword", ["%", "_", "没有", "\0", "\ud800", "长" * 5000])
def test_a_keyword_that_nothing_contains_finds_nothing(uow, enter, keyword):
    enter(entry("蒙A-1"))
    assert list(book.search(uow.connection, keyword=keyword)) == []


def test_pages_follow_each_other(uow, enter):
    enter(*[entry(str(n)) for n in range(1, 6)])
    enter(entry("6"), code=BAOTOU)
    first = book.search(uow.connection, authority=HOHHOT, limit=3)
    second = book.search(uow.connection, authority=HOHHOT, before=first[-1].id, limit=3)
    assert [each.number for each in (*first, *second)] == ["5", "4", "3", "2", "1"]
    assert list(book.search(uow.connection, state="cancelled")) == []


# correcting by hand


@pytest.fixture
def known(uow, enter):
    enter(entry("蒙A-1"), entry("蒙A-2"))
    return found(uow)


def test_a_correction_is_kept_with_its_reason(uow, known):
    given = {"serial_no": " TC－2016－0088 ", "made_on": "2016-03-19", "owner_code": "91150100MA0MJ0001U"}
    after = correct(uow, REGISTRAR, known.id, given, known.revision, "铭牌上是 0088")
    assert (after.serial_no, after.made_on, after.owner_code, after.revision) == (
        "TC－2016－0088",
        date(2016, 3, 19),
        "91150100MA0MJ0001U",
        2,
    )
    assert after == found(uow)
    [event] = history(uow.connection, known.id)
    assert (event.event, event.who, event.reason, event.before["made_on"], event.after["made_on"]) == (
        "corrected", "包敏", "铭牌上是 0088", "2016-03-18", "2016-03-19",
    )  # fmt: skip
    assert (trail(uow)[-1].action, trail(uow)[-1].reason, trail(uow)[-1].subject) == ("legacy.corrected", "铭牌上是 0088", str(known.id))
    assert verify(AuditRows(uow.connection)).breaches == []
    assert [each.id for each in book.search(uow.connection, keyword="2016-0088")] == [known.id]


def test_the_same_again_changes_nothing(uow, known):
    assert correct(uow, ADMINISTRATOR, known.id, {"owner_name": known.owner_name}, known.revision, "核对") == known
    assert history(uow.connection, known.id) == []


def test_the_slower_of_two_is_told_who_was_faster(uow, known):
    correct(uow, REGISTRAR, known.id, {"model": "TC5613"}, known.revision, "核对")
    with pytest.raises(Conflict) as slower:
        correct(uow, ADMINISTRATOR, known.id, {"model": "TC5610A"}, known.revision, "核对")
    assert (slower.value.who, slower.value.when) == ("包敏", uow.now)


@pytest.mark.parametrize(
    ("given", "reason", "field"),
    [
        ({"number": "蒙Ａ－２"}, "核对", "number"),
        ({"number": " "}, "核对", "number"),
        ({"number": "长" * 101}, "核对", "number"),
        ({"number": "\ufdfa" * 90}, "核对", "number"),
        ({"owner_name": ""}, "核对", "owner_name"),
        ({"manufacturer": "", "serial_no": ""}, "核对", "serial_no"),
        ({"owner_code": "91150100MA0MJ0001X"}, "核对", "owner_code"),
        ({"made_on": "2016"}, "核对", "made_on"),
        ({"made_on": "2030-01-01"}, "核对", "made_on"),
        ({"state": "reissued"}, "核对", "state"),
        ({"category": "塔式起重机很大"}, "核对", "category"),
        ({"model": "TC5613"}, " ", "reason"),
    ],
)
def test_a_wrong_correction_is_refused_field_by_field(uow, known, given, reason, field):
    with pytest.raises(Invalid) as wrong:
        correct(uow, ADMINISTRATOR, known.id, given, known.revision, reason)
    assert [each.field for each in wrong.value.fields] == [field]
    assert found(uow) == known


def test_a_number_may_be_written_otherwise(uow, known):
    after = correct(uow, ADMINISTRATOR, known.id, {"number": "蒙A—1"}, known.revision, "核对")
    assert after.number == "蒙A—1"
    renamed = correct(uow, ADMINISTRATOR, known.id, {"number": "蒙A-9"}, after.revision, "核对")
    assert (found(uow), found(uow, "蒙A-9")) == (None, renamed)


def test_a_reissued_entry_cannot_be_corrected(uow, known):
    after = book.mark_reissued(uow.connection, known.id, IDENTIFIER, uow.now + timedelta(days=1))
    with pytest.raises(WrongState):
        correct(uow, ADMINISTRATOR, known.id, {"model": "TC5613"}, after.revision, "核对")


def test_who_does_not_keep_the_register_cannot_correct(uow, known):
    with pytest.raises(NotAllowed):
        correct(uow, REVIEWER, known.id, {"model": "TC5613"}, known.revision, "核对")


def test_two_imports_at_once_enter_each_number_once(database, race, facts):
    runtime_tables.create_all(database)
    register = read_register("登记簿.csv", csv_of(*[entry(f"蒙A-{n}") for n in range(20)]), facts.now.date())
    runtime = Runtime(database=None, catalogue=Catalogue(lambda call: call), clock=ManualClock(facts.now))

    def bring(connection):
        return import_register(UnitOfWork(runtime, connection), ADMINISTRATOR, register, HOHHOT, replacing=False).counts["new"]

    assert sorted(race(bring, bring, bring)) == [0, 0, 20]
