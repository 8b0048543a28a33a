"""The certificate file as the network makes it: an OFD package (GB/T 33190-2016) of one A4 landscape page, with the seal on it.

The page shows the title, each face item as a label and a value (two TextObjects; a long value has one TextCode a line) and the QR picture.
`OFD.xml` repeats the items under their Chinese labels in CustomDatas, with the 证照标识. The typeface is carried along where the machine has one, else named. Lengths are millimetres.
"""

import io
import re
import unicodedata
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from lxml import etree
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from sandbox.pki import SM2_WITH_SM3
from sandbox.seal import VENDOR, Seal, sign_with
from sandbox.signing import sm3
from sandbox.typeface import Typeface

TITLE = "建筑起重机械备案证"

FACE_ITEMS = {
    "certificateNo": "编号",
    "equipmentNo": "设备唯一编号",
    "manufacturer": "制造单位",
    "owner": "产权单位",
    "category": "设备类别",
    "model": "规格型号",
    "serialNo": "出厂编号",
    "madeOn": "出厂日期",
    "licenceNo": "特种设备生产许可证编号",
    "parameters": "设备技术参数",
    "qrText": "查询二维码",
    "authority": "发证机关",
    "issuedOn": "发证日期",
}
"""The 13 items of the certificate's face in their order: key on the wire, label on the page."""

IDENTIFIER_LABEL = "证照标识"

NAMESPACE = "http://www.ofdspec.org/2016"
PAGE = (297.0, 210.0)
LABEL_X, VALUE_X, TOP, ROW, TALL_ROW = 25.0, 82.0, 46.0, 10.5, 21.0
TEXT_SIZE, TITLE_SIZE, LINE_GAP = 4.4, 10.0, 1.25
QR_SIDE, QR_X, QR_Y = 36.0, 236.0, 142.0
VALUE_RIGHT, VALUE_RIGHT_BESIDE_QR = 280.0, 230.0
PAGE_ID, FONT_ID, IMAGE_ID = "1", "3", "4"
FONT_FILE = f"font_{FONT_ID}.ttf"
SIGNATURES, SIGNATURE = "Doc_0/Signs/Signatures.xml", "Doc_0/Signs/Sign_0"
STAMP = "122 150 42 42"
"""Where the seal is drawn: on the end of the authority's name, as is usual, and on no number."""
SM3 = "1.2.156.10197.1.401"
FIRST_OBJECT_ID = 10
WORDS = re.compile("[!-~·]+|.")
"""What stays on one line."""
MODULE_PIXELS = 8


class Placed(NamedTuple):
    """Lines of text in a box: upper left corner, width, height, and size of the type."""

    lines: list[str]
    x: float
    y: float
    width: float
    height: float
    size: float


def certificate_parts(
    items: Mapping[str, str], identifier: str, made_at: datetime, document_id: str, typeface: Typeface | None = None
) -> dict[str, bytes]:
    """The files of the package but those of its seal, by their names.

    `items`: a text for every key of `FACE_ITEMS`; `document_id`: 32 hex characters; `typeface`: to carry along, else the reader's own 宋体
    serves. Raises KeyError when an item is missing, ValueError when a text holds characters that XML cannot.
    """
    objects = _layout(items)
    parts = {
        "OFD.xml": _root(items, identifier, made_at, document_id),
        "Doc_0/Document.xml": _document(FIRST_OBJECT_ID + len(objects) + 2),
        "Doc_0/PublicRes.xml": _fonts(typeface),
        "Doc_0/DocumentRes.xml": _pictures(),
        "Doc_0/Pages/Page_0/Content.xml": _page(objects),
    }
    files = {name: encoded(root) for name, root in parts.items()}
    files["Doc_0/Res/qr.png"] = qr_picture(items["qrText"])
    if typeface is not None:
        files[f"Doc_0/Res/{FONT_FILE}"] = typeface.part("".join(line for placed in objects for line in placed.lines))
    return files


