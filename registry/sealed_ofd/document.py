"""What an OFD document says and shows (GB/T 33190-2016): its own data, and the texts, lines and pictures of its pages.

Only what certificates are made of is read; transparency, clipping, patterns and the like are left aside. Lengths are millimetres.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from registry.sealed_ofd.package import Box, Package, Unreadable, box_of, child, children, local, numbers_of, text_of

MOST_PAGES = 50
MOST_OBJECTS = 20_000
MOST_LEVELS = 16
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
    """A figure of straight lines and curves in the standard's abbreviated form (AbbreviatedData), within its box."""

    box: Box
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
    """A document; `custom` is its CustomData, name → value, `body` the DocBody of OFD.xml."""

    body: "etree._Element"
    custom: Mapping[str, str]
    pages: Sequence[Page]


@dataclass
class _Resources:
    pictures: dict[str, str] = field(default_factory=dict)
    left: int = MOST_OBJECTS


def bodies(package: Package) -> list["etree._Element"]:
    """The documents of a package: the DocBody elements of OFD.xml. Raises Unreadable."""
    name = package.find("/OFD.xml")
    if name is None:
        raise Unreadable("XML_MISSING", "OFD.xml")
    return children(package.xml(name), "DocBody")


def read_document(package: Package, body: "etree._Element") -> Document:
    """A document with all its pages. Raises Unreadable."""
    data = child(body, "DocInfo", "CustomDatas")
    custom = {(each.get("Name") or "").strip(): text_of(each) for each in (children(data, "CustomData") if data is not None else [])}
    name = package.find(text_of(child(body, "DocRoot")) or "/")
    if name is None:
        raise Unreadable("XML_MISSING", "DocRoot")
    root = package.xml(name)
    common = child(root, "CommonData")
    resources = _resources(package, common, name)
    templates = {each.get("ID"): each.get("BaseLoc") for each in (children(common, "TemplatePage") if common is not None else [])}
    area = _area(common) or A4
    listed = child(root, "Pages")
    entries = children(listed, "Page") if listed is not None else []
    if len(entries) > MOST_PAGES:
        raise Unreadable("XML_TOO_LARGE", name)
    return Document(body, custom, [_page(package, entry, name, resources, templates, area) for entry in entries])


def _area(holder: "etree._Element | None") -> Box | None:
    for area in ("PageArea", "Area"):
        found = box_of(text_of(child(holder, area, "PhysicalBox")))
        if found.width > 0 and found.height > 0:
            return found
    return None


def _resources(package: Package, common: "etree._Element | None", document: str) -> _Resources:
    found = _Resources()
    for kind in ("PublicRes", "DocumentRes"):
        for named in children(common, kind) if common is not None else []:
            name = package.find(text_of(named), document)
            if name is not None:
                _take_in(package, name, found)
    return found


def _take_in(package: Package, name: str, found: _Resources) -> None:
    root = package.xml(name)
    base = root.get("BaseLoc") or ""
    folder = f"{name.rpartition('/')[0]}/{base}" if not base.startswith("/") else base
    for element in root.iter():
        if local(element) == "MultiMedia" and (element.get("Type") or "Image") == "Image":
            file = text_of(child(element, "MediaFile"))
            picture = package.find(f"/{folder.strip('/')}/{file}") or package.find(file, name)
            if picture is not None:
                found.pictures[element.get("ID") or ""] = picture


def _page(
    package: Package,
    entry: "etree._Element",
    document: str,
    resources: _Resources,
    templates: Mapping[str | None, str | None],
    area: Box,
) -> Page:
    name = package.find(entry.get("BaseLoc") or "/", document)
    if name is None:
        raise Unreadable("XML_MISSING", "Page")
    root = package.xml(name)
    objects: list[PageObject] = []
    for template in children(root, "Template"):
        content = package.find(templates.get(template.get("TemplateID")) or "/", document)
        if content is not None:
            objects += _objects(child(package.xml(content), "Content"), resources)
    objects += _objects(child(root, "Content"), resources)
    return Page(entry.get("ID") or "", _area(root) or area, objects)


def _objects(element: "etree._Element | None", resources: _Resources, level: int = 0) -> Iterator[PageObject]:
    if element is None or level > MOST_LEVELS:
        return
    for each in element:
        kind = local(each)
        if kind in ("Layer", "PageBlock"):
            yield from _objects(each, resources, level + 1)
            continue
        resources.left -= 1
        if resources.left < 0:
            raise Unreadable("XML_TOO_LARGE")
        if kind == "TextObject":
            yield _text(each)
        elif kind == "PathObject":
            yield _path(each)
        elif kind == "ImageObject" and (picture := resources.pictures.get(each.get("ResourceID") or "")):
            yield PictureObject(box_of(each.get("Boundary")), picture)


def _text(element: "etree._Element") -> TextObject:
    box, matrix = box_of(element.get("Boundary")), numbers_of(element.get("CTM"))
    scale = abs(matrix[3]) if len(matrix) == 6 and matrix[3] else 1.0
    lines, x, y = [], 0.0, 0.0
    for code in children(element, "TextCode"):
        x, y = _number(code.get("X"), x), _number(code.get("Y"), y)
        at_x, at_y = _moved(matrix, x, y)
        lines.append(Line("".join(map(str, code.itertext())), box.x + at_x, box.y + at_y, _advances(code.get("DeltaX"), scale)))
    size = (_number(element.get("Size"), 3.0)) * scale
    bold = element.get("Bold") in ("true", "1") or _number(element.get("Weight"), 400) >= 700
    return TextObject(lines, size, _colour(child(element, "FillColor")) or "#000000", bold)


def _moved(matrix: Sequence[float], x: float, y: float) -> tuple[float, float]:
    if len(matrix) != 6:
        return x, y
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _advances(text: str | None, scale: float) -> tuple[float, ...]:
    """`DeltaX` with its repetitions `g count distance` written out."""
    if "g" not in (text or ""):
        return tuple(number * scale for number in numbers_of(text)[:MOST_OBJECTS])
    parts = (text or "").split()
    found: list[float] = []
    at = 0
    while at < len(parts) and len(found) < MOST_OBJECTS:
        if parts[at] == "g" and at + 2 < len(parts):
            times, distance = _number(parts[at + 1], 0), _number(parts[at + 2], 0)
            found += [distance * scale] * min(int(max(times, 0)), MOST_OBJECTS)
            at += 3
        else:
            found.append(_number(parts[at], 0) * scale)
            at += 1
    return tuple(found)


def _number(text: str | None, default: float) -> float:
    numbers = numbers_of(text)
    return numbers[0] if len(numbers) == 1 else default


def _path(element: "etree._Element") -> PathObject:
    stroke = _colour(child(element, "StrokeColor")) or "#000000"
    fill = _colour(child(element, "FillColor")) or "#000000"
    return PathObject(
        box=box_of(element.get("Boundary")),
        data=text_of(child(element, "AbbreviatedData")),
        width=_number(element.get("LineWidth"), 0.353),
        stroke=None if element.get("Stroke") == "false" else stroke,
        fill=fill if element.get("Fill") == "true" else None,
    )


def _colour(element: "etree._Element | None") -> str | None:
    """`#rrggbb` of an RGB or grey value."""
    if element is None:
        return None
    values = [min(max(int(number), 0), 255) for number in numbers_of(element.get("Value"))]
    if len(values) == 1:
        values *= 3
    return "#" + "".join(f"{value:02x}" for value in values) if len(values) == 3 else None
