"""Frauds, each made by hand and each refused under its own name; the same certificate without the fraud is accepted."""

import base64
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta, timezone

import pytest
from PIL import Image
from seals import BODY, IDENTIFIER, ITEMS, NOW, VALID, expected, files, packed, parts, pki, seal, signer, trust

from registry.sealed_ofd.problems import CHECKS, PROBLEMS
from registry.sealed_ofd.trust import Policy, Printed
from registry.sealed_ofd.verdict import judge
from registry.sealed_ofd.x509 import read_certificate, read_revocation_list
from sandbox import der, ofd
from sandbox.pki import ISSUE, YEAR, issue, new_pki, revocation_list
from sandbox.seal import Seal, make_seal, sign_with
from sandbox.signing import sm3

PAGE, SIGNATURE = "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Signs/Sign_0/Signature.xml"
SIGNATURES = "Doc_0/Signs/Signatures.xml"
VALUE, SEAL_FILE = "Doc_0/Signs/Sign_0/SignedValue.dat", "Doc_0/Signs/Sign_0/Seal.esl"
FRAUDS = {}
"""Problem → (what it is, how it is made): the file, and what differs in trust, expectation or time."""


def fraud(problem, **given):
    def keep(made):
        FRAUDS.setdefault(problem, []).append((made.__name__, made, given))
        return made

    return keep


def zipped(*entries, **more):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in entries:
            package.writestr(name, content)
    return archive.getvalue()


def text_object(text, x, y):
    """A line of text on the page."""
    code = f'<ofd:TextCode X="0" Y="4">{text}</ofd:TextCode>'
    return f'<ofd:TextObject ID="90{x}" Boundary="{x} {y} 60 10" Font="3" Size="4">{code}</ofd:TextObject>'.encode()


OWNER = re.compile(rb"<ofd:TextObject [^>]*>(?:(?!</ofd:TextObject>).)*" + ITEMS["owner"].encode() + rb".*?</ofd:TextObject>", re.DOTALL)
"""The owner on the page."""


def with_page(change):
    """A sealed file whose page is another one."""
    page = change(files()[PAGE])
    assert page != files()[PAGE]
    return packed(resealed(files() | {PAGE: page}))


def added_to_page(*objects):
    return with_page(lambda page: page.replace(b"</ofd:Layer>", b"".join(objects) + b"</ofd:Layer>"))


def with_pictures(*contents, boundary="200 100 36 36"):
    """A sealed file whose page shows these pictures besides."""
    media, shown, content = b"", b"", files()
    for number, picture in enumerate(contents, 500):
        media += b'<ofd:MultiMedia ID="%d" Type="Image"><ofd:MediaFile>p%d</ofd:MediaFile></ofd:MultiMedia>' % (number, number)
        shown += f'<ofd:ImageObject ID="{number + 100}" Boundary="{boundary}" ResourceID="{number}"/>'.encode()
        content[f"Doc_0/Res/p{number}"] = picture
    resources = content["Doc_0/DocumentRes.xml"].replace(b"</ofd:MultiMedias>", media + b"</ofd:MultiMedias>")
    page = content[PAGE].replace(b"</ofd:Layer>", shown + b"</ofd:Layer>")
    return packed(resealed(content | {"Doc_0/DocumentRes.xml": resources, PAGE: page}))


def picture_of(text="https://fraud.example/", side=None, kind="PNG"):
    drawn = Image.open(io.BytesIO(ofd.qr_picture(text))).convert("L")
    stored = io.BytesIO()
    (drawn.resize((side, side)) if side else drawn).save(stored, kind)
    return stored.getvalue()


def knowing(holder):
    """Trust that knows this certificate besides."""
    return trust(intermediates=[pki().intermediate.certificate, holder.certificate])


def resealed(content, with_seal=None, sealed_at=NOW, version=4):
    """Sealed anew, after a change: such a file is whole, but not what was approved."""
    return ofd.sealed(
        {name: each for name, each in content.items() if "/Signs/" not in name}, with_seal or seal(), sealed_at, version=version
    )


def signed_again(content, description, with_seal=None):
    """Another description, with a right signature over it."""
    value = sign_with(with_seal or seal(), sm3(description), f"/{SIGNATURE}", NOW)
    return content | {SIGNATURE: description, VALUE: value}


@fraud("ZIP_UNREADABLE")
def no_archive():
    return b"%PDF-1.7 " + b"x" * 100


@fraud("ZIP_PATH")
def a_path_out_of_the_package():
    return zipped(*files().items(), ("../Doc_0/Res/qr.png", b""))


@fraud("ZIP_DUPLICATE")
def two_pages_of_one_name_but_for_the_case():
    return zipped(*files().items(), (PAGE.upper(), b"<other/>"))


@fraud("ZIP_ENCRYPTED")
def an_encrypted_file():
    content = bytearray(packed(files()))
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


@fraud("ZIP_METHOD")
def an_unusual_compression():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_LZMA) as package:
        package.writestr("OFD.xml", b"<x/>" * 10)
    return archive.getvalue()


@fraud("ZIP_OVERLAP")
def two_files_in_one_place():
    content = bytearray(zipped(("OFD.xml", b"<a/>" * 20), ("other.xml", b"<a/>" * 20)))
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 4)
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    return bytes(content)