def sealed(parts: Mapping[str, bytes], seal: Seal, sealed_at: datetime, *, version: int = 4) -> dict[str, bytes]:
    """The package's files with a seal that covers them all (GB/T 33190-2016, chapter 18)."""
    references = _element("References", CheckMethod=SM3)
    for name, content in parts.items():
        references.append(_with(_element("Reference", FileRef=f"/{name}"), _element("CheckValue", b64encode(sm3(content)).decode())))
    about = f"{SIGNATURE}/Signature.xml"
    info = _with(
        _element("SignedInfo"),
        _element("Provider", ProviderName=VENDOR, Version="1.0", Company=VENDOR),
        _element("SignatureMethod", SM2_WITH_SM3),
        _element("SignatureDateTime", sealed_at.strftime("%Y%m%d%H%M%SZ")),
        references,
        _element("StampAnnot", ID="st1", PageRef=PAGE_ID, Boundary=STAMP),
        _with(_element("Seal"), _element("BaseLoc", f"/{SIGNATURE}/Seal.esl")),
    )
    description = encoded(_with(_element("Signature"), info, _element("SignedValue", f"/{SIGNATURE}/SignedValue.dat")))
    listed = _element("Signature", ID="s001", Type="Seal", BaseLoc=f"/{about}")
    return {
        **parts,
        SIGNATURES: encoded(_with(_element("Signatures"), _element("MaxSignId", "s001"), listed)),
        about: description,
        f"{SIGNATURE}/Seal.esl": seal.encoded,
        f"{SIGNATURE}/SignedValue.dat": sign_with(seal, sm3(description), f"/{about}", sealed_at, version=version),
    }


def encoded(root: "etree._Element") -> bytes:
    """An XML file of the package."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def qr_picture(text: str) -> bytes:
    """The text as a QR code (level M, quiet zone of 4 modules): black-and-white PNG."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    picture = Image.new("1", (len(rows), len(rows)))
    picture.putdata([0 if dark else 1 for row in rows for dark in row])
    side = len(rows) * MODULE_PIXELS
    packed = io.BytesIO()
    picture.resize((side, side), Image.Resampling.NEAREST).save(packed, "PNG")
    return packed.getvalue()


def _layout(items: Mapping[str, str]) -> list[Placed]:
    placed = [Placed([TITLE], (PAGE[0] - len(TITLE) * TITLE_SIZE) / 2, 22.0, len(TITLE) * TITLE_SIZE, TITLE_SIZE * LINE_GAP, TITLE_SIZE)]
    y = TOP
    for key, label in FACE_ITEMS.items():
        if key == "qrText":
            width = sum(_advance(character, TEXT_SIZE) for character in label)
            placed.append(_fitted(label, QR_X + (QR_SIDE - width) / 2, QR_Y + QR_SIDE + 1, width + TEXT_SIZE, ROW))
            continue
        height = TALL_ROW if key == "parameters" else ROW
        right = VALUE_RIGHT if y + height < QR_Y else VALUE_RIGHT_BESIDE_QR
        placed.append(_fitted(label, LABEL_X, y, VALUE_X - LABEL_X, height))
        placed.append(_fitted(items[key], VALUE_X, y, right - VALUE_X, height))
        y += height
    return placed


def _fitted(text: str, x: float, y: float, width: float, height: float) -> Placed:
    """Wrap the text, in smaller type as long as it overflows its box."""
    size = TEXT_SIZE
    lines = _wrapped(text, width, size)
    while _bottom(lines, size) > height and size > 0.5:
        size *= 0.9
        lines = _wrapped(text, width, size)
    return Placed(lines, x, y, width, height, size)


def _baseline(index: int, size: float) -> float:
    """Millimetres below the box's top; the first line stands level with the label beside it, whatever its size."""
    return max(size, TEXT_SIZE) + index * size * LINE_GAP


def _bottom(lines: list[str], size: float) -> float:
    return _baseline(len(lines) - 1, size) + size * (LINE_GAP - 1)


def _wrapped(text: str, width: float, size: float) -> list[str]:
    """Lines that are no wider; a word or a unit is parted only when no line could hold it."""
    lines = []
    for paragraph in text.splitlines() or [""]:
        line, used = "", 0.0
        for word in WORDS.findall(paragraph):
            whole = sum(_advance(character, size) for character in word)
            for part, advance in [(word, whole)] if whole <= width else [(character, _advance(character, size)) for character in word]:
                if line and used + advance > width:
                    lines.append(line)
                    line, used = "", 0.0
                line, used = line + part, used + advance
        lines.append(line)
    return lines


def _advance(character: str, size: float) -> float:
    return size if unicodedata.east_asian_width(character) in "WFA" else size / 2


