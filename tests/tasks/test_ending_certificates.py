"""A certificate in force ends: in our register first, then at the national platform."""

import json
from dataclasses import replace

import pytest
from listening import listening
from offices import AUTHORITY, FILING, OTHER_OWNER

from registry import tables
from registry.certificates import history
from workflow_runtime.errors import BusinessError, RemoteRefused


def refused(call, name, **arguments):
    """The business error with which a handler refuses: among those that it declares, and telling what to do in both languages."""
    with pytest.raises(BusinessError) as refusal:
        call(name, **arguments)
    told = refusal.value
    assert told.code in call.__self__.catalogue.handlers[name].errors
    assert all([told.message.zh, told.message.en, told.remedy.zh, told.remedy.en])
    return told


@pytest.fixture
def number(office):
    """A certificate in force that was aggregated."""
    return office.aggregated()


def cancel(office, number, **arguments):
    return office.local("certificate.revoke", case="C2", certificate_no=number, reason="设备报废", state="cancelled", **arguments)


def tell(office, number, **arguments):
    return office.work("platform.update_state", case="C2", token="update", certificate_no=number, **arguments)[0]


def states(office):
    return [(update["zzeCertID"], update["certState"]) for update in office.national.effects("update")]


@pytest.mark.parametrize("named", ["number", "identifier", "qr_text"])
def test_another_cases_certificate_is_cancelled_by_whatever_names_it(office, number, named):
    held = office.certificate()
    assert cancel(office, getattr(held, named)) == {"revoked": True, "number": number, "identifier": held.identifier}
    assert office.certificate().state == "cancelled"
    with office.transaction() as connection:
        assert history(connection, held.identifier)[-1].detail == {"reason": "设备报废"}
    assert cancel(office, getattr(held, named))["revoked"], "once more is no second change"


@pytest.mark.parametrize("state", ["superseded", "void", "valid", "nonsense"])
def test_a_certificate_ends_in_no_state_but_its_three(office, number, state):
    told = refused(office.local, name="certificate.revoke", case="C2", certificate_no=number, reason="x", state=state)
    assert told.code == "STATE_UNKNOWN"
    assert office.certificate().state == "valid"


def test_what_has_ended_already_ends_no_other_way(office, number):
    cancel(office, number)
    assert (
        refused(office.local, name="certificate.revoke", case="C2", certificate_no=number, reason="x", state="lapsed").code
        == "CERTIFICATE_STATE"
    )


def test_a_draft_of_another_case_is_not_ended(office):
    draft = office.prepared()
    assert refused(office.local, name="certificate.revoke", case="C2", certificate_no=draft, reason="x").code == "CERTIFICATE_STATE"


def test_a_certificate_that_there_is_not_is_told(office):
    assert refused(office.local, name="certificate.revoke", certificate_no="蒙AA-T202600099", reason="x").code == "CERTIFICATE_UNKNOWN"


def test_only_the_authority_that_issued_it_ends_a_certificate(office, number, monkeypatch):
    call = office.call
    other = {"owner": "owner:x", "authority": "authority:11150200MB0000002T"}
    monkeypatch.setattr(office, "call", lambda **given: replace(made := call(**given), case=replace(made.case, parties=other)))
    told = refused(office.local, name="certificate.revoke", case="C2", certificate_no=number, reason="x")
    assert told.code == "CERTIFICATE_OF_ANOTHER_AUTHORITY"


@pytest.mark.parametrize(("state", "cert_state", "operation"), [("cancelled", "04", "05"), ("lapsed", "05", "04"), ("revoked", "03", "07")])
def test_the_platform_is_told_the_state_of_our_register_once(office, number, state, cert_state, operation):
    identifier = office.certificate().identifier
    office.local("certificate.revoke", case="C2", certificate_no=number, reason="x", state=state)
    told = tell(office, number)
    assert (told["told"], told["warnings"], told["message"]) == (True, [], None)
    assert states(office) == [(identifier, cert_state)]
    [sent] = [r["request"]["AcceptData"][0] for r in office.national.received("update")]
    assert (sent["operateType"], sent["certNum"], sent["creditCode"]) == (operation, number, FILING["owner_code"])
    assert sent["certStatusDescription"]


