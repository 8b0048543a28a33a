"""The certificate file, read back by independent readers."""

import io
import zipfile
from datetime import UTC, datetime

import ofdkit
import pytest
import zxingcpp
from lxml import etree
from PIL import Image, ImageChops, ImageDraw, ImageFont
from platform_clients import certificate
from seals import seal

from sandbox.ofd import FACE_ITEMS, TITLE, certificate_parts, packed, qr_picture, sealed
from sandbox.typeface import FILE, NUMBER, installed_typeface

NOW = datetime(2025, 6, 1, tzinfo=UTC)
LONG = "公称起重力矩800kN·m；最大起重量6t；最大幅度56m；独立高度40m；" * 12


def package(**changes):
    return packed(sealed(certificate_parts(certificate(**changes), "1.2.156.3005.2.X", NOW, "0" * 32), seal(), NOW), NOW)


def squeezed(text):
    return "".join(text.split())


def test_an_independent_reader_finds_title_labels_and_values():
    text = ofdkit.extract_text(package())
    assert TITLE in text
    for key, label in FACE_ITEMS.items():
        assert label in text
        assert key == "qrText" or certificate()[key] in text


def test_custom_data_repeats_the_items_and_the_identifier():
    with ofdkit.open(package()) as document:
        told = document.info.custom_data if hasattr(document, "info") else document.doc_info.custom_data
    assert told == {label: certificate()[key] for key, label in FACE_ITEMS.items()} | {"证照标识": "1.2.156.3005.2.X"}


@pytest.mark.parametrize("text", [LONG, "x" * 400, "a<b>&\"'", "𠮷野起重机"])
def test_any_text_is_whole_on_the_page(text):
    with zipfile.ZipFile(io.BytesIO(package(parameters=text))) as archive:
        page = etree.fromstring(archive.read("Doc_0/Pages/Page_0/Content.xml"))
    texts = ["".join(element.itertext()) for element in page.iter("{*}TextObject")]
    assert text in texts
    assert squeezed(text) in squeezed(ofdkit.extract_text(package(parameters=text)))


def test_a_long_value_stays_inside_its_box():
    with zipfile.ZipFile(io.BytesIO(package(parameters=LONG))) as archive:
        page = etree.fromstring(archive.read("Doc_0/Pages/Page_0/Content.xml"))
    for element in page.iter("{*}TextObject"):
        _, _, width, height = (float(part) for part in element.get("Boundary").split())
        for code in element:
            advances = [float(part) for part in code.get("DeltaX", "0").split()]
            assert sum(advances) < width
            assert float(code.get("Y")) <= height


def test_a_unit_is_not_parted_at_the_end_of_a_line():
    with zipfile.ZipFile(io.BytesIO(package(parameters="最大起重量 6 t；最大幅度 60 m；独立高度 45 m；公称起重力矩 800 kN·m"))) as archive:
        page = etree.fromstring(archive.read("Doc_0/Pages/Page_0/Content.xml"))
    assert "kN·m" in [code.text for code in page.iter("{*}TextCode")]


def test_the_page_shows_the_qr_picture_of_the_text():
    with zipfile.ZipFile(io.BytesIO(package())) as archive:
        picture = Image.open(io.BytesIO(archive.read("Doc_0/Res/qr.png")))
        page = etree.fromstring(archive.read("Doc_0/Pages/Page_0/Content.xml"))
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [certificate()["qrText"]]
    assert len(list(page.iter("{*}ImageObject"))) == 1


@pytest.mark.parametrize("text", ["x", "0123456789abcdef" * 8, "备案"])
def test_qr_pictures_of_every_size_are_readable(text):
    assert zxingcpp.read_barcodes(Image.open(io.BytesIO(qr_picture(text))))[0].text == text


def test_the_package_is_one_a4_landscape_page_with_one_seal_and_unique_ids():
    with zipfile.ZipFile(io.BytesIO(package())) as archive:
        names = archive.namelist()
        ids = [
            element.get("ID")
            for name in names
            if name.endswith(".xml")
            for element in etree.fromstring(archive.read(name)).iter()
            if element.get("ID")
        ]
        document = etree.fromstring(archive.read("Doc_0/Document.xml"))
    assert len(names) == len({name.lower() for name in names}) == 10
    assert len(ids) == len(set(ids))
    assert max(int(each) for each in ids if each.isdigit()) <= int(document.findtext(".//{*}MaxUnitID"))
    assert document.findtext(".//{*}PhysicalBox") == "0 0 297 210"
    assert sorted(name.rpartition("/")[2] for name in names if "Signs" in name) == [
        "Seal.esl",
        "Signature.xml",
        "Signatures.xml",
        "SignedValue.dat",
    ]


with_typeface = pytest.mark.skipif(installed_typeface() is None, reason="the machine has no Chinese typeface")


def letter_drawn(letter, font):
    drawn = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(drawn).text((20, 0), letter, 0, font)
    return drawn


def dark(picture):
    return sum(picture.histogram()[:128])


def carried(text=LONG):
    """The typeface in a package, and all letters of its page."""
    parts = certificate_parts(certificate(parameters=text), "1.2.156.3005.2.X", NOW, "0" * 32, installed_typeface())
    page = etree.fromstring(parts["Doc_0/Pages/Page_0/Content.xml"])
    return parts, "".join(page.itertext("{*}TextCode"))


@with_typeface
def test_the_page_carries_the_typeface_of_all_its_letters():
    parts, letters = carried()
    named = etree.fromstring(parts["Doc_0/PublicRes.xml"])
    assert named.find(".//{*}Font").get("FontName") == installed_typeface().name == "Noto Sans Mono CJK SC"
    file = io.BytesIO(parts[f"Doc_0/{named.get('BaseLoc')}/{named.findtext('.//{*}FontFile')}"])
    ours, whole = ImageFont.truetype(file, 240), ImageFont.truetype(str(FILE), 240, index=NUMBER)
    assert ours.getname() == ("Noto Sans Mono CJK SC", "Regular")
    for letter in set(letters):
        assert ours.getlength(letter) == whole.getlength(letter), letter
        theirs = letter_drawn(letter, whole)
        apart = ImageChops.difference(letter_drawn(letter, ours), theirs)
        assert dark(ImageChops.invert(apart)) <= 0.2 * dark(theirs), (
            letter
        )  # hinting moves the edges a little; another letter differs by more


@with_typeface
def test_a_letter_that_the_typeface_lacks_is_left_to_the_reader():
    parts, letters = carried("甲\U00102345乙")
    assert "\U00102345" in letters
    assert len(parts["Doc_0/Res/font_3.ttf"]) > 1000


def test_without_a_typeface_the_readers_own_is_named():
    parts = certificate_parts(certificate(), "1.2.156.3005.2.X", NOW, "0" * 32)
    assert etree.fromstring(parts["Doc_0/PublicRes.xml"]).find(".//{*}Font").get("FontName") == "宋体"
    assert not [name for name in parts if name.endswith(".ttf")]