@fraud("ZIP_TOO_LARGE")
def a_bomb():
    return zipped(("OFD.xml", b"<a/>"), ("Doc_0/Res/bomb", b"\0" * (80 * 1024 * 1024)))


@fraud("ZIP_HIDDEN")
def another_document_before_it():
    return packed(files(owner="另一家公司")) + packed(files())


@fraud("ZIP_HIDDEN")
def other_files_before_it():
    """A reader that goes through the archive from its beginning finds these."""
    other = packed(files(owner="另一家公司"))
    return other[: other.index(b"PK\x01\x02")] + packed(files())


@fraud("ZIP_HIDDEN")
def a_file_between_the_files():
    """The directory tells nothing of it, and tells where all the others are."""
    content = packed(files())
    directory = content.index(b"PK\x01\x02")
    moved = bytearray(content[:directory] + b"hidden" + content[directory:])
    moved[-6:-2] = (directory + 6).to_bytes(4, "little")
    return bytes(moved)


@fraud("ZIP_HIDDEN")
def another_archive_in_the_comment():
    content, other = packed(files()), packed(files(owner="另一家公司"))[:20_000]
    return content[:-2] + len(other).to_bytes(2, "little") + other


@fraud("ZIP_HIDDEN")
def a_file_that_is_told_otherwise_where_it_stands():
    content = bytearray(packed(files()))
    content[22:26] = b"\1\0\0\0"
    return bytes(content)


@fraud("ZIP_HIDDEN")
def a_folder_with_something_in_it():
    return zipped(*files().items(), ("Doc_0/Res/extra.ttf/", b"font"))


@fraud("XML_MISSING")
def without_its_root_file():
    content = files()
    del content["OFD.xml"]
    return packed(content)


@fraud("XML_MALFORMED")
def a_page_that_does_not_end():
    return packed(files() | {PAGE: files()[PAGE][:-20]})


