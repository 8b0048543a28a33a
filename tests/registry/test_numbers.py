"""Certificate numbers: drawn once, never doubled, every one accounted for."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from registry.folding import fold_number, machine_key
from registry.numbers import number_entry, numbers_of, parse_number, reserve_number, use_number, void_unused
from registry.tables import certificate_number, series
from workflow_runtime.errors import Failure, Invalid, NotFound, WrongState


@pytest.mark.parametrize(
    "typed", ["蒙AA-T202600001", "蒙ＡＡ－T202600001", "蒙aa—t202600001", " 蒙AA – T2026 00001", "蒙AA\u2011T202600001"]
)
def test_a_number_is_the_same_however_its_dash_and_width_were_typed(typed):
    assert fold_number(typed) == "蒙AA-T202600001"
    assert str(parse_number(typed)) == "蒙AA-T202600001"


@pytest.mark.parametrize("typed", ["", "蒙AA-T2026001", "AA-T202600001", "内建备字第12号"])
def test_what_is_not_a_number_is_refused(typed):
    with pytest.raises(Failure) as caught:
        parse_number(typed)
    assert caught.value.code == "NUMBER_INVALID"


@pytest.mark.parametrize(
    ("manufacturer", "serial_no"),
    [("中联重科（湖南）", "A-100"), ("中联重科(湖南)", "a100"), ("中联重科 【湖南】", "Ａ—１００"), ("中联重科〔湖南〕", "A\u200b1 00")],
)
def test_brackets_dashes_blanks_width_and_case_do_not_make_another_machine(manufacturer, serial_no):
    assert machine_key(manufacturer, serial_no) == "中联重科(湖南) A100"


def test_maker_and_serial_number_do_not_run_into_each_other():
    assert machine_key("厂1", "23") != machine_key("厂12", "3")


@pytest.mark.parametrize(
    ("manufacturer", "serial_no", "fields"), [(" ", "——", {"manufacturer", "serial_no"}), ("厂", "1" * 201, {"serial_no"})]
)
def test_a_machine_without_a_usable_name_is_refused(manufacturer, serial_no, fields):
    with pytest.raises(Invalid) as caught:
        machine_key(manufacturer, serial_no)
    assert {error.field for error in caught.value.fields} == fields


def test_numbers_count_up_by_prefix_category_and_year(connection, facts):
    drawn = [
        reserve_number(connection, p, c, f"C{i}", facts.now)
        for i, (p, c) in enumerate([("蒙AA", "T"), ("蒙AA", "T"), ("蒙AA", "S"), ("蒙BA", "T")])
    ]
    assert drawn == ["蒙AA-T202600001", "蒙AA-T202600002", "蒙AA-S202600003", "蒙BA-T202600001"]


def test_the_year_turns_at_midnight_in_shanghai(connection):
    assert reserve_number(connection, "蒙AA", "T", "C1", datetime(2026, 12, 31, 15, 59, tzinfo=UTC)) == "蒙AA-T202600001"
    assert reserve_number(connection, "蒙AA", "T", "C2", datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == "蒙AA-T202700001"


def test_the_same_case_gets_the_same_number_again(connection, facts):
    first = reserve_number(connection, "蒙AA", "T", "C1", facts.now)
    assert reserve_number(connection, "蒙AA", "T", "C1", facts.now) == first
    assert len(numbers_of(connection, "C1")) == 1


def test_another_category_draws_anew_and_the_old_number_is_void_with_its_reason(connection, facts):
    first = reserve_number(connection, "蒙AA", "T", "C1", facts.now)
    assert reserve_number(connection, "蒙AA", "S", "C1", facts.now) == "蒙AA-S202600002"
    entry = number_entry(connection, first)
    assert (entry.state, entry.settled_at) == ("void", facts.now)
    assert "蒙AA-S2026" in entry.reason


def test_a_reserved_number_of_last_year_is_drawn_anew_but_a_used_one_is_kept(connection, facts):
    next_year = datetime(2027, 1, 5, tzinfo=UTC)
    reserve_number(connection, "蒙AA", "T", "C1", facts.now)
    assert reserve_number(connection, "蒙AA", "T", "C1", next_year) == "蒙AA-T202700001"
    used = reserve_number(connection, "蒙AA", "T", "C2", facts.now)
    use_number(connection, used, facts.now)
    assert reserve_number(connection, "蒙AA", "T", "C2", next_year) == used


def test_a_used_number_is_not_exchanged_for_another_category(connection, facts):
    use_number(connection, reserve_number(connection, "蒙AA", "T", "C1", facts.now), facts.now)
    with pytest.raises(WrongState) as caught:
        reserve_number(connection, "蒙AA", "S", "C1", facts.now)
    assert caught.value.code == "NUMBER_USED"


def test_a_case_that_ends_leaves_its_number_void_but_not_a_used_one(connection, facts):
    number = reserve_number(connection, "蒙AA", "T", "C1", facts.now)
    used = reserve_number(connection, "蒙AA", "T", "C2", facts.now)
    use_number(connection, used, facts.now)
    assert void_unused(connection, "C1", "撤回", facts.now) == [number]
    assert void_unused(connection, "C1", "撤回", facts.now) == []
    assert void_unused(connection, "C2", "撤回", facts.now) == []
    assert number_entry(connection, number).reason == "撤回"
    assert number_entry(connection, used).state == "used"


def test_a_void_number_is_not_used(connection, facts):
    number = reserve_number(connection, "蒙AA", "T", "C1", facts.now)
    void_unused(connection, "C1", "撤回", facts.now)
    with pytest.raises(WrongState) as caught:
        use_number(connection, number, facts.now)
    assert caught.value.code == "NUMBER_VOID"


def test_using_a_number_twice_changes_nothing(connection, facts):
    number = reserve_number(connection, "蒙AA", "T", "C1", facts.now)
    use_number(connection, number, facts.now)
    use_number(connection, number, datetime(2026, 5, 5, tzinfo=UTC))
    assert number_entry(connection, number).settled_at == facts.now


def test_an_unknown_number_is_told_so(connection, facts):
    with pytest.raises(NotFound):
        use_number(connection, "蒙AA-T202699999", facts.now)


def test_after_serial_99999_the_series_is_used_up(connection, facts):
    connection.execute(insert(series).values(scope="蒙AA", category="", year=2026, last=99_998))
    assert reserve_number(connection, "蒙AA", "T", "C1", facts.now).endswith("99999")
    with pytest.raises(WrongState) as caught:
        reserve_number(connection, "蒙AA", "T", "C2", facts.now)
    assert caught.value.code == "SERIES_EXHAUSTED"


def test_eight_workers_with_fifty_reservations_each_never_double_and_leave_no_hole(database, race, facts):
    """Each drawn number is reserved, used or void; a rolled-back drawing leaves no hole."""

    class RolledBack(Exception):
        pass

    def work(worker):
        for turn in range(50):
            case = f"C{worker}-{turn}"
            try:
                with database.begin() as connection:
                    number = reserve_number(connection, "蒙AA", "T", case, facts.now)
                    if turn % 10 == 9:
                        raise RolledBack
                    if turn % 3 == 0:
                        use_number(connection, number, facts.now)
                    if turn % 3 == 1:
                        void_unused(connection, case, "撤回", facts.now)
            except RolledBack:
                continue

    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    with database.connect() as connection:
        rows = connection.execute(select(certificate_number)).all()
        last = connection.execute(select(series.c.last)).scalar_one()
    assert sorted(parse_number(row.number).serial for row in rows) == list(range(1, 8 * 45 + 1))
    assert last == 8 * 45
    assert len({row.case_no for row in rows}) == 8 * 45
    assert set(Counter(row.state for row in rows)) == {"reserved", "used", "void"}


def test_one_case_reserving_eight_times_at_once_has_one_number_and_the_others_are_accounted_for(database, race, facts):
    got = race(*[lambda connection: reserve_number(connection, "蒙AA", "T", "C1", facts.now)] * 8)
    assert len(set(got)) == 1, got
    with database.connect() as connection:
        entries = numbers_of(connection, "C1")
        last = connection.execute(select(series.c.last)).scalar_one()
    assert len(entries) == last
    assert [e.number for e in entries if e.state == "reserved"] == got[:1]
    assert all(e.reason for e in entries if e.state == "void")