def test_the_diagram_may_name_the_operation_and_say_more(office, number):
    cancel(office, number)
    tell(office, number, operation="other", description="出售")
    [sent] = [r["request"]["AcceptData"][0] for r in office.national.received("update")]
    assert (sent["operateType"], sent["certStatusDescription"]) == ("07", "出售")
    assert refused(office.once, name="platform.update_state", certificate_no=number, operation="destroy").code == "OPERATION_UNKNOWN"


def test_the_codes_of_states_and_operations_are_configuration(office, number):
    office.restart(CRANE_CERT_STATES='{"cancelled": "05"}', CRANE_OPERATE_TYPES='{"cancel": "04"}')
    cancel(office, number)
    tell(office, number)
    [sent] = [r["request"]["AcceptData"][0] for r in office.national.received("update")]
    assert (sent["certState"], sent["operateType"]) == ("05", "04")


def test_of_a_certificate_that_was_never_aggregated_the_platform_is_told_nothing(office):
    number = office.issued()
    cancel(office, number)
    told = tell(office, number)
    assert (told["told"], told["told_at"]) == (False, None)
    assert "从未归集" in told["message"]["zh"]
    assert office.national.received("update") == []


def test_a_certificate_in_force_has_no_end_to_report(office, number):
    assert refused(office.once, name="platform.update_state", certificate_no=number).code == "CERTIFICATE_STATE"
    assert refused(office.once, name="platform.update_state", certificate_no="蒙AA-T202600099").code == "CERTIFICATE_UNKNOWN"
    assert office.national.received("update") == []


def test_a_refused_report_tells_why_and_leaves_our_register_as_it_is(office, number):
    cancel(office, number)
    office.national.misbehave("refuse", "update", arg={"code": "E4001", "message": "证照标识未归集"})
    told = refused(office.once, name="platform.update_state", certificate_no=number)
    assert isinstance(told, RemoteRefused)
    assert (told.code, told.remote_code) == ("UPDATE_REFUSED", "E4001")
    assert office.certificate().state == "cancelled"
    tell(office, number)
    assert len(states(office)) == 1


def test_a_report_that_is_in_the_books_is_not_sent_again_and_keeps_its_warnings(office, number):
    """A worker that dies after the books were written and before its job was: the next one asks the books first."""
    cancel(office, number)
    office.national.misbehave("warn", "update", arg={"code": "W9", "message": "请核对"})
    first = tell(office, number)
    again = office.once("platform.update_state", case="C2", token="update", certificate_no=number, unsure=True)
    assert len(office.national.received("update")) == 1
    assert again == first
    assert again["warnings"]


def test_a_repetition_that_is_refused_with_our_own_record_was_done_before(office, number):
    """As the platform answers a second 归集; how it answers a second update is not public."""
    identifier = cancel(office, number)["identifier"]
    record = {"zzeCertID": identifier, "certState": "04"}

    def answer(_method, path, *_):
        if path == "/oauth2/token":
            return 200, {}, b'{"custom": {"access_token": "t", "expires_in": 7200}}'
        return 200, {}, json.dumps({"ReturnCode": "0", "ReturnMsg": "", "ReturnData": {"SuccessData": [record]}}).encode()

    with listening(answer) as url:
        office.restart(CRANE_NATIONAL_URL=url)
        assert tell(office, number)["told"]
        record["certState"] = "02"
        assert refused(office.once, name="platform.update_state", token="again", certificate_no=number).code == "UPDATE_REFUSED"


def test_a_certificate_gives_way_to_another_of_its_machine_in_one_transaction(office, number):
    """What `replaces` has not linked: the sealed one comes into force in the breath in which the old one gives way."""
    old = office.certificate()
    office.sealed(case="C2", replaces=number)
    new = office.certificate("C2")
    office.once("certificate.fetch", case="C2", token="fetch", certificate_no=new.identifier)
    done = office.local("certificate.supersede", case="C2", certificate_no=old.identifier, by=new.identifier)
    assert (done["superseded"], done["identifier"]) == (old.identifier, new.identifier)
    assert (office.certificate("C1").state, office.certificate("C2").state) == ("superseded", "valid")
    assert office.local("certificate.supersede", case="C2", certificate_no=old.identifier, by=new.identifier) == done


