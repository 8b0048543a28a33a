"""The e-certificate that comes back: accepted only when it is what was approved; every check is kept with it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from listening import listening
from offices import AUTHORITY
from seals import BAD_SEALS

from registry.authorities import authority
from registry.certificate_files import file_of
from registry.sealed_ofd.findings import Step
from registry.sealed_ofd.problems import CHECKS
from registry.sealed_ofd.trust import Trust, read_trust
from registry.sealed_ofd.verdict import Verdict, judge
from sandbox.ofd import FACE_ITEMS
from tasks.context import Platforms
from tasks.platforms.signing import sm3
from tasks.sealed_file import SealedFile, verified
from tasks.settings import Settings
from workflow_runtime.errors import BusinessError, Failure


def test_an_accepted_file_is_kept_with_its_report(office):
    number = office.sealed()
    fetched = office.once("certificate.fetch", certificate_no=number)
    assert fetched["accepted"]
    assert [c["check"] for c in fetched["report"]] == list(CHECKS)
    certificate = office.certificate()
    assert certificate.verified
    assert certificate.verification_report["signature"] == "valid"
    assert certificate.verification_report["seal"]["name"] == fetched["seal_name"]
    with office.transaction() as connection:
        assert file_of(connection, certificate.identifier).content.startswith(b"PK")


def test_fetched_again_it_is_the_same_version(office):
    number = office.sealed()
    for _ in range(2):
        office.once("certificate.fetch", certificate_no=number)
    assert office.certificate().file_version == 1


@pytest.mark.parametrize("item", FACE_ITEMS)
def test_a_changed_item_is_not_accepted_but_kept_with_the_reason(office, item):
    value = "X" if item == "qrText" else "改动"
    office.provincial.misbehave("changed-item", "seal", arg={"item": item, "value": value})
    number = office.sealed()
    with pytest.raises(BusinessError) as refusal:
        office.once("certificate.fetch", certificate_no=number)
    assert refusal.value.code == "CERTIFICATE_MISMATCH"
    certificate = office.certificate()
    assert not certificate.verified
    failed = {c["check"]: c["detail"] for c in certificate.verification_report["checks"] if not c["ok"]}
    assert failed.keys() - {"number"} == {"data", "qr" if item == "qrText" else "items"}
    assert FACE_ITEMS[item] in failed["data"]


def test_a_seal_older_than_the_code_is_stale(office):
    office.provincial.misbehave("stale-seal", "seal")
    number = office.sealed()
    with pytest.raises(BusinessError) as refusal:
        office.once("certificate.fetch", certificate_no=number)
    assert refusal.value.code == "SEAL_STALE"


@pytest.mark.parametrize(("arg", "problem"), BAD_SEALS.items())
def test_a_bad_seal_is_not_accepted_but_kept_with_its_problem(office, arg, problem):
    office.provincial.misbehave("bad-seal", "seal", arg=arg)
    number = office.sealed()
    with pytest.raises(BusinessError) as refusal:
        office.once("certificate.fetch", certificate_no=number)
    assert refusal.value.code == "SEAL_INVALID"
    assert refusal.value.remedy.zh
    certificate = office.certificate()
    assert not certificate.verified
    assert certificate.verification_report["signature"] == "invalid"
    assert problem in [c["problem"] for c in certificate.verification_report["checks"]]


@pytest.mark.parametrize(
    ("problem", "changes"),
    [
        ("DIGEST_DIFFERENT", {"digest": "00" * 32}),
        ("ZIP_UNREADABLE", {"content": b"PK not a package", "digest": sm3(b"PK not a package")}),
        ("NUMBER_DIFFERENT", {"certificate_no": "蒙AA-T202600099"}),
        ("IDENTIFIER_DIFFERENT", {"identifier": "1.2.156"}),
        ("DATA_DIFFERENT", {"items": {}}),
    ],
)
def test_what_the_network_says_of_the_file_is_compared_with_it(office, problem, changes):
    number = office.sealed()
    standing = office.context().provincial.seal_request(office.certificate().seal_request)
    content = office.context().provincial.file(standing["requestId"])
    certificate, trust = office.certificate(), read_trust(Path(office.environment["CRANE_TRUST"]))
    with office.transaction() as connection:
        body = authority(connection, AUTHORITY)
    sound = SealedFile(content, number, certificate.identifier, standing["fileDigest"], standing["items"])
    assert verified(sound, certificate, body, trust, office.clock.now(), judge).ok
    report = verified(replace(sound, **changes), certificate, body, trust, office.clock.now(), judge)
    assert [c.problem for c in report.steps if c.ok is False] == [problem]


def refusing(content, trust, now, expected):
    """A verifier of another house."""
    assert isinstance(trust, Trust)
    return Verdict([Step("certified_module", False, "HOUSE_RULE", "E17")])


def accepting(content, trust, now, expected):
    """One that accepts and does not say whose seal it saw."""
    return Verdict([Step("signature", True)])


def certified(content, trust, now, expected):
    """One that knows seals and nothing else: as certified modules are."""
    said = judge(content, trust, now, None)
    return Verdict([Step("certified_module", True)], said.seals)


def refused_by(office, verifier):
    """The business error where this function verifies."""
    number = office.sealed()
    office.restart(CRANE_VERIFIER=f"{__name__}:{verifier.__name__}")
    with pytest.raises(BusinessError) as refusal:
        office.once("certificate.fetch", certificate_no=number)
    assert not office.certificate().verified
    return refusal.value


def test_another_verifier_takes_nothing_from_our_own_comparison(office):
    """The face, the QR code, the seal's name, and that it was sealed after the code."""
    office.provincial.misbehave("changed-item", "seal", arg={"item": "owner", "value": "另一家公司"})
    assert refused_by(office, certified).code == "CERTIFICATE_MISMATCH"
    assert office.certificate().verification_report["signature"] == "valid"


