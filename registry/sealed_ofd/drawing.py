"""A page of an OFD file as a picture (SVG), drawn from the file itself: what a reader of OFD files would show, with a watermark over it."""

from base64 import b64encode
from collections.abc import Iterator, Sequence

from lxml import etree

from registry.sealed_ofd.archive import Unreadable
from registry.sealed_ofd.der import NotDer
from registry.sealed_ofd.document import Document, Line, Page, PathObject, PictureObject, TextObject, bodies, read_document
from registry.sealed_ofd.package import Box, Package
from registry.sealed_ofd.pictures import media_type
from registry.sealed_ofd.seal import SealSignature, UnsupportedVersion, read_signature
from registry.sealed_ofd.signature import Description, signatures

SVG = "http://www.w3.org/2000/svg"
FAMILY = "SimSun, NSimSun, 'Noto Sans Mono CJK SC', 'Songti SC', 'Noto Serif CJK SC', serif"
"""First fonts in which a letter is half as wide as a Chinese character, as certificates are set."""
MOST_BYTES = 16 * 1024 * 1024
"""Of the pictures that a page shows, and of those of its seals."""
MOST_POINTS = 20_000
STEPS = {"M": ("M", 2), "S": ("M", 2), "L": ("L", 2), "Q": ("Q", 4), "B": ("C", 6), "A": ("A", 7), "C": ("Z", 0)}
"""Operators of a path (GB/T 33190-2016, AbbreviatedData): SVG's word for each, and how many numbers it takes."""


def draw_page(content: bytes, watermark: str, number: int = 0) -> bytes:
    """The page of this number, from 0, as an SVG document with every picture inside it. Raises Unreadable."""
    package = Package(content)
    found = bodies(package)
    if not found:
        raise Unreadable("NO_DOCUMENT")
    document = read_document(package, found[0])
    if not 0 <= number < len(document.pages):
        raise Unreadable("XML_MISSING", "Page")
    page = document.pages[number]
    drawn, left = _svg(package, page), MOST_BYTES
    for box, seal in _stamps(package, document, page):
        stamp = _seal(seal, box)
        left -= sum(len(image.get("href") or "") for part in stamp for image in part.iter(f"{{{SVG}}}image"))
        if left < 0:
            raise Unreadable("XML_TOO_LARGE", page.id)
        drawn.extend(stamp)
    if watermark:
        drawn.extend(_watermark(page.area, watermark))
    return etree.tostring(drawn, xml_declaration=True, encoding="UTF-8")


def _svg(package: Package, page: Page) -> "etree._Element":
    area = page.area
    if sum(len(package.files[name]) for name in page.pictures) > MOST_BYTES:
        raise Unreadable("XML_TOO_LARGE", page.id)
    drawn = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG})  # type: ignore[dict-item]  # the stubs know no default namespace
    drawn.set("viewBox", f"{area.x:g} {area.y:g} {area.width:g} {area.height:g}")
    drawn.set("width", f"{area.width:g}mm")
    drawn.set("height", f"{area.height:g}mm")
    drawn.set("font-family", FAMILY)
    drawn.append(_element("rect", x=area.x, y=area.y, width=area.width, height=area.height, fill="#ffffff"))
    for each in page.objects:
        if isinstance(each, TextObject):
            drawn.extend(_text(each, line) for line in each.lines if line.text.strip())
        elif isinstance(each, PathObject):
            drawn.append(_path(each))
        elif isinstance(each, PictureObject):
            drawn.extend(_picture(package.files[each.name], each.box))
    return drawn


def _text(text: TextObject, line: Line) -> "etree._Element":
    places, x = [], line.x
    for index, character in enumerate(line.text):
        places += [f"{x:.3f}"] * (2 if ord(character) > 0xFFFF else 1)  # browsers count UTF-16 units
        x += line.advances[index] if index < len(line.advances) else text.size
    drawn = _element("text", x=" ".join(places), y=f"{line.y:.3f}", font_size=f"{text.size:.3f}", fill=text.colour)
    if text.bold:
        drawn.set("font-weight", "bold")
    drawn.text = "".join(character if character.isprintable() else " " for character in line.text)
    return drawn


def _path(path: PathObject) -> "etree._Element":
    moved = " ".join(f"{number:g}" for number in path.matrix)
    drawn = _element("path", d=_steps(path.data), transform=f"translate({path.box.x:g} {path.box.y:g}) matrix({moved})")
    drawn.set("fill", path.fill or "none")
    drawn.set("stroke", path.stroke or "none")
    drawn.set("stroke-width", f"{path.width:g}")
    return drawn


def _steps(data: str) -> str:
    """The path in SVG's words; what is no path ends it."""
    tokens, found, at = data.split()[:MOST_POINTS], [], 0
    while at < len(tokens) and tokens[at] in STEPS:
        word, count = STEPS[tokens[at]]
        numbers = tokens[at + 1 : at + 1 + count]
        if len(numbers) < count or not all(_is_number(number) for number in numbers):
            break
        found.append(" ".join((word, *numbers)))
        at += 1 + count
    return " ".join(found)


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < 1e6
    except ValueError:
        return False


def _picture(content: bytes, box: Box) -> Iterator["etree._Element"]:
    media = media_type(content)
    if media is not None:
        drawn = _element("image", x=box.x, y=box.y, width=box.width, height=box.height, preserveAspectRatio="none")
        drawn.set("href", f"data:{media};base64,{b64encode(content).decode()}")
        yield drawn


def _stamps(package: Package, document: Document, page: Page) -> Iterator[tuple[Box, SealSignature]]:
    signed = signatures(package, document.body)
    for description in signed.descriptions if signed is not None else ():
        seal = _read(package, description)
        for on, box in description.stamps:
            if seal is not None and on == page.id:
                yield box, seal


def _read(package: Package, description: Description) -> SealSignature | None:
    try:
        return None if description.value is None else read_signature(package.files[description.value])
    except (NotDer, UnsupportedVersion):
        return None


def _seal(signature: SealSignature, box: Box) -> Sequence["etree._Element"]:
    """A seal's picture; one that is an OFD file itself is drawn as a picture within the picture."""
    seal = signature.seal
    if seal.picture_type.lower() != "ofd":
        return list(_picture(seal.picture, box))
    try:
        inner = Package(seal.picture)
        pages = read_document(inner, bodies(inner)[0]).pages
        drawn = _svg(inner, pages[0])
    except (Unreadable, IndexError):
        return []
    for name, value in zip(("x", "y", "width", "height"), box, strict=True):
        drawn.set(name, f"{value:g}")
    drawn.remove(drawn[0])  # its white ground would cover what lies under the seal
    return [drawn]


def _watermark(area: Box, words: str) -> Iterator["etree._Element"]:
    """The words, slanted, in rows all over the page."""
    size = area.width / 18
    group = _element("g", fill="#7a8794", opacity="0.16", font_size=f"{size:.2f}", text_anchor="middle")
    for row in range(3):
        for column in range(3):
            x, y = area.x + area.width * (column + 0.5) / 3, area.y + area.height * (row + 0.5) / 3
            mark = _element("text", x=f"{x:.1f}", y=f"{y:.1f}", transform=f"rotate(-28 {x:.1f} {y:.1f})")
            mark.text = words
            group.append(mark)
    yield group


def _element(name: str, **attributes: object) -> "etree._Element":
    element = etree.Element(f"{{{SVG}}}{name}")
    for key, value in attributes.items():
        element.set(key.replace("_", "-"), f"{value:g}" if isinstance(value, float) else str(value))
    return element
