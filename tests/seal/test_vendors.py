"""Files as real vendors write them are read; what is judged is judged by their bytes."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seals import BODY, NOW, expected, files, packed, parts, pki, seal, signer, trust

from registry.sealed_ofd.der import MOST_BYTES, MOST_LEVELS, MOST_VALUES, NotDer, read
from registry.sealed_ofd.document import Line, Page, TextObject
from registry.sealed_ofd.face import face_on
from registry.sealed_ofd.trust import Printed, TrustUnreadable, read_trust
from registry.sealed_ofd.verdict import judge
from registry.sealed_ofd.x509 import is_signature_of, read_certificate, signature_numbers
from sandbox import der, ofd
from sandbox.pki import new_pki, pem, revocation_list, write_pki
from sandbox.seal import sign_with
from sandbox.signing import sm3

BEIJING = timezone(timedelta(hours=8))
SIGNATURE = "Doc_0/Signs/Sign_0/Signature.xml"


def rewritten(change, content=None):
    """A file whose XML another vendor would write otherwise, sealed as it is."""
    changed = {name: change(name, each) if name.endswith(".xml") else each for name, each in (content or parts()).items()}
    return packed(ofd.sealed(changed, seal(), NOW))


@pytest.mark.parametrize(
    "change",
    [
        lambda _, xml: xml.replace(b"http://www.ofdspec.org/2016", b"http://www.ofdspec.org"),
        lambda _, xml: xml.replace(b"ofd:", b"").replace(b"xmlns:ofd", b"xmlns"),
        lambda _, xml: b"\xef\xbb\xbf" + xml,
        lambda _, xml: xml.replace(b"><", b">\n  <"),
        lambda name, xml: xml.replace(b"Doc_0/Document.xml", b"/doc_0/DOCUMENT.xml") if name == "OFD.xml" else xml,
        lambda _, xml: xml.replace(b' Type="Body"', b"").replace(b' Type="Image"', b""),
        lambda name, xml: xml.replace(b">qr.png<", b">Res/qr.png<").replace(b'BaseLoc="Res"', b'BaseLoc="./"'),
        lambda name, xml: xml.replace(b"PublicRes.xml</", b"/Doc_0/PublicRes.xml</") if name.endswith("Document.xml") else xml,
    ],
    ids=[
        "older namespace",
        "no prefix",
        "byte order mark",
        "indented",
        "case of paths",
        "types left out",
        "resources beside the document",
        "paths from the root",
    ],
)
def test_what_vendors_write_otherwise_is_read(change):
    verdict = judge(rewritten(change), trust(), NOW, expected())
    assert verdict.ok, verdict.problem


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace(b"1.2.156.10197.1.401", b"SM3"),
        lambda xml: re.sub(rb"<ofd:SignatureDateTime>.*?</", b"<ofd:SignatureDateTime>2026/07/01 11:04</", xml),
        lambda xml: xml.replace(b'FileRef="/', b'FileRef="'),
        lambda xml: re.sub(rb"(<ofd:CheckValue>.{10})", rb"\1\n    ", xml),
    ],
    ids=["name of the digest", "date in another form", "references without a slash", "broken base64 lines"],
)
def test_a_description_that_vendors_write_otherwise_is_read(change):
    content = files()
    description = change(content[SIGNATURE])
    assert description != content[SIGNATURE]
    value = sign_with(seal(), sm3(description), "Doc_0/Signs/Sign_0/Signature.xml", NOW)
    changed = content | {SIGNATURE: description, "Doc_0/Signs/Sign_0/SignedValue.dat": value}
    assert judge(packed(changed), trust(), NOW, expected()).ok


@pytest.mark.parametrize("place", [b"Sign_0/Signature.xml", b"Signs/Sign_0/Signature.xml", b"Doc_0/Signs/Sign_0/Signature.xml"])
def test_a_signature_is_found_from_every_folder(place):
    """Beside the list, from the document's folder, from the root."""
    name = "Doc_0/Signs/Signatures.xml"
    listed = files()[name].replace(b"/Doc_0/Signs/Sign_0/Signature.xml", place)
    assert judge(packed(files() | {name: listed}), trust(), NOW, expected()).ok


