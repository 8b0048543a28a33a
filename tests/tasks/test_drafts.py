"""What `certificate.prepare` draws and changes in the books: numbers, identifiers, owners, machines."""

from dataclasses import replace

from offices import AUTHORITY, FILING, OTHER_OWNER
from test_remote_refusals import refused

from registry.authorities import authority, update_authority
from registry.certificates import change_state
from registry.numbers import number_entry
from registry.owners import Owner, remember_owner
from workflow_runtime.audit import entries_of, verify
from workflow_runtime.store.audit import AuditRows


def test_a_corrected_machine_gets_a_draft_and_a_number_of_its_own(office):
    """赋码 has bound the first number to the first machine: the national platform would refuse it for another."""
    first = office.local("certificate.prepare", filing=FILING, authority=AUTHORITY)
    office.once("certificate.assign_code", certificate_no=first["number"])
    second = office.local("certificate.prepare", token="t2", filing={**FILING, "serial_no": "ZL-0002"}, authority=AUTHORITY)
    assert second["equipment_no"] != first["equipment_no"]
    assert second["number"] != first["number"]
    assert (first["version"], second["version"]) == (1, 1)
    with office.transaction() as connection:
        assert number_entry(connection, first["number"]).state == "void"
    office.once("certificate.assign_code", token="again", certificate_no=second["number"])
    assert office.certificate().qr_text


def test_another_prefix_in_mid_year_gives_no_identifier_twice(office):
    """An identifier is made of authority, year and serial: a new certificate is always version 001."""
    first = office.local("certificate.prepare", filing=FILING, authority=AUTHORITY)
    with office.transaction() as connection:
        update_authority(connection, replace(authority(connection, AUTHORITY), number_prefix="蒙AB"))
    drawn = [
        office.local("certificate.prepare", case=case, filing={**FILING, "serial_no": case}, authority=AUTHORITY) for case in ("C2", "C3")
    ]
    assert [d["number"][:3] for d in drawn] == ["蒙AB", "蒙AB"]
    assert [d["version"] for d in drawn] == [1, 1]
    assert len({d["identifier"] for d in (first, *drawn)}) == 3


def test_a_certificate_in_force_is_not_redrafted_but_the_reviewer_is_told(office):
    office.issued()
    told = refused(office.local, name="certificate.prepare", filing={**FILING, "model": "QTZ63"}, authority=AUTHORITY)
    assert told.code == "CERTIFICATE_ISSUED"


def test_an_operation_that_there_is_not_is_refused_with_those_that_there_are(office):
    told = refused(office.local, name="certificate.prepare", filing=FILING, authority=AUTHORITY, operation="01")
    assert told.code == "OPERATION_UNKNOWN"
    assert "new" in told.remedy.zh


def test_what_a_case_changes_in_the_books_is_audited_without_personal_data(office):
    """The machine's new owner and the owner's new address are entries of the chain; telephone numbers are not in it."""
    office.issued()
    old = office.certificate()
    with office.transaction() as connection:
        change_state(connection, old.identifier, "cancelled", "出售", office.clock.now())
        remember_owner(connection, Owner(OTHER_OWNER, "乙租赁公司", legal_phone="13900000000"), office.clock.now())
    sold = {**FILING, "owner_code": OTHER_OWNER, "owner_name": "乙租赁公司", "legal_phone": "13911111111"}
    office.prepared(case="C2", filing=sold)
    with office.transaction() as connection:
        rows = AuditRows(connection)
        [machine], [owner] = entries_of(rows, "machine"), entries_of(rows, "owner")
        assert verify(rows).breaches == []
    assert (machine.action, machine.details["after"], machine.reason) == ("machine.transferred", {"owner_code": OTHER_OWNER}, "C2")
    assert owner.details["after"]["address"] == FILING["owner_address"]
    assert not {"13900000000", "13911111111", "张三"} & set(map(str, (*owner.details["before"].values(), *owner.details["after"].values())))
