"""What an OFD document says and shows (GB/T 33190-2016): its own data, and the texts, lines and pictures of its pages.

Only what certificates are made of is read. Whatever else a reader would show, or hide, is named as something odd: transparency, clipping,
annotations, figures that are filled, what lies beside the page. Lengths are millimetres.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from registry.sealed_ofd.archive import Unreadable
from registry.sealed_ofd.package import Box, Package, box_of, child, children, local, numbers_of, own_children, text_of

MOST_PAGES = 50
MOST_OBJECTS = 20_000
"""Of a document: figures, pictures and pieces of text."""
MOST_LEVELS = 16
OPAQUE = ("", "255")
OUTSIDE = 1.0
"""By how much something may stand out over the page's edge."""
IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
A4 = Box(0, 0, 210, 297)


@dataclass(frozen=True)
class Line:
    """Some characters from one point on; `x`, `y` are the page's, `advances` the way from each character to the next."""

    text: str
    x: float
    y: float
    advances: tuple[float, ...]


@dataclass(frozen=True)
class TextObject:
    """Lines of one size and colour."""

    lines: Sequence[Line]
    size: float
    colour: str
    bold: bool


@dataclass(frozen=True)
class PathObject:
    """A figure of straight lines and curves in the standard's abbreviated form (AbbreviatedData), moved by its matrix, within its box."""

    box: Box
    matrix: Sequence[float]
    data: str
    width: float
    stroke: str | None
    fill: str | None


@dataclass(frozen=True)
class PictureObject:
    """A picture in its box; `name` is its file in the package."""

    box: Box
    name: str


PageObject = TextObject | PathObject | PictureObject


@dataclass(frozen=True)
class Page:
    """One page: its ID, its area, and its objects in the order in which they are drawn."""

    id: str
    area: Box
    objects: Sequence[PageObject]

    @property
    def lines(self) -> list[Line]:
        """All lines of text."""
        return [line for each in self.objects if isinstance(each, TextObject) for line in each.lines]

    @property
    def pictures(self) -> list[str]:
        """The files of all pictures."""
        return [each.name for each in self.objects if isinstance(each, PictureObject)]


@dataclass(frozen=True)
class Document:
    """A document; `custom` is its CustomData, name → value, `body` the DocBody of OFD.xml, `oddities` name what is shown but not read."""

    body: "etree._Element"
    custom: Mapping[str, str]
    pages: Sequence[Page]
    oddities: Sequence[str]


@dataclass
class _Reading:
    """The pictures that a page may show, how many objects may still come, and what was odd."""

    pictures: dict[str, str] = field(default_factory=dict)
    left: int = MOST_OBJECTS
    oddities: list[str] = field(default_factory=list)

    def count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Unreadable("XML_TOO_LARGE")

    def finds_odd(self, element: "etree._Element", why: str) -> None:
        self.oddities.append(f"{local(element)} {element.get('ID') or ''} {why}")


def bodies(package: Package) -> list["etree._Element"]:
    """The documents of a package: the DocBody elements of OFD.xml. Raises Unreadable."""
    name = package.find("/OFD.xml")
    if name is None:
        raise Unreadable("XML_MISSING", "OFD.xml")
    return children(package.xml(name), "DocBody")


def read_document(package: Package, body: "etree._Element") -> Document:
    """A document with all its pages. Raises Unreadable."""
    custom = _custom(child(body, "DocInfo", "CustomDatas"))
    name = package.find(text_of(child(body, "DocRoot")) or "/")
    if name is None:
        raise Unreadable("XML_MISSING", "DocRoot")
    root = package.xml(name)
    common = child(root, "CommonData")
    reading = _resources(package, common, name)
    templates = {each.get("ID"): each.get("BaseLoc") for each in (children(common, "TemplatePage") if common is not None else [])}
    area = _area(common) or A4
    listed = child(root, "Pages")
    entries = children(listed, "Page") if listed is not None else []
    if len(entries) > MOST_PAGES:
        raise Unreadable("XML_TOO_LARGE", name)
    pages = [_page(package, entry, name, reading, templates, area) for entry in entries]
    if child(root, "Annotations") is not None:
        reading.oddities.append("Annotations")
    return Document(body, custom, pages, reading.oddities)


