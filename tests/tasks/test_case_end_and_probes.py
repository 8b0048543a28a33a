"""What a case gives back when it ends, what a party is told, and whether an authority can issue."""

import pytest
from offices import AUTHORITY, AUTHORITY_NAME, FILING

from registry import tables
from registry.authorities import authority
from registry.notifications import mark_read, notes_for
from registry.numbers import numbers_of
from workflow_runtime.errors import NotFound


def end(office, status="已撤回", **call):
    """Run what runs when a case ends."""
    for settle in office.catalogue.case_ends:
        settle(office.context(status=status, **call))


def test_a_case_that_ends_frees_its_machine_and_voids_its_number_with_the_reason(office):
    office.local("filing.precheck", filing=FILING, authority=AUTHORITY)
    office.prepared()
    end(office)
    assert office.rows(tables.machine_claim) == []
    assert office.certificate() is None
    with office.transaction() as connection:
        [entry] = numbers_of(connection, "C1")
    assert (entry.state, entry.reason) == ("void", "已撤回")


def test_a_case_that_issued_keeps_its_certificate(office):
    office.issued()
    end(office, status="已归集")
    assert office.certificate().state == "valid"
    with office.transaction() as connection:
        assert [entry.state for entry in numbers_of(connection, "C1")] == ["used"]


def test_another_case_keeps_what_it_has(office):
    office.local("filing.precheck", case="C2", filing=FILING, authority=AUTHORITY)
    end(office)
    assert len(office.rows(tables.machine_claim)) == 1


@pytest.mark.parametrize(
    ("to", "party"),
    [
        ("owner", "owner:91150100MA0N000000"),
        ("authority", f"authority:{AUTHORITY}"),
        ("authority.parent", "authority:11150000MB0000000C"),
        (f"authority:{AUTHORITY}/质量安全科", f"authority:{AUTHORITY}/质量安全科"),
        ("system", "system"),
    ],
)
def test_a_note_reaches_its_party(office, to, party):
    assert office.local("notify", to=to, text="请签章") == {"notified": True}
    with office.transaction() as connection:
        [note] = notes_for(connection, [party])
        assert (note.text, note.case, note.read_at) == ("请签章", "C1", None)
        assert mark_read(connection, [note.id], ["owner:nobody"], office.clock.now()) == 0
        assert mark_read(connection, [note.id], [party], office.clock.now()) == 1
        assert mark_read(connection, [note.id], [party], office.clock.now()) == 0


@pytest.mark.parametrize("to", ["operator", "authority/无此科室"])
def test_where_there_is_nobody_nobody_is_told(office, to):
    assert office.local("notify", to=to, text="请签章") == {"notified": False}


def test_a_second_task_leaves_a_second_note(office):
    for token in ("t1", "t2", "t2"):
        office.local("notify", token=token, to="owner", text="请补正")
    assert len(office.rows(tables.notification)) == 2


def probe(office, **arguments):
    """Ask for an authority's preconditions; the check list as {key: ok}."""
    result = office.catalogue.operations["authority.preconditions"](office.context(), **arguments)
    assert all(text for check in result.checks for text in (*check.message.values(), *check.remedy.values()))
    return result, {check.key: check.ok for check in result.checks}


def test_an_authority_in_order_passes_and_nothing_changes(office):
    result, checks = probe(office, authority=f"authority:{AUTHORITY}")
    assert result.known
    assert result.change is None
    assert checks == {"account": True, "seal": True, "catalogue": True, "seal_name": True}


def test_what_the_network_knows_goes_into_the_books(office):
    entry = {"creditCode": AUTHORITY, "name": AUTHORITY_NAME, "account": False, "sealName": "某局"}
    office.provincial.control("authorities", [entry])
    result, checks = probe(office, authority=AUTHORITY)
    assert checks == {"account": False, "seal": True, "catalogue": True, "seal_name": False}
    assert result.change.after == {"has_account": False, "seal_name": "某局"}
    with office.transaction() as connection:
        assert not authority(connection, AUTHORITY).has_account


def test_an_authority_that_the_network_does_not_know_fulfils_nothing(office):
    from registry.authorities import Authority, add_authority

    with office.transaction() as connection:
        new = Authority("11150300MB0000005M", "乌海市住房和城乡建设局", "150300", seal_name="乌海市住房和城乡建设局")
        from stdnum.cn import uscc

        code = new.code[:17] + uscc.calc_check_digit(new.code[:17])
        add_authority(connection, Authority(code, new.name, new.region, seal_name=new.name))
    result, checks = probe(office, authority=code)
    assert not result.known
    assert not any(checks.values())


def test_an_authority_that_is_not_in_the_books_is_not_asked_for(office):
    with pytest.raises(NotFound):
        probe(office, authority="11150100MB0000009X")
    assert office.provincial.received("GET authorities") == []
