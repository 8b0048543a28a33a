"""The drawn page of a file from whoever sent it: it says what the file says, and is never large without end."""

import re

import pytest
from lxml import etree
from seals import BODY, NOW, VALID, files, packed, parts, pki, signer

from registry.sealed_ofd.archive import Unreadable
from registry.sealed_ofd.drawing import SVG, draw_page
from sandbox import ofd
from sandbox.seal import make_seal
from sandbox.seal_picture import seal_picture

PAGE, SIGNATURE = "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Signs/Sign_0/Signature.xml"


def drawn(**changes):
    return etree.fromstring(draw_page(packed(files() | changes), "预览"))


def on_page(*objects):
    return {PAGE: files()[PAGE].replace(b"</ofd:Layer>", b"".join(objects) + b"</ofd:Layer>")}


def test_letters_frame_code_seal_and_watermark_are_drawn():
    page = drawn()
    texts = ["".join(text.itertext()) for text in page.iter(f"{{{SVG}}}text")]
    assert {"建筑起重机械备案证", "产权单位", "预览"} <= set(texts)
    assert len(list(page.iter(f"{{{SVG}}}path"))) == 1
    assert len(list(page.iter(f"{{{SVG}}}image"))) == 2


def test_a_figure_stands_where_its_matrix_moves_it():
    figure = b'<ofd:PathObject ID="99" Boundary="10 20 9 9" CTM="2 0 0 2 5 6"><ofd:AbbreviatedData>M 0 0 L 9 9</ofd:AbbreviatedData></ofd:PathObject>'
    *_, path = drawn(**on_page(figure)).iter(f"{{{SVG}}}path")
    assert path.get("transform") == "translate(10 20) matrix(2 0 0 2 5 6)"


@pytest.mark.parametrize(
    "word", ["<script>alert(1)</script>", "\" onload='x'", "javascript:x", "&#0;"], ids=["script", "attribute", "address", "nul"]
)
def test_words_are_words(word):
    """Whatever a file says, the picture has no other elements than those of a picture."""
    text = f'<ofd:TextObject ID="99" Boundary="20 190 50 9" Size="4"><ofd:TextCode X="0" Y="4"><![CDATA[{word}]]></ofd:TextCode></ofd:TextObject>'
    names = {etree.QName(each).localname for each in drawn(**on_page(text.encode())).iter() if isinstance(each.tag, str)}
    assert names <= {"svg", "rect", "text", "path", "image", "g"}


@pytest.mark.parametrize(
    "changes",
    [
        lambda: on_page(b'<ofd:ImageObject ID="6" Boundary="2 1 3 3" ResourceID="4"/>' * 15_000) | {"Doc_0/Res/qr.png": files()["Doc_0/Res/qr.png"] + b"\0" * 100_000},
        lambda: {SIGNATURE: re.sub(rb"(<ofd:StampAnnot[^>]*/>)", rb"\1" * 20_000, files()[SIGNATURE])},
    ],
    ids=["one picture in many places", "one seal in many places"],
)  # fmt: skip
def test_a_small_file_makes_no_large_picture(changes):
    with pytest.raises(Unreadable) as refusal:
        drawn(**changes())
    assert refusal.value.code == "XML_TOO_LARGE"


def test_many_seals_with_large_pictures_make_no_large_picture():
    large = make_seal(pki().maker, signer(), BODY, "S-001", seal_picture(BODY) + b"\0" * 1_000_000, VALID)
    content = ofd.sealed(parts(), large, NOW)
    many = re.sub(rb"(<ofd:StampAnnot[^>]*/>)", rb"\1" * 50, content[SIGNATURE])
    with pytest.raises(Unreadable) as refusal:
        draw_page(packed(content | {SIGNATURE: many}), "预览")
    assert refusal.value.code == "XML_TOO_LARGE"