def _custom(holder: "etree._Element | None") -> Mapping[str, str]:
    found: dict[str, str] = {}
    for each in children(holder, "CustomData") if holder is not None else []:
        name = (each.get("Name") or "").strip()
        if name in found:
            raise Unreadable("XML_TWICE", name)
        found[name] = text_of(each)
    return found


def _area(holder: "etree._Element | None") -> Box | None:
    for area in ("PageArea", "Area"):
        found = box_of(text_of(child(holder, area, "PhysicalBox")))
        if found.width > 0 and found.height > 0:
            return found
    return None


def _resources(package: Package, common: "etree._Element | None", document: str) -> _Reading:
    found = _Reading()
    for kind in ("PublicRes", "DocumentRes"):
        for named in children(common, kind) if common is not None else []:
            name = package.find(text_of(named), document)
            if name is not None:
                _take_in(package, name, found)
    return found


def _take_in(package: Package, name: str, found: _Reading) -> None:
    root = package.xml(name)
    base = root.get("BaseLoc") or ""
    folder = f"{name.rpartition('/')[0]}/{base}" if not base.startswith("/") else base
    for element in root.iter():
        if local(element) == "MultiMedia" and (element.get("Type") or "Image") == "Image":
            file = text_of(child(element, "MediaFile"))
            picture = package.find(f"/{folder.strip('/')}/{file}") or package.find(file, name)
            if element.get("ID") in found.pictures:
                raise Unreadable("XML_TWICE", name)
            if picture is not None:
                found.pictures[element.get("ID") or ""] = picture


def _page(
    package: Package,
    entry: "etree._Element",
    document: str,
    reading: _Reading,
    templates: Mapping[str | None, str | None],
    area: Box,
) -> Page:
    name = package.find(entry.get("BaseLoc") or "/", document)
    if name is None:
        raise Unreadable("XML_MISSING", "Page")
    root = package.xml(name)
    area = _area(root) or area
    objects: list[PageObject] = []
    for template in children(root, "Template"):
        content = package.find(templates.get(template.get("TemplateID")) or "/", document)
        if content is not None:
            objects += _objects(child(package.xml(content), "Content"), reading, area)
    objects += _objects(child(root, "Content"), reading, area)
    return Page(entry.get("ID") or "", area, objects)


def _objects(element: "etree._Element | None", reading: _Reading, area: Box, level: int = 0) -> Iterator[PageObject]:
    for each in own_children(element) if element is not None else ():
        reading.count()
        kind = local(each)
        if each.get("Visible") == "false" or (each.get("Alpha") or "") not in OPAQUE or child(each, "Clips") is not None:
            reading.finds_odd(each, "Visible, Alpha, Clips")
        if kind in ("Layer", "PageBlock") and level < MOST_LEVELS:
            yield from _objects(each, reading, area, level + 1)
        elif kind == "TextObject":
            yield _text(each, reading, area)
        elif kind == "PathObject":
            yield _path(each, reading)
        elif kind == "ImageObject" and (picture := reading.pictures.get(each.get("ResourceID") or "")):
            yield _picture(each, picture, reading, area)
        else:
            reading.finds_odd(each, each.get("ResourceID") or "")