def _element(name: str, text: str = "", **attributes: str) -> "etree._Element":
    element = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={"ofd": NAMESPACE})
    for key, value in attributes.items():
        element.set(key, value)
    if text:
        element.text = text
    return element


def _with(parent: "etree._Element", *children: "etree._Element") -> "etree._Element":
    parent.extend(children)
    return parent


def _root(items: Mapping[str, str], identifier: str, made_at: datetime, document_id: str) -> "etree._Element":
    labelled = {label: items[key] for key, label in FACE_ITEMS.items()} | {IDENTIFIER_LABEL: identifier}
    info = _with(
        _element("DocInfo"),
        _element("DocID", document_id),
        _element("Title", TITLE),
        _element("Author", items["authority"]),
        _element("CreationDate", made_at.date().isoformat()),
        _element("Creator", "seal network"),
        _with(_element("CustomDatas"), *(_element("CustomData", text, Name=name) for name, text in labelled.items())),
    )
    return _with(
        _element("OFD", Version="1.0", DocType="OFD"),
        _with(_element("DocBody"), info, _element("DocRoot", "Doc_0/Document.xml"), _element("Signatures", f"/{SIGNATURES}")),
    )


def _document(largest_id: int) -> "etree._Element":
    common = _with(
        _element("CommonData"),
        _element("MaxUnitID", str(largest_id)),
        _with(_element("PageArea"), _element("PhysicalBox", f"0 0 {PAGE[0]:g} {PAGE[1]:g}")),
        _element("PublicRes", "PublicRes.xml"),
        _element("DocumentRes", "DocumentRes.xml"),
    )
    return _with(_element("Document"), common, _with(_element("Pages"), _element("Page", ID=PAGE_ID, BaseLoc="Pages/Page_0/Content.xml")))


def _fonts(typeface: Typeface | None) -> "etree._Element":
    if typeface is None:
        font = _element("Font", ID=FONT_ID, FontName="宋体", FamilyName="SimSun")
    else:
        font = _with(_element("Font", ID=FONT_ID, FontName=typeface.name, FamilyName=typeface.name), _element("FontFile", FONT_FILE))
    return _with(_element("Res", BaseLoc="Res"), _with(_element("Fonts"), font))


def _pictures() -> "etree._Element":
    picture = _with(_element("MultiMedia", ID=IMAGE_ID, Type="Image", Format="PNG"), _element("MediaFile", "qr.png"))
    return _with(_element("Res", BaseLoc="Res"), _with(_element("MultiMedias"), picture))


def _page(objects: list[Placed]) -> "etree._Element":
    layer = _element("Layer", ID="2", Type="Body")
    for number, placed in enumerate(objects, FIRST_OBJECT_ID):
        layer.append(_text(placed, number))
    frame = _element("PathObject", ID=str(FIRST_OBJECT_ID + len(objects)), Boundary="10 10 277 190", LineWidth="0.6")
    layer.append(_with(frame, _element("AbbreviatedData", "M 0 0 L 277 0 L 277 190 L 0 190 C")))
    box = f"{QR_X:g} {QR_Y:g} {QR_SIDE:g} {QR_SIDE:g}"
    image_id = str(FIRST_OBJECT_ID + len(objects) + 1)
    layer.append(_element("ImageObject", ID=image_id, Boundary=box, CTM=f"{QR_SIDE:g} 0 0 {QR_SIDE:g} 0 0", ResourceID=IMAGE_ID))
    return _with(_element("Page"), _with(_element("Content"), layer))


def _text(placed: Placed, number: int) -> "etree._Element":
    boundary = f"{placed.x:g} {placed.y:g} {placed.width:g} {placed.height:g}"
    text = _element("TextObject", ID=str(number), Boundary=boundary, Font=FONT_ID, Size=f"{placed.size:.4g}")
    for index, line in enumerate(placed.lines):
        code = _element("TextCode", line, X="0", Y=f"{_baseline(index, placed.size):.4g}")
        if len(line) > 1:
            code.set("DeltaX", " ".join(f"{_advance(character, placed.size):.4g}" for character in line[:-1]))
        text.append(code)
    return text


def packed(files: Mapping[str, bytes], made_at: datetime) -> bytes:
    """The ZIP archive of these files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name, made_at.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return archive.getvalue()
