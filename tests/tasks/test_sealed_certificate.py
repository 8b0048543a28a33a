"""The e-certificate that comes back: accepted only when it is what was approved; every check is kept with it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from listening import listening
from offices import AUTHORITY

from registry.authorities import authority
from registry.certificate_files import file_of
from sandbox.ofd import FACE_ITEMS
from tasks.platforms.signing import sm3
from tasks.sealed_file import ERRORS, SealedFile, checks, is_package
from workflow_runtime.errors import BusinessError


def test_an_accepted_file_is_kept_with_its_report(office):
    number = office.sealed()
    fetched = office.once("certificate.fetch", certificate_no=number)
    assert fetched["accepted"]
    assert [c["check"] for c in fetched["report"]] == list(ERRORS)
    certificate = office.certificate()
    assert certificate.verified
    assert certificate.verification_report["signature"] == "not checked"
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
    assert [c["check"] for c in certificate.verification_report["checks"] if not c["ok"]][-1] == "items"
    assert FACE_ITEMS[item] in next(c for c in certificate.verification_report["checks"] if c["check"] == "items")["detail"]


def test_a_seal_older_than_the_code_is_stale(office):
    office.provincial.misbehave("stale-seal", "seal")
    number = office.sealed()
    with pytest.raises(BusinessError) as refusal:
        office.once("certificate.fetch", certificate_no=number)
    assert refusal.value.code == "SEAL_STALE"


@pytest.mark.parametrize(
    ("failing", "changes"),
    [
        ("digest", {"digest": "00" * 32}),
        ("package", {"content": b"PK not a package", "digest": None}),
        ("number", {"certificate_no": "蒙AA-T202600099"}),
        ("identifier", {"identifier": "1.2.156"}),
        ("seal_name", {"seal_name": "某某局"}),
        ("sealed_after_code", {"sealed_at": timedelta(hours=-1)}),
        ("sealed_before_now", {"sealed_at": timedelta(hours=1)}),
    ],
)
def test_each_check_finds_its_own_fault(office, failing, changes):
    number = office.sealed()
    standing = office.context().provincial.seal_request(office.certificate().seal_request)
    content = office.context().provincial.file(standing["requestId"])
    certificate = office.certificate()
    with office.transaction() as connection:
        body = authority(connection, AUTHORITY)
    sound = SealedFile(
        content, number, certificate.identifier, body.name, certificate.seal_requested_at, standing["fileDigest"], standing["items"]
    )
    assert all(c.ok for c in checks(sound, certificate, body, office.clock.now()))
    if isinstance(changes.get("sealed_at"), timedelta):
        changes = {"sealed_at": certificate.coded_at + changes["sealed_at"]}
    if changes.get("digest", "") is None:
        changes = {**changes, "digest": sm3(changes["content"])}
    report = checks(replace(sound, **changes), certificate, body, office.clock.now())
    assert [c.check for c in report if not c.ok] == [failing]


def test_a_damaged_package_is_unreadable(office):
    office.sealed()
    standing = office.context().provincial.seal_request(office.certificate().seal_request)
    content = bytearray(office.context().provincial.file(standing["requestId"]))
    assert is_package(bytes(content))
    content[60] ^= 0xFF
    assert not is_package(bytes(content))


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