def _text(element: "etree._Element", reading: _Reading, area: Box) -> TextObject:
    box, matrix = box_of(element.get("Boundary")), numbers_of(element.get("CTM"))
    scale = abs(matrix[3]) if len(matrix) == 6 and matrix[3] else 1.0
    lines, x, y = [], 0.0, 0.0
    for code in children(element, "TextCode"):
        reading.count()
        x, y = _number(code.get("X"), x), _number(code.get("Y"), y)
        at_x, at_y = _moved(matrix, x, y)
        text = "".join(map(str, code.itertext()))
        line = Line(text, box.x + at_x, box.y + at_y, _advances(code.get("DeltaX"), len(text), scale))
        if text.strip() and not _is_inside(Box(line.x, line.y, 0, 0), area):
            reading.finds_odd(element, "Boundary")
        lines.append(line)
    size = (_number(element.get("Size"), 3.0)) * scale
    if size <= 0 or element.get("Fill") == "false" or child(element, "CGTransform") is not None:
        reading.finds_odd(element, "Size, Fill, CGTransform")
    bold = element.get("Bold") in ("true", "1") or _number(element.get("Weight"), 400) >= 700
    return TextObject(lines, size, _colour(child(element, "FillColor"), reading) or "#000000", bold)


def _is_inside(box: Box, area: Box) -> bool:
    return (
        area.x - OUTSIDE <= box.x <= box.x + box.width <= area.x + area.width + OUTSIDE
        and area.y - OUTSIDE <= box.y <= box.y + box.height <= area.y + area.height + OUTSIDE
    )


def _moved(matrix: Sequence[float], x: float, y: float) -> tuple[float, float]:
    if len(matrix) != 6:
        return x, y
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _advances(text: str | None, most: int, scale: float) -> tuple[float, ...]:
    """The first of `DeltaX`, with its repetitions `g count distance` written out: one for each of `most` characters."""
    if "g" not in (text or ""):
        return tuple(number * scale for number in numbers_of(text)[:most])
    parts = (text or "").split()
    found: list[float] = []
    at = 0
    while at < len(parts) and len(found) < most:
        if parts[at] == "g" and at + 2 < len(parts):
            times, distance = _number(parts[at + 1], 0), _number(parts[at + 2], 0)
            found += [distance * scale] * min(int(max(times, 0)), most)
            at += 3
        else:
            found.append(_number(parts[at], 0) * scale)
            at += 1
    return tuple(found[:most])


def _number(text: str | None, default: float) -> float:
    numbers = numbers_of(text)
    return numbers[0] if len(numbers) == 1 else default


def _path(element: "etree._Element", reading: _Reading) -> PathObject:
    stroke = _colour(child(element, "StrokeColor"), reading) or "#000000"
    fill = _colour(child(element, "FillColor"), reading) or "#000000"
    if element.get("Fill") == "true":
        reading.finds_odd(element, "Fill")
    matrix = numbers_of(element.get("CTM"))
    return PathObject(
        box=box_of(element.get("Boundary")),
        matrix=matrix if len(matrix) == 6 else IDENTITY,
        data=text_of(child(element, "AbbreviatedData")),
        width=_number(element.get("LineWidth"), 0.353),
        stroke=None if element.get("Stroke") == "false" else stroke,
        fill=fill if element.get("Fill") == "true" else None,
    )


def _picture(element: "etree._Element", name: str, reading: _Reading, area: Box) -> PictureObject:
    box, matrix = box_of(element.get("Boundary")), numbers_of(element.get("CTM"))
    whole = (box.width, 0.0, 0.0, box.height, 0.0, 0.0)
    filling = not matrix or (len(matrix) == 6 and all(abs(a - b) < OUTSIDE for a, b in zip(matrix, whole, strict=True)))
    if not filling or min(box.width, box.height) <= 0 or not _is_inside(box, area):
        reading.finds_odd(element, "Boundary, CTM")
    return PictureObject(box, name)


def _colour(element: "etree._Element | None", reading: _Reading) -> str | None:
    """`#rrggbb` of an RGB or grey value."""
    if element is None:
        return None
    if (element.get("Alpha") or "") not in OPAQUE:
        reading.finds_odd(element, "Alpha")
    values = [min(max(int(number), 0), 255) for number in numbers_of(element.get("Value"))]
    if len(values) == 1:
        values *= 3
    return "#" + "".join(f"{value:02x}" for value in values) if len(values) == 3 else None
