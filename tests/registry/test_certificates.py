"""Certificates from draft to 归集 and beyond."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry import certificates, issuing
from registry.certificate_files import file_of
from registry.certificates import abandon, by_case, by_identifier, certificate, change_state, draft_certificate, history
from registry.identifiers import next_version
from registry.issuing import issue, record_aggregation, record_code, record_seal_request
from registry.numbers import number_entry, reserve_number
from workflow_runtime.errors import Failure, Invalid, NotFound, WrongState

SECOND = timedelta(seconds=1)


def events(connection, identifier):
    return [event.event for event in history(connection, identifier)]


def refused(code, function, *arguments, **keywords):
    with pytest.raises(Failure) as caught:
        function(*arguments, **keywords)
    assert caught.value.code == code
    assert caught.value.message.zh
    assert caught.value.remedy.zh


def reissue_of(old, case, **changes):
    """A draft that re-issues a certificate: same number, next version."""
    draft = certificates.Draft(
        case, old.number, next_version(old.identifier), old.equipment_no, old.owner_code, old.authority_code, old.face
    )
    return replace(draft, previous_identifier=old.identifier, **changes)


# drafts


def test_a_draft_is_found_by_case_number_identifier_and_verification_code(connection, make, facts):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    assert (made.state, made.version, made.drafted_at) == ("draft", 1, facts.now)
    assert by_case(connection, "C1") == made
    assert certificate(connection, "蒙ＡＡ—T202600001") == made
    assert by_identifier(connection, made.identifier) == made
    assert certificates.by_verification_code(connection, made.verification_code) == made


def test_verification_codes_cannot_be_guessed_and_can_be_injected(connection, make, facts):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    assert len(made.verification_code) >= 20
    other = make.draft(connection, "C2", make.machine(connection, "A-200"))
    assert draft_certificate(connection, other, facts.now, token=lambda: "chosen").verification_code == "chosen"


def test_the_same_draft_again_changes_nothing(connection, make, facts):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    assert draft_certificate(connection, make.draft(connection), facts.now + SECOND) == made
    assert events(connection, made.identifier) == ["drafted"]


def test_a_changed_face_takes_code_and_seal_off(connection, make, facts):
    draft = make.draft(connection)
    make.sealed(connection, draft_certificate(connection, draft, facts.now).identifier)
    changed = draft_certificate(connection, replace(draft, face={**draft.face, "model": "QTZ100"}), facts.now)
    assert changed.face["model"] == "QTZ100"
    assert (changed.ecert_id, changed.coded_at, changed.seal_request, changed.sealed_at, changed.verified) == (
        None,
        None,
        None,
        None,
        False,
    )


def test_another_number_makes_the_older_draft_void(connection, make, facts):
    old = draft_certificate(connection, make.draft(connection), facts.now)
    draft = make.draft(connection, "C2")
    new = draft_certificate(connection, replace(draft, case="C1"), facts.now)
    assert by_identifier(connection, old.identifier).state == "void"
    assert by_case(connection, "C1") == new


def test_every_missing_item_of_the_face_is_named_at_once(connection, make, facts):
    draft = make.draft(connection)
    with pytest.raises(Invalid) as caught:
        draft_certificate(connection, replace(draft, face={"number": draft.number, "model": " "}), facts.now)
    assert len(caught.value.fields) == len(certificates.FACE) - 1


def test_our_own_identifier_must_hold(connection, make, facts):
    draft = make.draft(connection)
    wrong = draft.identifier[:-1] + ("1" if draft.identifier[-1] != "1" else "2")
    refused("IDENTIFIER_INVALID", draft_certificate, connection, replace(draft, identifier=wrong), facts.now)


def test_a_draft_needs_a_number_of_the_books_that_is_not_void(connection, make, facts):
    draft = make.draft(connection)
    refused("NUMBER_UNKNOWN", draft_certificate, connection, replace(draft, number="蒙AA-T202699999"), facts.now)
    abandon(connection, "C1", "撤回", facts.now)
    refused("NUMBER_VOID", draft_certificate, connection, draft, facts.now)


def test_an_issued_certificate_is_not_redrafted(connection, make, facts):
    issued = make.certificate(connection)
    draft = make.draft(connection)
    assert draft_certificate(connection, draft, facts.now) == issued
    changed = replace(draft, face={**draft.face, "model": "other"})
    refused("CERTIFICATE_ISSUED", draft_certificate, connection, changed, facts.now)


def test_a_certificate_replaces_only_one_of_the_same_machine(connection, make, facts):
    old = make.certificate(connection)
    draft = make.draft(connection, "C2", make.machine(connection, "A-200"), previous_identifier=old.identifier)
    refused("PREVIOUS_OF_ANOTHER_MACHINE", draft_certificate, connection, draft, facts.now)


def test_a_case_that_ends_without_certificate_leaves_void_draft_and_void_number(connection, make, facts):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    assert abandon(connection, "C1", "撤回", facts.now) == [made.number]
    assert by_case(connection, "C1") is None
    assert history(connection, made.identifier)[-1].detail == {"reason": "撤回"}
    with pytest.raises(NotFound):
        certificate(connection, made.number)


def test_abandoning_a_case_leaves_its_issued_certificate_alone(connection, make, facts):
    issued = make.certificate(connection)
    assert abandon(connection, "C1", "结束", facts.now) == []
    assert by_case(connection, "C1") == issued


def test_the_whole_way_to_aggregation(connection, make, facts):
    made = make.certificate(connection)
    assert (made.state, made.issued_at, made.qr_text) == ("valid", facts.now, "https://national.example/q")
    assert number_entry(connection, made.number).state == "used"
    done = record_aggregation(connection, made.identifier, [{"WarnMsg": "地址过长"}], facts.now)
    assert (done.aggregated_at, done.aggregation_warnings) == (facts.now, [{"WarnMsg": "地址过长"}])
    assert events(connection, made.identifier) == ["drafted", "coded", "seal_requested", "file_stored", "issued", "aggregated"]


def test_each_step_may_be_recorded_again_without_harm(connection, make, facts):
    made = make.certificate(connection)
    assert issue(connection, made.identifier, facts.now + SECOND) == made
    done = record_aggregation(connection, made.identifier, [], facts.now)
    assert record_aggregation(connection, made.identifier, ["late"], facts.now) == done
    assert issue(connection, made.identifier, facts.now + SECOND) == done


def test_the_same_code_and_request_again_leave_the_seal_on(connection, make, facts):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    sealed = make.sealed(connection, made.identifier)
    again = record_code(connection, made.identifier, ecert_id=sealed.ecert_id, qr_text=sealed.qr_text, now=facts.now + SECOND)
    assert again == sealed
    assert record_seal_request(connection, made.identifier, "R1", facts.now + SECOND) == sealed


def test_no_seal_is_asked_for_before_the_code(connection, make, facts):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    refused("CODE_MISSING", record_seal_request, connection, made.identifier, "R1", facts.now)


def test_a_new_seal_request_takes_the_older_seal_off(connection, make, facts):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    make.sealed(connection, made.identifier)
    asked = record_seal_request(connection, made.identifier, "R2", facts.now + SECOND)
    assert (asked.seal_request, asked.sealed_at, asked.file_version, asked.verified) == ("R2", None, None, False)
    refused("SEAL_MISSING", issue, connection, made.identifier, facts.now + SECOND)


def test_a_new_code_takes_the_seal_off(connection, make, facts):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    make.sealed(connection, made.identifier)
    recoded = record_code(connection, made.identifier, ecert_id="f" * 32, qr_text="new", now=facts.now + SECOND)
    assert (recoded.seal_request, recoded.sealed_at, recoded.file_version, recoded.verified) == (None, None, None, False)
    assert history(connection, made.identifier)[-1].detail["seal_became_stale"]
    refused("SEAL_MISSING", issue, connection, made.identifier, facts.now + SECOND)


def test_a_code_renewed_after_issue_stops_aggregation_until_it_is_sealed_again(connection, make, facts):
    made = make.certificate(connection)
    record_code(connection, made.identifier, ecert_id="f" * 32, qr_text="new", now=facts.now + SECOND)
    refused("SEAL_MISSING", record_aggregation, connection, made.identifier, [], facts.now + SECOND)
    make.sealed(connection, made.identifier, facts.now + 2 * SECOND)
    assert record_aggregation(connection, made.identifier, [], facts.now + 3 * SECOND).aggregated_at


@pytest.mark.parametrize(
    ("later", "stale"),
    [(-SECOND, True), (timedelta(microseconds=-400_001), True), (timedelta(microseconds=-400_000), False), (SECOND, False)],
)
def test_aggregation_follows_only_a_seal_not_older_than_the_second_of_the_code(connection, make, facts, later, stale):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    make.sealed(connection, made.identifier, sealed_at=facts.now + later)
    if stale:
        refused("SEAL_STALE", issue, connection, made.identifier, facts.now)
    else:
        assert issue(connection, made.identifier, facts.now).state == "valid"


def test_an_old_seal_under_a_certificate_in_force_is_not_aggregated(connection, make, facts):
    made = make.certificate(connection)
    make.sealed(connection, made.identifier, facts.now + 9 * SECOND)
    record_code(connection, made.identifier, ecert_id="f" * 32, qr_text="new", now=facts.now + 9 * SECOND)
    record_seal_request(connection, made.identifier, "R2", facts.now + 9 * SECOND)
    values = {"content": b"OFD", "media_type": "application/ofd", "seal_name": "章", "verified": True, "report": {}, "now": facts.now}
    issuing.store_file(connection, made.identifier, seal_request="R2", sealed_at=facts.now, **values)
    refused("SEAL_STALE", record_aggregation, connection, made.identifier, [], facts.now + 9 * SECOND)


@pytest.mark.parametrize("request_", ["R0", ""])
def test_a_file_that_answers_an_older_seal_request_is_not_stored(connection, make, facts, request_):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    refused("SEAL_REQUEST_STALE", make.sealed, connection, made.identifier, seal_request=request_)


def test_a_file_is_not_stored_without_a_seal_request(connection, make, facts):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    values = {"media_type": "application/ofd", "seal_name": None, "sealed_at": None, "verified": False, "report": {}, "now": facts.now}
    refused("SEAL_REQUEST_STALE", issuing.store_file, connection, made.identifier, seal_request="", content=b"OFD", **values)


@pytest.mark.parametrize("changes", [{"verified": False}, {"sealed_at": None}])
def test_a_file_that_did_not_pass_verification_is_kept_but_not_issued(connection, make, facts, changes):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    kept = make.sealed(connection, made.identifier, report={"problems": ["SEAL_NAME"]}, **changes)
    assert kept.verification_report == {"problems": ["SEAL_NAME"]}
    refused("SEAL_MISSING", issue, connection, made.identifier, facts.now)


def test_every_version_of_the_file_is_kept_with_its_digests(connection, make, facts):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    assert make.sealed(connection, made.identifier, content=b"abc").file_version == 1
    assert make.sealed(connection, made.identifier, content=b"abc").file_version == 1
    assert make.sealed(connection, made.identifier, content=b"abcd").file_version == 2
    first = file_of(connection, made.identifier, 1)
    assert first.content == b"abc"
    assert first.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert first.sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert file_of(connection, made.identifier).content == b"abcd"


def test_a_certificate_without_file_is_told_so(connection, make, facts):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    refused("FILE_UNKNOWN", file_of, connection, made.identifier)


def test_after_aggregation_there_are_no_more_codes_and_seals(connection, make, facts):
    made = make.certificate(connection)
    record_aggregation(connection, made.identifier, [], facts.now)
    refused("CERTIFICATE_STATE", record_code, connection, made.identifier, ecert_id="f", qr_text="q", now=facts.now)
    refused("CERTIFICATE_STATE", record_seal_request, connection, made.identifier, "R2", facts.now)
    refused("CERTIFICATE_STATE", make.sealed, connection, made.identifier)


def test_a_void_draft_is_not_issued_and_a_draft_not_aggregated(connection, make, facts):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    make.sealed(connection, made.identifier)
    refused("NOT_IN_FORCE", record_aggregation, connection, made.identifier, [], facts.now)
    abandon(connection, "C1", "撤回", facts.now)
    refused("CERTIFICATE_STATE", issue, connection, made.identifier, facts.now)


# one in force per machine; re-issue; states


def test_a_machine_has_at_most_one_valid_certificate(connection, make, facts):
    first = make.certificate(connection)
    second = draft_certificate(connection, make.draft(connection, "C2"), facts.now)
    make.sealed(connection, second.identifier)
    refused("MACHINE_ALREADY_CERTIFIED", issue, connection, second.identifier, facts.now)
    assert certificates.in_force(connection, first.equipment_no) == first
    change_state(connection, first.identifier, "cancelled", "出售", facts.now)
    assert issue(connection, second.identifier, facts.now).state == "valid"
    assert [c.state for c in certificates.of_machine(connection, first.equipment_no)] == ["cancelled", "valid"]


def test_of_two_certificates_issued_at_the_same_moment_one_comes_into_force(database, race, make, facts):
    with database.begin() as connection:
        drafts = [draft_certificate(connection, make.draft(connection, case), facts.now) for case in ("C1", "C2")]
        for draft in drafts:
            make.sealed(connection, draft.identifier)
    got = race(*[lambda connection, i=draft.identifier: issue(connection, i, facts.now) for draft in drafts])
    assert sorted(getattr(g, "code", None) or g.state for g in got) == ["MACHINE_ALREADY_CERTIFIED", "valid"]
    lost = next(d for d, g in zip(drafts, got, strict=True) if isinstance(g, WrongState))
    with database.connect() as connection:
        assert number_entry(connection, lost.number).state == "reserved", "the loser's transaction was undone as a whole"


def test_a_reissue_supersedes_the_old_version_only_when_it_comes_into_force(connection, make, facts):
    old = make.certificate(connection)
    new = draft_certificate(connection, reissue_of(old, "C2"), facts.now)
    assert (new.version, certificate(connection, old.number).identifier) == (2, old.identifier)
    make.sealed(connection, new.identifier)
    assert by_identifier(connection, old.identifier).state == "valid"
    issue(connection, new.identifier, facts.now)
    assert by_identifier(connection, old.identifier).state == "superseded"
    assert certificate(connection, old.number).identifier == new.identifier


def test_a_reissue_refused_for_another_valid_certificate_leaves_the_old_one_as_it_was(connection, make, facts):
    old = make.certificate(connection)
    change_state(connection, old.identifier, "lapsed", "到期", facts.now)
    other = make.certificate(connection, "C2")
    new = draft_certificate(connection, reissue_of(old, "C3"), facts.now)
    make.sealed(connection, new.identifier)
    refused("MACHINE_ALREADY_CERTIFIED", issue, connection, new.identifier, facts.now)
    assert certificates.in_force(connection, old.equipment_no) == other


@pytest.mark.parametrize("state", ["superseded", "cancelled", "lapsed", "revoked"])
def test_a_valid_certificate_ends_with_its_reason_and_never_comes_back(connection, make, facts, state):
    made = make.certificate(connection)
    ended = change_state(connection, made.identifier, state, "依据", facts.now)
    assert ended.state == state
    assert change_state(connection, made.identifier, state, "again", facts.now) == ended
    assert history(connection, made.identifier)[-1].detail == {"reason": "依据"}
    refused("CERTIFICATE_STATE", change_state, connection, made.identifier, "valid", "", facts.now)
    refused("CERTIFICATE_STATE", issue, connection, made.identifier, facts.now)
    refused("NOT_IN_FORCE", record_aggregation, connection, made.identifier, [], facts.now)


@pytest.mark.parametrize("state", ["valid", "cancelled", "nonsense"])
def test_a_draft_comes_into_force_only_by_issue(connection, make, facts, state):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    refused("CERTIFICATE_STATE", change_state, connection, made.identifier, state, "", facts.now)


def test_an_unknown_certificate_is_told_so(connection):
    for look_up in (certificate, by_identifier, certificates.by_verification_code):
        refused("CERTIFICATE_UNKNOWN", look_up, connection, "none")
    assert by_case(connection, "none") is None


def test_a_reserved_number_alone_is_no_certificate(connection, facts):
    number = reserve_number(connection, "蒙AA", "T", "C1", facts.now)
    refused("CERTIFICATE_UNKNOWN", certificate, connection, number)