def test_bare_numbers_are_a_signature_too():
    """r and s, 32 bytes each, as some vendors write them."""
    r, s = signature_numbers(signer().sign(b"x"))
    bare = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    key = read_certificate(signer().certificate).key
    assert is_signature_of(key, b"x", bare)
    assert not is_signature_of(key, b"y", bare)


def test_several_seals_are_all_judged():
    """A second seal of the department beside the authority's; each covers everything but the seals' own files."""
    content = files()
    second = {name.replace("Sign_0", "Sign_1"): each for name, each in content.items() if "/Sign_0/" in name}
    description = content[SIGNATURE].replace(b"Sign_0", b"Sign_1")
    name = "Doc_0/Signs/Sign_1/"
    second[f"{name}Signature.xml"] = description
    holder = seal(name="建筑业科")
    second[f"{name}Seal.esl"] = holder.encoded
    second[f"{name}SignedValue.dat"] = sign_with(holder, sm3(description), f"/{name}Signature.xml", NOW)
    listed = re.sub(
        rb"(<ofd:Signature ID=.*?/>)",
        lambda found: found[1] + found[1].replace(b"s001", b"s002").replace(b"Sign_0", b"Sign_1"),
        content["Doc_0/Signs/Signatures.xml"],
    )
    both = content | second | {"Doc_0/Signs/Signatures.xml": listed}
    verdict = judge(packed(both), trust(), NOW, expected())
    assert verdict.ok, verdict.problem
    assert [each.name for each in verdict.seals] == [BODY, "建筑业科"]
    broken = both | {f"{name}SignedValue.dat": content["Doc_0/Signs/Sign_0/SignedValue.dat"]}
    assert judge(packed(broken), trust(), NOW, expected()).problem.problem == "DESCRIPTION_CHANGED"


def test_a_file_from_elsewhere_gets_a_report_with_the_true_reason():
    """Of another province, under another root, about something else."""
    own = new_pki(NOW)
    verdict = judge(packed(files(seal(maker=own.maker, holder=signer()))), trust(roots=[], intermediates=[]), NOW)
    assert [step.problem for step in verdict.steps if not step.ok] == ["SIGNER_ROOT_UNKNOWN", "MAKER_ROOT_UNKNOWN"]
    assert all(step.ok is not None for step in verdict.steps)


def test_a_page_with_two_columns_and_labels_with_colons_is_read():
    """Label and value in one text, or beside it, up to the next label."""
    shown = (
        ("编号：蒙AA-T1", 20, 30),
        ("产权单位", 20, 40),
        ("甲公司", 45, 40),
        ("制造单位", 110, 40),
        ("乙厂", 140, 40),
        ("第二行", 140, 45),
    )
    lines = [Line(text, x, y, ()) for text, x, y in shown]
    page = Page("1", (0, 0, 210, 297), [TextObject(lines, 4, "#000000", False)])
    face = face_on([page], ["编号", "产权单位", "制造单位"])
    assert face.items == {"编号": [["蒙AA-T1"]], "产权单位": [["甲公司"]], "制造单位": [["乙厂", "第二行"]]}
    assert face.others == []