def test_nothing_gives_way_to_what_is_not_sealed(office, number):
    old = office.certificate()
    office.prepared(case="C2", replaces=number)
    new = office.certificate("C2")
    told = refused(office.local, name="certificate.supersede", case="C2", certificate_no=old.identifier, by=new.identifier)
    assert told.code == "SEAL_MISSING"
    assert office.certificate("C1").state == "valid"


def test_nothing_gives_way_to_the_certificate_of_another_machine(office, number):
    other = office.prepared(case="C2", filing={**FILING, "serial_no": "ZL-0002"})
    for by in (other, number):
        told = refused(office.local, name="certificate.supersede", case="C2", certificate_no=number, by=by)
        assert told.code == "PREVIOUS_OF_ANOTHER_MACHINE"
    assert office.certificate("C1").state == "valid"


def find(office, text, case="C2", **arguments):
    return office.local("register.find_certificate", case=case, certificate_no=text, authority=f"authority:{AUTHORITY}", **arguments)


def test_a_certificate_is_found_with_all_that_a_form_about_it_begins_with(office, number):
    held = office.certificate()
    found = find(office, number.replace("-", "—"))
    assert (found["found"], found["blocked"], found["findings"]) == (True, False, [])
    assert (found["number"], found["identifier"], found["version"], found["state"]) == (number, held.identifier, 1, "valid")
    assert (found["in_force"], found["aggregated"]) == (True, True)
    assert (found["authority"], found["authority_name"]) == (f"authority:{AUTHORITY}", "呼和浩特市住房和城乡建设局")
    assert found["facts"] == {key: value for key, value in FILING.items() if key != "authority"}
    assert find(office, held.identifier) == find(office, held.qr_text) == found


def test_what_a_change_has_put_on_the_face_counts(office, number):
    office.issued(case="C3", replaces=number, filing={**FILING, "model": "QTZ63", "parameters": "最大起重量 5 t"})
    found = find(office, number)
    assert (found["version"], found["facts"]["model"], found["facts"]["parameters"]) == (2, "QTZ63", "最大起重量 5 t")
    assert find(office, office.certificate("C1").identifier)["state"] == "superseded"


def test_an_ended_certificate_blocks_with_its_state(office, number):
    cancel(office, number)
    found = find(office, number)
    assert (found["found"], found["blocked"], [f["code"] for f in found["findings"]]) == (True, True, ["NOT_IN_FORCE"])
    assert "注销" in found["findings"][0]["message"]["zh"]


@pytest.mark.parametrize("text", ["蒙AA-T202600099", "1.2.156.3005.2.x", "", "\x00"])
def test_a_certificate_that_there_is_not_blocks(office, text):
    found = find(office, text)
    assert (found["found"], found["facts"], [f["code"] for f in found["findings"]]) == (False, None, ["CERTIFICATE_UNKNOWN"])


def test_anothers_certificate_is_as_unknown_as_none_and_its_machine_is_not_claimed(office, number, monkeypatch):
    call = office.call
    other = {"owner": f"owner:{OTHER_OWNER}", "authority": f"authority:{AUTHORITY}"}
    monkeypatch.setattr(office, "call", lambda **given: replace(made := call(**given), case=replace(made.case, parties=other)))
    assert find(office, number) == find(office, "蒙AA-T202600099")
    assert office.rows(tables.machine_claim) == []


def test_a_draft_is_not_found(office):
    assert not find(office, office.prepared())["found"]


def test_another_authority_than_the_issuing_one_blocks(office, number):
    found = office.local("register.find_certificate", case="C2", certificate_no=number, authority="authority:11150200MB0000002T")
    assert [f["code"] for f in found["findings"]] == ["CERTIFICATE_OF_ANOTHER_AUTHORITY"]
    assert "呼和浩特市住房和城乡建设局" in found["findings"][0]["message"]["zh"]
    assert not office.local("register.find_certificate", case="C2", certificate_no=number)["blocked"], "where no authority is named"


def test_of_two_open_cases_only_one_deals_with_a_machine(office, number):
    assert not find(office, number, case="C2")["blocked"]
    found = find(office, number, case="C3")
    [finding] = found["findings"]
    assert (found["blocked"], finding["code"], finding["case"]) == (True, "MACHINE_CLAIMED", "C2")
    assert not find(office, number, case="C4", claim=False)["blocked"]
