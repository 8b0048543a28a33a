"""What the public learns from the books, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.certificates import Draft, by_identifier, change_state, draft_certificate
from registry.identifiers import next_version
from registry.issuing import issue
from registry.sealed_ofd.problems import CHECKS
from registry.verification import MEANING, code_by_number, code_by_qr_text, public_certificate
from workflow_runtime.errors import NotFound

LATER = timedelta(days=1)


def reissued(connection, make, old, facts, **changes):
    """The next version of a certificate, in force a day later."""
    draft = Draft("C2", old.number, next_version(old.identifier), old.equipment_no, old.owner_code, old.authority_code, old.face)
    drafted = draft_certificate(connection, replace(draft, previous_identifier=old.identifier, **changes), facts.now)
    make.sealed(connection, drafted.identifier)
    return issue(connection, drafted.identifier, facts.now + LATER)


def test_a_certificate_in_force_shows_its_face_and_state(connection, make):
    held = make.certificate(connection)
    shown = public_certificate(connection, held.verification_code)
    assert (shown.number, shown.state, shown.in_force, shown.newest_code) == (held.number, "valid", True, None)
    assert [label.zh for label, _ in shown.face] == [
        *("编号", "设备唯一编号", "制造单位", "产权单位", "设备类别", "规格型号", "出厂编号", "出厂日期"),
        *("特种设备生产许可证编号", "设备技术参数", "发证机关", "发证日期"),
    ]
    assert shown.qr_text == held.qr_text


def test_a_superseded_certificate_leads_to_the_newest(connection, make, facts):
    """By its code; by the number the newest is found at once."""
    old = make.certificate(connection)
    new = reissued(connection, make, old, facts)
    shown = public_certificate(connection, old.verification_code)
    assert (shown.state, shown.meaning, shown.newest_code) == ("superseded", MEANING["superseded"], new.verification_code)
    assert code_by_number(connection, old.number, "A-100") == new.verification_code
    assert public_certificate(connection, new.verification_code).newest_code is None


def test_an_old_certificate_does_not_lead_to_another_owners(connection, make, facts):
    """Who bought the machine is not told to holders of the seller's certificate."""
    old = make.certificate(connection)
    change_state(connection, old.identifier, "cancelled", "转让", facts.now)
    reissued(connection, make, old, facts, owner_code=facts.other_owner)
    assert public_certificate(connection, old.verification_code).newest_code is None


@pytest.mark.parametrize("state", ["draft", "void"])
def test_what_was_never_issued_is_unknown_in_every_way(connection, make, facts, state):
    made = draft_certificate(connection, make.draft(connection), facts.now)
    make.sealed(connection, made.identifier)
    if state == "void":
        change_state(connection, made.identifier, "void", "撤回", facts.now)
    with pytest.raises(NotFound) as told:
        public_certificate(connection, made.verification_code)
    assert told.value.code == "VERIFICATION_UNKNOWN"
    assert code_by_qr_text(connection, by_identifier(connection, made.identifier).qr_text) is None
    assert code_by_number(connection, made.number, "A-100") is None


@pytest.mark.parametrize("serial_no", ["Ａ—100", " a 100", "A100"])
def test_number_and_serial_number_are_compared_as_they_are_meant(connection, make, serial_no):
    held = make.certificate(connection)
    assert code_by_number(connection, held.number.replace("-", "－").lower(), serial_no) == held.verification_code


@pytest.mark.parametrize("serial_no", ["", "-", " ", "A-10", "A-1000", "%"])
def test_a_number_with_another_serial_number_finds_nothing(connection, make, serial_no):
    assert code_by_number(connection, make.certificate(connection).number, serial_no) is None


def test_the_qr_text_is_compared_verbatim(connection, make):
    held = make.certificate(connection)
    assert code_by_qr_text(connection, held.qr_text) == held.verification_code
    assert code_by_qr_text(connection, held.qr_text.upper()) is None
    assert code_by_qr_text(connection, held.qr_text[:-1]) is None


def test_the_report_is_told_in_plain_words(connection, make, facts):
    """A check that this version does not know keeps its own name."""
    made = draft_certificate(connection, make.draft(connection), facts.now)
    told = [{"check": "seal_name", "ok": True, "detail": "x"}, {"check": "novel", "ok": False, "detail": ""}]
    make.sealed(connection, made.identifier, report={"checks": told, "signature": "not checked"})
    issue(connection, made.identifier, facts.now)
    shown = public_certificate(connection, made.verification_code)
    assert [(c.about.en, c.ok) for c in shown.checks] == [(CHECKS["seal_name"].en, True), ("novel", False)]
    assert not shown.signature_checked


@pytest.mark.parametrize(
    "code", ["", "\0", "a\0b", "x" * 10_000, "%", "' or ''='"], ids=["empty", "nul", "nul inside", "long", "wild card", "SQL"]
)
def test_whatever_is_asked_for_the_answer_is_the_same(connection, make, code):
    make.certificate(connection)
    with pytest.raises(NotFound) as told:
        public_certificate(connection, code)
    assert told.value.code == "VERIFICATION_UNKNOWN"