@pytest.mark.parametrize(
    ("encoded", "when"),
    [
        (der.tagged(0x18, b"20260701030405Z"), NOW),
        (der.tagged(0x18, b"20260701030405.123Z"), NOW),
        (der.tagged(0x18, b"20260701110405+0800"), NOW),
        (der.tagged(0x18, b"20260701110405"), NOW.astimezone(BEIJING)),
        (der.tagged(0x18, b"202607010304Z"), NOW.replace(second=0)),
        (der.tagged(0x17, b"260701030405Z"), NOW),
        (der.tagged(0x17, b"990701030405Z"), datetime(1999, 7, 1, 3, 4, 5, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_every_form(encoded, when):
    assert read(encoded).instant() == when


@pytest.mark.parametrize(
    "text", [b"", b"2026", b"20261301030405Z", b"20260701030405+9", b"20260701030405+9900", b"00010101000000Z", b"\xff" * 15]
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(NotDer):
        read(der.tagged(0x18, text)).instant()


@pytest.mark.parametrize(
    "encoded",
    [b"", b"\x30", b"\x30\x80\0\0", b"\x30\x85\1\1\1\1\1", b"\x1f\x81\x01\x00", b"\x04\x05abc", b"\x04\x00x"],
    ids=["nothing", "no length", "length not told", "length too long", "long tag", "cut off", "more after it"],
)
def test_what_is_no_der_is_refused(encoded):
    with pytest.raises(NotDer):
        read(encoded)


def test_nesting_has_an_end():
    encoded = b"\x05\0"
    for _ in range(MOST_LEVELS + 1):
        encoded = der.sequence(encoded)
    with pytest.raises(NotDer, match="nested"):
        read(encoded)


@pytest.mark.parametrize(
    "encoded",
    [der.sequence(*[b"\x05\0"] * (MOST_VALUES + 1)), der.sequence(*[der.sequence(*[b"\x05\0"] * 100)] * (MOST_VALUES // 100))],
    ids=["in one", "in many"],
)
def test_values_have_an_end(encoded):
    """Each takes a hundred times its own bytes."""
    with pytest.raises(NotDer, match="too many"):
        read(encoded)


def test_an_encoding_has_an_end():
    with pytest.raises(NotDer, match="too large"):
        read(der.octets(b"\0" * MOST_BYTES))


@given(st.integers(-(2**70), 2**70))
def test_integers_are_read_as_they_are_written(number):
    assert read(der.integer(number)).integer() == number


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=10))
def test_object_identifiers_are_read_as_they_are_written(arcs):
    dotted = ".".join(map(str, (1, 2, *arcs)))
    assert read(der.oid(dotted)).oid() == dotted


def test_a_certificate_with_an_explicit_false_is_read():
    """Real ones write a DEFAULT out, though DER leaves it out."""
    algorithm, public = der.sequence(der.oid("1.2.156.10197.1.501")), b"\x04" + pki().maker.public
    constraints = der.sequence(der.oid("2.5.29.19"), der.boolean(False), der.octets(der.sequence(der.boolean(False))))
    to_be_signed = der.sequence(
        der.explicit(0, der.integer(2)), der.integer(7), algorithm, pki().root.subject,
        der.sequence(der.generalized_time(NOW), der.generalized_time(NOW)), pki().maker.subject,
        der.sequence(der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.156.10197.1.301")), der.bits(public)),
        der.explicit(3, der.sequence(constraints)),
    )  # fmt: skip
    found = read_certificate(der.sequence(to_be_signed, algorithm, der.bits(pki().root.sign(to_be_signed))))
    assert (found.serial, found.authority, found.usage, found.unknown_critical) == (7, False, None, ())
    assert found.signed_by(read_certificate(pki().root.certificate))


def test_a_directory_of_trust_is_read_in_both_forms(tmp_path):
    write_pki(tmp_path, pki(), NOW)
    folder = tmp_path / "trust"
    (folder / "roots" / "second.cer").write_bytes(new_pki(NOW).root.certificate)
    encoded = revocation_list(pki().intermediate, {1: NOW}, NOW, NOW)
    (folder / "crls" / "list.crl").write_bytes(encoded)
    (folder / "policy.json").write_text(
        '{"unsigned": {"V": ["*.ttf"]}, "revocation": "required",'
        ' "printed": {"V": {"texts": ["监制"], "pictures": ["AB"], "drawings": true}}}',
        "utf-8",
    )
    (folder / "roots" / ".hidden").write_text("nothing")
    found = read_trust(folder)
    assert [len(each) for each in (found.roots, found.intermediates, found.makers, found.lists)] == [2, 1, 1, 3]
    assert found.policy.revocation_required
    assert found.policy.printed_by("V") == Printed(texts=["监制"], pictures=["ab"], drawings=True)
    assert found.policy.printed_by("W") == Printed()
    assert found.policy.may_be_unsigned("V", "a.ttf")
    assert pem(pki().root.certificate).startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("roots/a.pem", b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----"),
        ("roots/a.cer", b"no certificate"),
        ("crls/a.crl", b"no list"),
        ("policy.json", b"[]"),
        ("policy.json", b'{"unsigned": []}'),
        ("policy.json", b'{"typo": 1}'),
        ("policy.json", b'{"revocation": "sometimes"}'),
        ("policy.json", b"\xff"),
        ("policy.json", b'{"unsigned": {"V": "*.ttf"}}'),
        ("policy.json", b'{"printed": {"V": {"text": []}}}'),
        ("policy.json", b'{"printed": {"V": {"drawings": "no"}}}'),
        ("policy.json", b'{"printed": {"V": {"texts": [1]}}}'),
    ],
)
def test_a_directory_of_trust_that_cannot_be_read_names_the_file(tmp_path, place, content):
    """Rather than trusting less, or more, than was meant."""
    write_pki(tmp_path, pki(), NOW)
    (tmp_path / "trust" / place).write_bytes(content)
    with pytest.raises(TrustUnreadable, match=place.rpartition("/")[2]):
        read_trust(tmp_path / "trust")


def test_a_root_is_no_maker_and_makes_none(tmp_path):
    """Everybody's certificate stands under it."""
    write_pki(tmp_path, pki(), NOW)
    (tmp_path / "trust" / "makers" / "more.pem").write_text(pem(pki().root.certificate))
    with pytest.raises(TrustUnreadable, match="makers"):
        read_trust(tmp_path / "trust")


@pytest.mark.parametrize(
    ("policy", "word"), [('{"revokation": "required"}', "revokation"), ('{"revocation": "always"}', "revocation"), ("{", "JSON")]
)
def test_what_is_wrong_with_a_policy_is_told(tmp_path, policy, word):
    write_pki(tmp_path, pki(), NOW)
    (tmp_path / "trust" / "policy.json").write_text(policy)
    with pytest.raises(TrustUnreadable, match=word):
        read_trust(tmp_path / "trust")


def test_a_directory_one_level_too_deep_is_no_directory_of_trust(tmp_path):
    write_pki(tmp_path, pki(), NOW)
    with pytest.raises(TrustUnreadable, match="roots"):
        read_trust(tmp_path / "trust" / "makers")


def test_nobody_says_that_a_certificate_is_not_revoked_who_did_not_look_it_up():
    """Without lists, with one of two, with those of yesterday."""
    whole = trust().lists
    for lists, told in ((whole, True), ([], False), (whole[:1], False)):
        verdict = judge(packed(files()), trust(lists=lists), NOW, expected())
        assert verdict.ok
        assert ("revocation" in [step.check for step in verdict.steps]) is told
    late = judge(packed(files()), trust(), NOW + timedelta(days=3), expected())
    assert "revocation" not in [step.check for step in late.steps]


def test_a_directory_of_trust_that_is_not_there_is_told(tmp_path):
    with pytest.raises(TrustUnreadable, match="nowhere"):
        read_trust(tmp_path / "nowhere")


def test_keys_of_the_stand_in_are_for_its_owner_alone(tmp_path):
    write_pki(tmp_path, new_pki(NOW), NOW)
    assert (tmp_path / "keys.json").stat().st_mode & 0o77 == 0
    assert "private" not in "".join(path.read_text() for path in (tmp_path / "trust").rglob("*.pem"))