@fraud("XML_DOCTYPE")
def a_page_with_a_doctype():
    page = files()[PAGE].replace(b"<ofd:Page", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><ofd:Page', 1)
    return packed(files() | {PAGE: page})


@fraud("XML_NUL")
def a_page_with_a_nul():
    return packed(files() | {PAGE: files()[PAGE] + b"\0"})


@fraud("XML_MALFORMED")
def a_page_in_an_odd_encoding():
    """In UTF-7 a `<` is written without one: whoever looks for it in the bytes sees nothing."""
    _, _, page = files()[PAGE].decode().partition("?>")
    numbers = ((sign, base64.b64encode(sign.encode("utf-16-be")).rstrip(b"=")) for sign in page.strip())
    hidden = b"".join(sign.encode() if sign.isascii() and sign.isalnum() else b"+" + number + b"-" for sign, number in numbers)
    return packed(resealed(files() | {PAGE: b"<?xml version='1.0' encoding='UTF-7'?>" + hidden}))


@fraud("XML_TWICE")
def a_second_content_of_the_page():
    other = b'<ofd:Content><ofd:Layer ID="70">' + text_object("另一家公司", 82, 80) + b"</ofd:Layer></ofd:Content>"
    return with_page(lambda page: page.replace(b"</ofd:Page>", other + b"</ofd:Page>"))


@fraud("XML_TWICE")
def one_item_of_the_data_twice():
    root = files()["OFD.xml"]
    item = re.search('<ofd:CustomData Name="产权单位">.*?</ofd:CustomData>'.encode(), root)[0]
    return packed(resealed(files() | {"OFD.xml": root.replace(item, item.replace(ITEMS["owner"].encode(), "另一家公司".encode()) + item)}))


@fraud("XML_TWICE")
def one_number_for_two_pictures():
    resources = files()["Doc_0/DocumentRes.xml"]
    medium = re.search(rb"<ofd:MultiMedia .*?</ofd:MultiMedia>", resources)[0]
    return packed(resealed(files() | {"Doc_0/DocumentRes.xml": resources.replace(medium, medium + medium)}))


@fraud("XML_TWICE")
def one_signature_twice():
    listed = files()[SIGNATURES]
    entry = re.search(rb"<ofd:Signature ID=.*?/>", listed)[0]
    return packed(files() | {SIGNATURES: listed.replace(entry, entry + entry)})


@fraud("XML_TOO_LARGE")
def a_page_of_a_million_elements():
    return packed(files() | {"Doc_0/more.xml": b"<a>" + b"<a/>" * 1_000_000 + b"</a>"})


@fraud("XML_TOO_LARGE")
def thousands_of_labels():
    codes = b"".join(f'<ofd:TextCode X="{n / 100}" Y="{n / 100}">编号</ofd:TextCode>'.encode() for n in range(6000))
    return added_to_page(b'<ofd:TextObject ID="99" Boundary="0 0 9 9" Size="4">' + codes + b"</ofd:TextObject>")


@fraud("XML_TOO_LARGE")
def thousands_of_pieces_of_text():
    codes = b'<ofd:TextCode X="9" Y="9" DeltaX="g 20000 1">a</ofd:TextCode>' * 25_000
    return added_to_page(b'<ofd:TextObject ID="99" Boundary="0 0 9 9" Size="4">' + codes + b"</ofd:TextObject>")


@fraud("XML_TOO_LARGE")
def thousands_of_signatures():
    listed = files()[SIGNATURES]
    entry = re.search(rb"<ofd:Signature ID=.*?/>", listed)[0]
    return packed(files() | {SIGNATURES: listed.replace(entry, entry * 20_000)})


@fraud("XML_TOO_LARGE")
def thousands_of_references_to_one_large_file():
    reference = b'<ofd:Reference FileRef="/big.bin"><ofd:CheckValue>AAAA</ofd:CheckValue></ofd:Reference>'
    description = files()[SIGNATURE].replace(b"</ofd:References>", reference * 5_000 + b"</ofd:References>")
    return packed(files() | {"big.bin": b"\0" * 10_000_000, SIGNATURE: description})


@fraud("XML_TOO_LARGE")
def a_page_without_end():
    return packed(files() | {PAGE: b"<x>" + b" " * (9 * 1024 * 1024) + b"</x>"})


@fraud("NO_DOCUMENT")
def no_document():
    root = re.sub(rb"<ofd:DocBody>.*</ofd:DocBody>", b"", files()["OFD.xml"], flags=re.DOTALL)
    return packed(files() | {"OFD.xml": root})


@fraud("SEVERAL_DOCUMENTS")
def a_second_document_behind_the_sealed_one():
    content = parts()
    content["OFD.xml"] = re.sub(rb"(<ofd:DocBody>.*</ofd:DocBody>)", rb"\1\1", content["OFD.xml"], flags=re.DOTALL)
    return packed(resealed(content))


@fraud("NOT_SEALED")
def no_seal():
    content = {name: each for name, each in files().items() if "/Signs/" not in name}
    content["OFD.xml"] = re.sub(rb"<ofd:Signatures>.*</ofd:Signatures>", b"", content["OFD.xml"])
    return packed(content)


@fraud("NO_SEAL")
def a_plain_signature():
    return packed(files() | {SIGNATURES: files()[SIGNATURES].replace(b'"Seal"', b'"Sign"')})


@fraud("SEAL_UNREADABLE")
def a_signature_that_is_none():
    return packed(files() | {VALUE: b"\x30\x03abc"})


@fraud("SEAL_UNREADABLE")
def a_signature_of_ten_million_values():
    length = 20_000_000
    return packed(files() | {VALUE: b"\x30\x84" + length.to_bytes(4, "big") + b"\x05\x00" * (length // 2)})


@fraud("SEAL_UNREADABLE")
def something_behind_the_signature():
    return packed(files() | {VALUE: der.sequence(*parted(files()[VALUE]), der.integer(1))})


@fraud("SEAL_UNREADABLE")
def a_seal_of_another_version_than_its_signature():
    return packed(ofd.sealed(parts(), seal(version=5), NOW, version=4))


@fraud("SEAL_UNREADABLE")
def a_seal_with_another_mark():
    information, maker, algorithm, _ = parted(seal().encoded)
    header, *more = parted(information)
    changed = der.sequence(der.sequence(der.ia5("XX"), *parted(header)[1:]), *more)
    whole = der.sequence(changed, maker, algorithm, der.bits(pki().maker.sign(changed)))
    return packed(ofd.sealed(parts(), Seal(whole, signer()), NOW))


@fraud("SEAL_VERSION")
def an_old_seal():
    return packed(ofd.sealed(parts(), seal(version=1), NOW, version=1))


@fraud("SEAL_VERSION")
def a_version_of_the_future():
    return packed(ofd.sealed(parts(), seal(version=6), NOW, version=6))


@fraud("DIGEST_METHOD")
def digests_of_another_kind():
    description = files()[SIGNATURE].replace(b"1.2.156.10197.1.401", b"1.3.14.3.2.26")
    return packed(signed_again(files(), description))


@fraud("FILE_MISSING")
def a_page_taken_out():
    content = files()
    del content["Doc_0/Res/qr.png"]
    return packed(content)


@fraud("FILE_CHANGED")
def a_swapped_page():
    return packed(files() | {PAGE: files(owner="另一家公司")[PAGE]})


@fraud("FILE_CHANGED")
def a_changed_qr_picture():
    return packed(files() | {"Doc_0/Res/qr.png": ofd.qr_picture("https://fraud.example/")})


@fraud("FILE_UNSIGNED")
def an_extra_file():
    return packed(files() | {"Doc_0/Res/extra.ttf": b"font"})


@fraud("FILE_UNSIGNED")
def a_template_left_without_signature():
    description = re.sub(rb'<ofd:Reference FileRef="/Doc_0/PublicRes.xml">.*?</ofd:Reference>', b"", files()[SIGNATURE], flags=re.DOTALL)
    return packed(signed_again(files(), description))


@fraud("DESCRIPTION_CHANGED")
def a_description_with_a_file_less():
    description = re.sub(rb'<ofd:Reference FileRef="/Doc_0/PublicRes.xml">.*?</ofd:Reference>', b"", files()[SIGNATURE], flags=re.DOTALL)
    return packed(files() | {SIGNATURE: description, "Doc_0/PublicRes.xml": b"<x/>"})


@fraud("SIGNATURE_WRONG")
def a_signature_by_another_key_under_the_signers_name():
    other = issue(BODY, pki().intermediate, VALID[0], 12)
    stolen = Seal(seal().encoded, type(other)(other.private, other.public, signer().certificate, other.subject))
    return packed(ofd.sealed(parts(), stolen, NOW))


@fraud("ALGORITHM")
def another_algorithm():
    content = files()
    to_sign, certificate, _, signature = parted(content[VALUE])
    return packed(content | {VALUE: der.sequence(to_sign, certificate, der.oid("1.2.840.113549.1.1.11"), signature)})


@fraud("SIGNER_UNREADABLE")
def a_signer_without_a_certificate():
    content = files()
    to_sign, _, algorithm, signature = parted(content[VALUE])
    return packed(content | {VALUE: der.sequence(to_sign, der.octets(b"nobody"), algorithm, signature)})


@fraud("SIGNATURE_MOVED")
def a_signature_of_another_place():
    content = files()
    value = sign_with(seal(), sm3(content[SIGNATURE]), "/Doc_1/Signs/Sign_0/Signature.xml", NOW)
    return packed(content | {VALUE: value})


@fraud("DESCRIPTION_CHANGED")
def the_signature_of_another_file():
    other = ofd.sealed(parts(owner="另一家公司"), seal(), NOW)
    return packed(files() | {VALUE: other[VALUE]})


@fraud("SEAL_FILE_DIFFERENT")
def another_seal_beside_it():
    return packed(files() | {SEAL_FILE: seal(name="另一个机关").encoded})


@fraud("MAKER_UNREADABLE")
def a_seal_of_nobody():
    forged = der.sequence(parted(seal().encoded)[0], der.octets(b"nobody"), *parted(seal().encoded)[2:])
    return packed(ofd.sealed(parts(), Seal(forged, signer()), NOW))


@fraud("SEAL_FORGED")
def a_renamed_seal():
    named = seal(name="呼和浩特市住房和城乡建设局").encoded.replace("和浩特".encode(), "和浩待".encode())
    return packed(ofd.sealed(parts(), Seal(named, signer()), NOW))


@fraud("SIGNER_NOT_LISTED")
def a_stolen_seal():
    thief = issue("某人", pki().intermediate, VALID[0], 12)
    return packed(ofd.sealed(parts(), Seal(seal().encoded, thief), NOW))


@fraud("SIGNER_KEY_USAGE")
def a_signer_whose_key_is_for_encryption():
    holder = issue(BODY, pki().intermediate, VALID[0], 12, usage=(b"\x30", 4))
    return packed(files(seal(holder=holder)))


@fraud("MAKER_KEY_USAGE")
def a_maker_whose_key_is_for_encryption():
    maker = issue("制章者", pki().intermediate, VALID[0], 12, usage=(b"\x30", 4))
    return packed(files(seal(maker=maker)))


@fraud("SIGNER_ROOT_UNKNOWN")
def a_self_made_authority():
    own = new_pki(NOW)
    return packed(files(seal(maker=pki().maker, holder=issue(BODY, own.intermediate, VALID[0], 12))))


@fraud("SIGNER_ROOT_UNKNOWN")
def a_certificate_that_names_the_right_issuer_and_is_signed_by_another():
    own = new_pki(NOW)
    impostor = type(own.root)(own.root.private, own.root.public, own.root.certificate, pki().intermediate.subject)
    return packed(files(seal(holder=issue(BODY, impostor, VALID[0], 12))))


@fraud("SIGNER_CHAIN_INVALID", trust=lambda: knowing(pki().maker))
def a_certificate_issued_by_one_who_may_not():
    return packed(files(seal(holder=issue(BODY, pki().maker, VALID[0], 12))))


CHAINED = issue("签发过多", pki().intermediate, VALID[0], 12, usage=ISSUE, authority=True)


@fraud("SIGNER_CHAIN_INVALID", trust=lambda: knowing(CHAINED))
def one_link_more_than_allowed():
    return packed(files(seal(holder=issue(BODY, CHAINED, VALID[0], 12))))


@fraud("SIGNER_CHAIN_INVALID")
def a_restriction_that_nobody_understands():
    unknown = der.sequence(der.oid("1.2.156.99.1"), der.boolean(True), der.octets(b"\x05\x00"))
    return packed(files(seal(holder=issue(BODY, pki().intermediate, VALID[0], 12, extensions=[unknown]))))


@fraud("SIGNER_EXPIRED")
def a_signer_whose_certificate_had_ended():
    return packed(files(seal(holder=issue(BODY, pki().intermediate, NOW - 2 * YEAR, 1))))


@fraud("SIGNER_CHAIN_INVALID")
def a_certificate_for_web_sites():
    """Its critical extended key usage allows nothing else."""
    usage = der.sequence(der.oid("2.5.29.37"), der.boolean(True), der.octets(der.sequence(der.oid("1.3.6.1.5.5.7.3.1"))))
    return packed(files(seal(holder=issue(BODY, pki().intermediate, VALID[0], 12, extensions=[usage]))))


NO_AUTHORITY = issue("不是机构", pki().root, VALID[0], 12, usage=ISSUE)
NO_ISSUER = issue("不能签发", pki().root, VALID[0], 12, authority=True)


@fraud("SIGNER_CHAIN_INVALID", trust=lambda: knowing(NO_AUTHORITY))
def a_certificate_issued_by_one_who_is_no_authority():
    return packed(files(seal(holder=issue(BODY, NO_AUTHORITY, VALID[0], 12))))


@fraud("SIGNER_CHAIN_INVALID", trust=lambda: knowing(NO_ISSUER))
def a_certificate_issued_by_an_authority_whose_key_may_not():
    return packed(files(seal(holder=issue(BODY, NO_ISSUER, VALID[0], 12))))


@fraud("SIGNER_KEY_USAGE")
def an_authority_that_seals_itself():
    both = issue(BODY, pki().root, VALID[0], 12, usage=(b"\xc6", 1), authority=True)
    return packed(files(seal(holder=both)))


@fraud("MAKER_NOT_APPOINTED")
def a_seal_that_a_company_made_for_itself():
    """With a certificate of the same authority, in the name of the issuing authority."""
    company = issue("某建筑公司", pki().intermediate, VALID[0], 12)
    return packed(files(seal(maker=company, holder=company)))


@fraud("MAKER_NOT_APPOINTED", trust=lambda: trust(makers=[]))
def a_seal_maker_where_none_is_registered():
    return packed(files())


@fraud("MAKER_ROOT_UNKNOWN")
def a_seal_made_at_home():
    return packed(files(seal(maker=new_pki(NOW).maker)))


@fraud("MAKER_CHAIN_INVALID", trust=lambda: knowing(signer()))
def a_seal_made_by_one_whose_issuer_may_not():
    return packed(files(seal(maker=issue("制章者", signer(), VALID[0], 12))))


@fraud("MAKER_EXPIRED")
def a_seal_whose_makers_certificate_had_ended():
    return packed(files(seal(maker=issue("制章者", pki().intermediate, NOW - 2 * YEAR, 1))))


def revoking(holder, since=NOW - timedelta(days=1), until=NOW + timedelta(days=30), by=None):
    serial = read_certificate(holder.certificate).serial
    encoded = revocation_list(by or pki().intermediate, {serial: since}, NOW - timedelta(days=1), until)
    return trust(lists=[read_revocation_list(encoded)])


@fraud("SIGNER_REVOKED", trust=lambda: revoking(signer()))
def a_revoked_signer():
    return packed(files())


@fraud("MAKER_REVOKED", trust=lambda: revoking(pki().maker))
def a_revoked_maker():
    return packed(files())


@fraud("SIGNER_REVOKED", trust=lambda: revoking(pki().intermediate, by=pki().root))
def a_revoked_intermediate():
    return packed(files())


@fraud("SIGNER_REVOKED", trust=lambda: revoking(signer(), since=NOW - timedelta(hours=1)))
def a_stolen_key_that_seals_before_it_was_revoked():
    """So its thief says: the file was not known before."""
    return packed(files(sealed_at=NOW - timedelta(minutes=90)))


def required(holder=None, **dates):
    encoded = revocation_list(
        holder or pki().intermediate, {}, dates.get("since", NOW - timedelta(days=1)), dates.get("until", NOW + timedelta(days=1))
    )
    above = revocation_list(pki().root, {}, NOW - timedelta(days=1), NOW + timedelta(days=1))
    return trust(lists=[read_revocation_list(encoded), read_revocation_list(above)], policy=Policy(revocation_required=True))


@fraud("REVOCATION_UNKNOWN", trust=lambda: required(until=NOW - timedelta(hours=1)))
def an_old_list_where_one_is_required():
    return packed(files())


@fraud("REVOCATION_UNKNOWN", trust=lambda: required(since=NOW + timedelta(hours=1)))
def a_list_of_tomorrow_where_one_is_required():
    return packed(files())


NAMESAKE = type(pki().intermediate)(
    pki().intermediate.private, pki().intermediate.public, pki().intermediate.certificate, pki().root.subject
)


@fraud("REVOCATION_UNKNOWN", trust=lambda: required(NAMESAKE))
def the_list_of_another_issuer_with_the_same_key():
    return packed(files())


@fraud("REVOCATION_UNKNOWN", trust=lambda: trust(lists=[], policy=Policy(revocation_required=True)))
def no_list_where_one_is_required():
    return packed(files())


@fraud("SEAL_EXPIRED")
def an_expired_seal():
    return packed(files(seal(valid=(NOW - YEAR, NOW - timedelta(seconds=1)))))


@fraud("SEAL_NOT_YET")
def a_seal_of_tomorrow():
    return packed(files(seal(valid=(NOW + timedelta(days=1), NOW + YEAR))))


@fraud("SEALED_IN_FUTURE")
def sealed_tomorrow():
    return packed(files(sealed_at=NOW + timedelta(days=1)))


@fraud("IDENTIFIER_DIFFERENT")
def another_identifier():
    return packed(ofd.sealed(ofd.certificate_parts(ITEMS, IDENTIFIER + "1", NOW, "0" * 32), seal(), NOW))


@fraud("ITEM_DIFFERENT")
def another_owner_on_the_page():
    return packed(resealed(files() | {PAGE: files(owner="另一家公司")[PAGE]}))


@fraud("ITEM_DIFFERENT")
def a_second_owner_elsewhere_on_the_page():
    page = files()[PAGE].replace(
        b"<ofd:PathObject", text_object("产权单位", 150, 30) + text_object("另一家公司", 180, 30) + b"<ofd:PathObject"
    )
    return packed(resealed(files() | {PAGE: page}))


@fraud("ITEM_DIFFERENT")
def an_owner_written_from_right_to_left():
    return with_page(lambda page: page.replace(ITEMS["owner"].encode(), ("\u202e" + ITEMS["owner"]).encode()))


@fraud("ITEM_DIFFERENT", expected={"items": expected().items | {"规格型号": "QTZ802"}})
def a_raised_digit():
    return packed(files(model="QTZ80²"))


@fraud("ITEM_DIFFERENT", expected={"items": expected().items | {"规格型号": "QTZ80"}})
def a_blank_in_a_number():
    return packed(files(model="QTZ8 0"))


@fraud("ITEM_DIFFERENT")
def the_right_owner_where_no_reader_shows_it():
    """In a namespace of nobody."""
    foreign = lambda found: re.sub(rb"ofd:(TextObject|TextCode)", rb"z:\1", found[0]).replace(  # noqa: E731
        b"<z:TextObject", b'<z:TextObject xmlns:z="urn:nobody"', 1
    )
    return with_page(lambda page: OWNER.sub(foreign, page))


@fraud("ITEM_MISSING")
def an_item_left_out():
    page = files()[PAGE].replace("规格型号".encode(), "型号规格".encode())
    return packed(resealed(files() | {PAGE: page}))


@fraud("DATA_DIFFERENT")
def another_owner_in_the_data():
    return packed(resealed(files() | {"OFD.xml": files(owner="另一家公司")["OFD.xml"]}))


@fraud("QR_DIFFERENT")
def a_qr_code_that_leads_elsewhere():
    return packed(resealed(files() | {"Doc_0/Res/qr.png": ofd.qr_picture("https://fraud.example/")}))


@fraud("QR_UNREADABLE")
def no_qr_code():
    return packed(resealed(files() | {"Doc_0/Res/qr.png": ofd.qr_picture("x")[:100]}))


@fraud("QR_DIFFERENT")
def a_second_qr_code():
    return with_pictures(picture_of())


@fraud("PICTURE_UNKNOWN")
def a_second_qr_code_behind_many_pictures():
    return with_pictures(*(picture_of(ITEMS["qrText"]) + bytes([number]) for number in range(20)), picture_of())


@fraud("PICTURE_UNKNOWN")
def a_second_qr_code_in_a_form_that_is_not_read():
    return with_pictures(picture_of(kind="TIFF"))


@fraud("PICTURE_UNKNOWN")
def a_second_qr_code_that_is_too_large_to_be_read():
    return with_pictures(picture_of(side=2100))


@fraud("DRAWING_UNKNOWN")
def the_qr_code_beside_the_page():
    return with_page(lambda page: re.sub(rb'(<ofd:ImageObject [^>]*Boundary=")[^"]*', rb"\g<1>-500 0 36 36", page))


@fraud("DRAWING_UNKNOWN")
def the_right_owner_hidden():
    return with_page(lambda page: OWNER.sub(lambda found: found[0].replace(b" ", b' Visible="false" ', 1), page))


@fraud("DRAWING_UNKNOWN")
def the_right_owner_transparent():
    return with_page(lambda page: OWNER.sub(lambda found: found[0].replace(b" ", b' Alpha="0" ', 1), page))


@fraud("DRAWING_UNKNOWN")
def words_in_many_blocks():
    """Deeper than anybody looks, but readers do."""
    return added_to_page(b"<ofd:PageBlock>" * 40 + text_object("另一家公司", 82, 190) + b"</ofd:PageBlock>" * 40)


@fraud("DRAWING_UNKNOWN")
def letters_shown_as_others():
    changed = b'<ofd:CGTransform CodePosition="0" CodeCount="1" GlyphCount="1"><ofd:Glyphs>11</ofd:Glyphs></ofd:CGTransform><ofd:TextCode'
    return with_page(lambda page: OWNER.sub(lambda found: found[0].replace(b"<ofd:TextCode", changed, 1), page))


@fraud("DRAWING_UNKNOWN")
def a_picture_made_elsewhere_over_the_face():
    return added_to_page(b'<ofd:CompositeObject ID="99" Boundary="80 60 100 20" ResourceID="77"/>')


@fraud("DRAWING_UNKNOWN")
def a_white_sheet_over_the_face():
    sheet = b"<ofd:FillColor Value='255 255 255'/><ofd:AbbreviatedData>M 0 0 L 297 0 L 297 210 L 0 210 C</ofd:AbbreviatedData>"
    return added_to_page(b'<ofd:PathObject ID="98" Boundary="0 0 297 210" Fill="true">' + sheet + b"</ofd:PathObject>")


@fraud("DRAWING_UNKNOWN")
def a_note_over_the_face():
    document = files()["Doc_0/Document.xml"].replace(b"</ofd:Document>", b"<ofd:Annotations>notes.xml</ofd:Annotations></ofd:Document>")
    return packed(resealed(files() | {"Doc_0/Document.xml": document, "Doc_0/notes.xml": b"<x/>"}))


@fraud("TEXT_UNKNOWN")
def words_that_nobody_approved():
    return added_to_page(text_object("本证适用于任何设备", 100, 195))


@fraud("TEXT_UNKNOWN")
def another_owner_pushed_into_the_column_by_blanks():
    return added_to_page(text_object("\u3000" * 13 + "另一家公司", 20, 80))


@fraud("TEXT_UNKNOWN")
def a_second_page():
    document = files()["Doc_0/Document.xml"].replace(b"</ofd:Pages>", b'<ofd:Page ID="2" BaseLoc="Pages/Page_1/Content.xml"/></ofd:Pages>')
    page = b'<ofd:Page xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Content><ofd:Layer ID="71">'
    page += text_object("增项：另一设备", 50, 50) + b"</ofd:Layer></ofd:Content></ofd:Page>"
    return packed(resealed(files() | {"Doc_0/Document.xml": document, "Doc_0/Pages/Page_1/Content.xml": page}))


@fraud("SEAL_NOT_SHOWN")
def a_seal_on_no_page():
    return packed(signed_again(files(), files()[SIGNATURE].replace(b'PageRef="1"', b'PageRef="99"')))


@fraud("SEAL_NOT_SHOWN")
def a_seal_beside_the_page():
    return packed(signed_again(files(), re.sub(rb'Boundary="[^"]*"', b'Boundary="-100 148 42 42"', files()[SIGNATURE])))


@fraud("SEAL_NOT_SHOWN")
def a_seal_without_a_picture():
    empty = make_seal(pki().maker, signer(), BODY, "S-001", b"", VALID)
    return packed(ofd.sealed(parts(), empty, NOW))


@fraud("SEAL_NAME_DIFFERENT")
def the_seal_of_another_authority():
    return packed(files(seal(name="包头市住房和城乡建设局")))


@fraud("SEALED_BEFORE_CODE", expected={"coded_at": NOW + timedelta(seconds=1)})
def a_seal_older_than_the_code():
    return packed(files())


def parted(encoded):
    """The encodings of a sequence's parts."""
    from registry.sealed_ofd.der import read

    return [part.whole for part in read(encoded).parts]


def judged(content, given):
    return judge(content, given.get("trust", trust)(), NOW, expected(**given.get("expected", {})))


@pytest.mark.parametrize(
    ("problem", "made", "given"), [pytest.param(p, m, g, id=name) for p, all_ in FRAUDS.items() for name, m, g in all_]
)
def test_each_fraud_is_refused_by_its_name(problem, made, given):
    verdict = judged(made(), given)
    assert not verdict.ok
    assert problem in [step.problem for step in verdict.steps], verdict.steps


@pytest.mark.parametrize(
    ("problem", "made", "given"), [pytest.param(p, m, g, id=name) for p, all_ in FRAUDS.items() for name, m, g in all_]
)
def test_what_is_told_first_is_the_fraud_or_what_follows_from_it(problem, made, given):
    """A person is told the first problem: it is of the same check, or of one before it."""
    order = list(CHECKS)
    first = judged(made(), given).problem
    assert order.index(first.check) <= order.index(PROBLEMS[problem].check)


def test_without_fraud_it_is_accepted():
    verdict = judged(packed(files()), {})
    assert verdict.ok, verdict.problem
    assert [step.check for step in verdict.steps] == [check for check in CHECKS if check not in ("digest", "number")]
    assert [seal.name for seal in verdict.seals] == [BODY]


def test_every_problem_has_its_fraud():
    """But for those that the seal network's own words cause."""
    assert PROBLEMS.keys() - FRAUDS.keys() == {"DIGEST_DIFFERENT", "NUMBER_DIFFERENT"}
    assert {problem.check for problem in PROBLEMS.values()} == set(CHECKS)
    assert sum(map(len, FRAUDS.values())) >= 40


@pytest.mark.parametrize(
    ("lists", "ok"),
    [
        (lambda: revoking(signer(), since=NOW + timedelta(days=1)), True),
        (lambda: revoking(signer(), by=new_pki(NOW).intermediate), True),
        (lambda: revoking(signer(), until=NOW - timedelta(hours=1)), False),
    ],
    ids=["revoked after it was sealed", "a list of somebody else", "an old list counts all the same"],
)
def test_a_revocation_counts_from_its_time_on_and_from_its_issuer(lists, ok):
    assert judged(packed(files()), {"trust": lists}).ok is ok


@pytest.mark.parametrize(("known_since", "ok"), [(NOW - timedelta(hours=2), True), (None, False)], ids=["known before", "not known before"])
def test_a_file_that_was_known_before_its_signer_was_revoked_stays_right(known_since, ok):
    """As what was sealed a year ago by somebody who has left since."""
    given = {"trust": lambda: revoking(signer(), since=NOW - timedelta(hours=1)), "expected": {"known_since": known_since}}
    content = packed(files(sealed_at=NOW - timedelta(hours=3)))
    assert judged(content, given | {"expected": given["expected"] | {"coded_at": NOW - timedelta(hours=4)}}).ok is ok


def test_a_list_that_is_not_the_whole_list_revokes_and_does_not_acquit():
    """With a critical extension that says so."""
    delta = der.explicit(0, der.sequence(der.sequence(der.oid("2.5.29.27"), der.boolean(True), der.octets(der.integer(1)))))
    for revoked, policy, problem in (
        ({}, Policy(revocation_required=True), "REVOCATION_UNKNOWN"),
        ({read_certificate(signer().certificate).serial: NOW - timedelta(days=2)}, Policy(), "SIGNER_REVOKED"),
    ):
        dates = NOW - timedelta(days=1), NOW + timedelta(days=1)
        lists = [revocation_list(pki().intermediate, revoked, *dates, delta), revocation_list(pki().root, {}, *dates)]
        known = trust(lists=[read_revocation_list(each) for each in lists], policy=policy)
        found = judged(packed(files()), {"trust": lambda known=known: known}).problem
        assert found.problem == problem


def test_who_is_made_a_maker_by_a_registered_issuer_may_make_seals():
    makers = issue("制章机构", pki().root, VALID[0], 12, usage=ISSUE, authority=True)
    content = packed(files(seal(maker=issue("第七制章者", makers, VALID[0], 12))))
    for registered, ok in (([makers.certificate], True), ([pki().maker.certificate], False)):
        known = trust(intermediates=[pki().intermediate.certificate, makers.certificate], makers=registered)
        assert judged(content, {"trust": lambda known=known: known}).ok is ok


def test_what_a_vendor_prints_besides_is_known_or_refused():
    """Words, a picture, a filled figure: each allowed to this vendor alone."""
    emblem = picture_of()
    picture = io.BytesIO()
    Image.new("L", (9, 9)).save(picture, "PNG")
    words, figure = (
        added_to_page(text_object("本证由住房和城乡建设部监制", 100, 195)),
        added_to_page(b'<ofd:PathObject ID="98" Boundary="12 12 9 9" Fill="true"><ofd:AbbreviatedData>M 0 0 L 9 9 C</ofd:AbbreviatedData></ofd:PathObject>'),
    )  # fmt: skip
    pictured = with_pictures(picture.getvalue())
    for content, allowed in (
        (words, Printed(texts=["本证由住房和城乡建设部监制"])),
        (pictured, Printed(pictures=[sm3(picture.getvalue()).hex()])),
        (figure, Printed(drawings=True)),
    ):
        for vendor, ok in (("CRANESANDBOX", True), ("OTHER", False)):
            policy = Policy(printed={vendor: allowed})
            assert judged(content, {"trust": lambda policy=policy: trust(policy=policy)}).ok is ok
    policy = Policy(printed={"CRANESANDBOX": Printed(pictures=[sm3(emblem).hex()])})
    assert judged(with_pictures(emblem), {"trust": lambda: trust(policy=policy)}).problem.problem == "QR_DIFFERENT"


def test_nothing_that_a_document_is_made_of_is_forgiven():
    """Not XML, and not what lies a folder deeper than the pattern says."""
    for name in ("Doc_0/Res/font_x/evil.ttf", "Doc_0/Res/font_1.xml"):
        policy = Policy({"CRANESANDBOX": ["Doc_0/Res/font_*"]})
        content = packed(files() | {name: b"<x/>"})
        assert judged(content, {"trust": lambda policy=policy: trust(policy=policy)}).problem.problem == "FILE_UNSIGNED"


def test_a_file_without_data_of_its_own_is_judged_by_its_page():
    root = re.sub(rb"<ofd:CustomDatas>.*</ofd:CustomDatas>", b"", files()["OFD.xml"], flags=re.DOTALL)
    verdict = judged(packed(resealed(files() | {"OFD.xml": root})), {})
    assert verdict.ok
    assert {"identifier", "data"}.isdisjoint(step.check for step in verdict.steps)


def test_a_time_at_the_end_of_the_calendar_is_a_time():
    """In every zone; a certificate that never ends says so."""
    for when in (b"99991231235959Z", b"99991231235959-0800"):
        assert der_time(when).astimezone(timezone(timedelta(hours=14))).year == 9998
    assert judged(packed(files(sealed_at=datetime(9999, 12, 31, tzinfo=UTC))), {}).problem.problem == "SIGNER_EXPIRED"


def der_time(text):
    from registry.sealed_ofd.der import read

    return read(der.tagged(0x18, text)).instant()


def test_what_is_forgiven_to_a_vendor_is_forgiven_to_no_other():
    content = packed(files() | {"Doc_0/Res/font_1.ttf": b"font"})
    for vendor, ok in (("CRANESANDBOX", True), ("OTHER", False)):
        policy = Policy({vendor: ["Doc_0/Res/font_*.ttf"]})
        assert judged(content, {"trust": lambda policy=policy: trust(policy=policy)}).ok is ok


def test_a_distinguished_name_is_told():
    assert f"CN={BODY}" in judged(packed(files()), {}).seals[0].signer


def test_a_seal_of_version_5_is_read():
    assert judged(packed(ofd.sealed(parts(), seal(version=5), NOW, version=5)), {}).ok


def test_digests_may_stand_in_the_seals_list_of_signers():
    """certListType 2 ."""
    encoded = seal().encoded
    listed = der.sequence(der.octets(signer().certificate))
    digests = der.sequence(der.sequence(der.printable("SM3"), der.octets(sm3(signer().certificate))))
    information, maker, algorithm, _ = parted(encoded)
    header, number, properties, picture = parted(information)
    own = parted(properties)
    assert own[3] == listed
    changed = der.sequence(header, number, der.sequence(*own[:2], der.integer(2), digests, *own[4:]), picture)
    whole = der.sequence(changed, maker, algorithm, der.bits(pki().maker.sign(changed)))
    assert judged(packed(ofd.sealed(parts(), Seal(whole, signer()), NOW)), {}).ok