def test_what_another_verifier_accepts_and_ours_finds_right_is_accepted(office):
    """Its seal counts as verified, whatever the verifier calls its checks."""
    number = office.sealed()
    office.restart(CRANE_VERIFIER=f"{__name__}:certified")
    assert office.once("certificate.fetch", certificate_no=number)["accepted"]
    report = office.certificate().verification_report
    assert {"certified_module", "items", "seal_name"} <= {c["check"] for c in report["checks"]}
    assert report["signature"] == "valid"


def test_a_verifier_that_does_not_say_whose_seal_it_saw_accepts_nothing(office):
    assert refused_by(office, accepting).code == "SEAL_INVALID"


def test_another_verifier_may_stand_in_place_of_ours(office):
    """A certified module, by CRANE_VERIFIER; its words are told as they are."""
    refusal = refused_by(office, refusing)
    assert (refusal.code, "E17" in refusal.message.zh) == ("SEAL_INVALID", True)
    assert office.certificate().verification_report["signature"] == "invalid"


@pytest.mark.parametrize(("setting", "value"), [("CRANE_TRUST", ""), ("CRANE_TRUST", "nowhere"), ("CRANE_VERIFIER", "nobody:knows")])
def test_without_anybody_to_trust_nothing_is_accepted(office, setting, value):
    """Told with the setting's name; the job waits for the operator, and nothing is kept."""
    number = office.sealed()
    office.restart(**{setting: value})
    with pytest.raises(Failure, match=f"{setting}|nowhere"):
        office.once("certificate.fetch", certificate_no=number)
    assert office.certificate().file_version is None


def test_lists_of_revoked_certificates_are_read_anew_after_a_minute(office):
    """They are renewed while the system runs."""
    now = [0.0]
    platforms = Platforms(Settings.of(office.environment), monotonic=lambda: now[0])
    first = platforms.trust
    now[0] += 59
    assert platforms.trust is first
    now[0] += 2
    assert platforms.trust is not first


def test_a_time_without_an_offset_is_no_time(office):
    """Whose clock it was cannot be known; the seal is then never later than the code."""
    number = office.requested()
    standing = json.dumps({"status": "sealed", "requestId": "R", "sealedAt": "2026-01-01T00:00:00"}).encode()
    with listening(lambda *_: (200, {"Content-Type": "application/json"}, standing)) as url:
        office.restart(CRANE_PROVINCIAL_URL=url)
        asked = office.once("certificate.inquire_seal", certificate_no=number)
    assert asked == {"sealed": True, "status": "sealed", "sealed_at": None}


def test_a_reformatted_item_is_the_same_item(office):
    """Width, blanks and line breaks differ between systems; the content does not."""
    office.provincial.misbehave("changed-item", "seal", arg={"item": "model", "value": "ＱＴＺ80（TC5610-6） "})
    number = office.sealed()
    assert office.once("certificate.fetch", certificate_no=number)["accepted"]
