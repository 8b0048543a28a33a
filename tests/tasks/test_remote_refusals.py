"""Business refusals: their code, the platform's own code, and a remedy in plain words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from offices import AUTHORITY, AUTHORITY_NAME, FILING, OTHER_OWNER
from sqlalchemy import delete, update

from registry import tables
from registry.authorities import authority, update_authority
from registry.certificates import change_state
from sandbox.national_rules import CODES
from tasks.platforms.refusals import NATIONAL, PROVINCIAL
from workflow_runtime.clock import ManualClock
from workflow_runtime.errors import BusinessError, RemoteRefused


def refused(call, name, **arguments):
    """The business error with which a handler refuses: among those that it declares, and telling what to do in both languages."""
    with pytest.raises(BusinessError) as refusal:
        call(name, **arguments)
    told = refusal.value
    assert told.code in call.__self__.catalogue.handlers[name].errors
    assert all([told.message.zh, told.message.en, told.remedy.zh, told.remedy.en])
    return told


def test_every_documented_code_of_the_platforms_has_a_remedy():
    assert set(NATIONAL) == set(CODES)
    assert {"NO_ACCOUNT", "NO_SEAL", "CATALOGUE_NOT_CLAIMED", "UNKNOWN_AUTHORITY", "INCOMPLETE", "KEY_REUSED"} == set(PROVINCIAL)


def test_a_refused_code_tells_the_platforms_code_and_our_remedy(office):
    number = office.prepared(filing={**FILING, "owner_name": "另一家公司"})
    told = refused(office.once, name="certificate.assign_code", certificate_no=number)
    assert isinstance(told, RemoteRefused)
    assert (told.code, told.remote_code) == ("CODE_REFUSED", "E2004")
    assert "营业执照" in told.remedy.zh
    assert office.certificate().qr_text is None
    assert office.log()[-1].outcome == "refused"


def test_an_unforeseen_refusal_is_told_in_the_platforms_words(office):
    number = office.prepared()
    office.national.misbehave("refuse", "crane/fm", arg={"code": "E7777", "message": "企业被列入黑名单"})
    told = refused(office.once, name="certificate.assign_code", certificate_no=number)
    assert told.remote_code == "E7777"
    assert "企业被列入黑名单" in told.message.zh


def test_a_refused_aggregation_can_be_tried_again_after_mending(office):
    number = office.issued()
    office.national.misbehave("refuse", "crane/gj", arg={"code": "E3001", "message": "ID不存在"})
    told = refused(office.once, name="certificate.aggregate", token="gj", certificate_no=number)
    assert (told.code, told.remote_code) == ("AGGREGATION_REFUSED", "E3001")
    assert office.certificate().aggregated_at is None
    office.once("certificate.aggregate", token="gj2", certificate_no=number)
    assert len(office.national.effects("gj")) == 1


@pytest.mark.parametrize(
    ("missing", "code"), [("account", "NO_ACCOUNT"), ("seal", "NO_SEAL"), ("catalogueClaimed", "CATALOGUE_NOT_CLAIMED")]
)
def test_a_seal_is_refused_to_an_authority_that_is_not_ready(office, missing, code):
    number = office.coded()
    office.provincial.control("authorities", [{"creditCode": AUTHORITY, "name": AUTHORITY_NAME, missing: False}])
    told = refused(office.once, name="certificate.seal", token="seal", certificate_no=number)
    assert (told.code, told.remote_code) == ("SEAL_REFUSED", code)
    assert office.provincial.effects("seal") == []


def test_a_seal_request_with_changed_data_has_another_key(office):
    """The key is made of what is to be sealed: nobody is refused because the same task asked for something else before."""
    number = office.requested()
    office.prepared(filing={**FILING, "model": "QTZ63"})
    office.once("certificate.assign_code", token="code2", certificate_no=number)
    office.once("certificate.seal", token="seal", certificate_no=number)
    assert len({row["requestKey"] for row in office.provincial.effects("seal")}) == 2


def test_a_seal_request_that_the_books_have_forgotten_goes_on(office):
    """Restored from a backup, and with another call-back address: the network refuses the second body, and is asked for the first."""
    number = office.requested()
    with office.transaction() as connection:
        connection.execute(delete(tables.certificate_event).where(tables.certificate_event.c.event == "seal_requested"))
        connection.execute(update(tables.certificate).values(seal_request=None, seal_requested_at=None))
    office.restart(CRANE_PUBLIC_URL="https://elsewhere.example")
    again = office.once("certificate.seal", token="anew", certificate_no=number)
    [request] = office.provincial.effects("seal")
    assert again["request_id"] == request["requestId"]


@pytest.mark.parametrize("handler", ["certificate.seal", "certificate.assign_code"])
def test_after_aggregation_nothing_is_sent_any_more(office, handler):
    number = office.issued()
    office.once("certificate.aggregate", token="gj", certificate_no=number)
    with pytest.raises(Exception, match="归集"):
        office.once(handler, token="late", certificate_no=number)
    assert len(office.national.effects("fm")) == len(office.provincial.effects("seal")) == 1


def test_what_is_not_sealed_yet_cannot_be_fetched(office):
    office.provincial.misbehave("never-seal", "seal")
    number = office.requested()
    assert office.once("certificate.inquire_seal", certificate_no=number) == {"sealed": False, "status": "pending", "sealed_at": None}
    assert refused(office.once, name="certificate.fetch", certificate_no=number).code == "NOT_SEALED"
    assert office.provincial.received("GET certificates") == [], "the file is not asked for before it is there"


def test_a_seal_that_the_network_gave_up_says_why(office):
    office.provincial.misbehave("never-seal", "seal")
    number = office.requested()
    [request] = office.provincial.effects("seal")
    office.provincial.control(f"fail/{request['requestId']}", {"code": "SEAL_LOCKED", "message": "印章已停用"})
    assert office.once("certificate.inquire_seal", certificate_no=number)["status"] == "failed"
    told = refused(office.once, name="certificate.fetch", certificate_no=number)
    assert told.code == "NOT_SEALED"
    assert "印章已停用" in told.message.zh


def test_without_a_seal_request_there_is_nothing_to_ask_for(office):
    number = office.coded()
    assert office.once("certificate.inquire_seal", certificate_no=number)["status"] == "none"
    assert refused(office.once, name="certificate.fetch", certificate_no=number).code == "NOT_SEALED"


def test_a_new_code_makes_an_older_seal_stale(office):
    number = office.sealed()
    office.once("certificate.fetch", certificate_no=number)
    office.once("certificate.assign_code", token="again", certificate_no=number)
    assert refused(office.local, name="certificate.issue", certificate_no=number).code == "SEAL_MISSING"
    assert len(office.national.effects("fm")) == 2


def test_a_draft_is_neither_issued_nor_aggregated(office):
    number = office.prepared()
    assert refused(office.local, name="certificate.issue", certificate_no=number).code == "SEAL_MISSING"
    assert refused(office.once, name="certificate.aggregate", certificate_no=number).code == "NOT_IN_FORCE"
    assert office.national.received("gj") == []


def test_an_unknown_authority_gets_no_draft(office):
    told = refused(office.local, name="certificate.prepare", filing=FILING, authority="authority:11150100MB0000009X")
    assert told.code == "AUTHORITY_UNKNOWN"


def test_an_authority_without_a_prefix_cannot_issue(office):
    told = refused(office.local, name="certificate.prepare", filing=FILING, authority="11150000MB0000000C")
    assert told.code == "NUMBER_PREFIX_MISSING"


def test_a_machine_with_a_valid_certificate_is_not_filed_anew(office):
    office.issued()
    told = refused(office.local, name="certificate.prepare", case="C2", filing={**FILING, "serial_no": "zl 0001"}, authority=AUTHORITY)
    assert told.code == "MACHINE_ALREADY_FILED"


def test_a_sold_machine_changes_hands_once_the_old_certificate_is_cancelled(office):
    office.issued()
    sold = {**FILING, "owner_code": OTHER_OWNER, "owner_name": "乙租赁公司"}
    assert refused(office.local, name="certificate.prepare", case="C2", filing=sold, authority=AUTHORITY).code == "MACHINE_ALREADY_FILED"
    old = office.certificate()
    with office.transaction() as connection:
        change_state(connection, old.identifier, "cancelled", "出售", office.clock.now())
    office.prepared(case="C2", filing=sold)
    assert office.certificate("C2").equipment_no == old.equipment_no
    assert [m.owner_code for m in office.rows(tables.machine)] == [OTHER_OWNER]


def test_prepared_again_the_number_stays_and_the_facts_are_refreshed(office):
    office.clock = ManualClock(office.clock.now())
    first = office.local("certificate.prepare", filing=FILING, authority=AUTHORITY)
    second = office.local("certificate.prepare", token="t2", filing={**FILING, "model": "QTZ63"}, authority=AUTHORITY)
    assert (second["number"], second["identifier"]) == (first["number"], first["identifier"])
    assert second["face"]["model"] == "QTZ63"


def test_prepared_again_on_another_day_without_a_change_the_date_of_issue_stays(office):
    office.clock = ManualClock(office.clock.now())
    first = office.local("certificate.prepare", filing=FILING, authority=AUTHORITY)
    office.once("certificate.assign_code", certificate_no=first["number"])
    office.clock.advance(timedelta(days=2))
    again = office.local("certificate.prepare", token="t2", filing=FILING, authority=AUTHORITY)
    assert again["face"] == first["face"]
    assert office.certificate().qr_text is not None
    changed = office.local("certificate.prepare", token="t3", filing={**FILING, "model": "QTZ63"}, authority=AUTHORITY)
    assert changed["face"]["issued_on"] != first["face"]["issued_on"]


def test_an_issued_certificate_prepared_again_unchanged_is_the_same(office):
    number = office.issued()
    assert office.prepared() == number
    assert office.certificate().state == "valid"


def test_another_category_draws_another_number(office):
    first = office.prepared()
    second = office.prepared(filing={**FILING, "category": "S"})
    assert first != second
    assert office.certificate().number == second


def test_a_reissue_of_ours_keeps_the_number_raises_the_version_and_replaces_the_old_one(office):
    number = office.issued()
    old = office.certificate()
    assert office.prepared(case="C2", replaces=number) == number
    office.once("certificate.assign_code", case="C2", token="code", certificate_no=number)
    [_, record] = [r["request"]["AcceptData"][0] for r in office.national.received("fm")]
    assert (record["operateType"], record["associatedZzeCertID"]) == ("08", old.identifier)
    new = office.certificate("C2")
    assert (new.version, new.previous_identifier) == (2, old.identifier)


def test_a_number_that_was_never_issued_is_not_replaced(office):
    draft = office.prepared()
    office.prepared(case="C2", filing={**FILING, "serial_no": "ZL-0002"}, replaces=draft)
    new = office.certificate("C2")
    assert (new.version, new.previous_identifier) == (1, None)
    assert new.number != draft


def test_a_reissue_that_was_given_up_leaves_the_way_free_for_another(office):
    number = office.issued()
    office.prepared(case="C2", replaces=number)
    office.catalogue.case_ends[0](office.context(case="C2"))
    office.prepared(case="C3", replaces=number)
    assert office.certificate("C3").version == 3
    assert office.certificate("C1").state == "valid"


def test_issued_anew_the_old_certificate_is_superseded(office):
    number = office.issued()
    office.issued(case="C2", replaces=number)
    assert (office.certificate("C1").state, office.certificate("C2").state) == ("superseded", "valid")


def test_a_reissue_from_paper_keeps_the_old_number_in_the_register(office):
    office.prepared(case="C2", replaces="呼建机备（2012）第17号")
    new = office.certificate("C2")
    assert (new.version, new.previous_identifier, new.replaced_number) == (1, None, "呼建机备（2012）第17号")


def test_the_national_check_blocks_on_errors_and_warns_on_warnings(office):
    found = office.once("certificate.check", filing={**FILING, "owner_name": "另一家公司"}, authority=AUTHORITY)
    [finding] = found["findings"]
    assert (found["blocked"], finding["code"], finding["field"], finding["severity"]) == (True, "NATIONAL_E2004", "owner_name", "block")
    assert finding["message"]["en"]
    assert finding["remedy"]["zh"]
    warned = office.once("certificate.check", filing={**FILING, "owner_name": "测试公司", "owner_code": OTHER_OWNER}, authority=AUTHORITY)
    assert (warned["blocked"], [f["severity"] for f in warned["findings"]]) == (False, ["warn"])


def test_a_check_refused_without_a_reason_still_blocks(office):
    office.national.misbehave("refuse", "check", arg={"code": "", "message": ""})
    assert office.once("certificate.check", filing=FILING, authority=AUTHORITY)["blocked"]


def test_the_precheck_tells_of_another_open_case_with_the_same_machine(office):
    office.local("filing.precheck", case="C1", filing=FILING, authority=AUTHORITY)
    found = office.local("filing.precheck", case="C2", filing=FILING, authority=AUTHORITY)
    [finding] = found["findings"]
    assert (found["blocked"], finding["code"], finding["case"]) == (True, "MACHINE_CLAIMED", "C1")
    assert "C1" not in str((finding["message"], finding["remedy"])), "whoever files is told the words"


def test_the_precheck_hears_the_service_life_and_what_a_reissue_replaces(office):
    old = {**FILING, "made_on": "2010-01-01"}
    found = office.local("filing.precheck", filing=old, authority=AUTHORITY, service_life={"limit_years": 15})
    assert {f["code"] for f in found["findings"]} == {"OVER_AGE", "SAFETY_ASSESSMENT_MISSING"}
    number = office.issued(case="C3")
    office.catalogue.case_ends[0](office.context(case="C1"))
    assert office.local("filing.precheck", case="C4", filing=FILING, authority=AUTHORITY)["blocked"]
    assert not office.local("filing.precheck", case="C5", filing={**FILING, "serial_no": "ZL-9"}, authority=AUTHORITY, replaces=number)[
        "blocked"
    ]


def test_an_accepted_seal_name_is_accepted(office):
    office.provincial.misbehave("wrong-seal-name", "seal", arg=f"{AUTHORITY_NAME} (行政审批专用章)")
    number = office.sealed()
    assert refused(office.once, name="certificate.fetch", certificate_no=number).code == "SEAL_NAME_MISMATCH"
    with office.transaction() as connection:
        update_authority(
            connection, replace(authority(connection, AUTHORITY), accepted_seal_names=(f"{AUTHORITY_NAME}（行政审批专用章）",))
        )
    assert office.once("certificate.fetch", certificate_no=number)["accepted"]
