"""Where everything stands on the drawing: the shapes and edges of a BPMN file's first plane."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from lxml import etree

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"

FARTHEST = 100_000.0
"""Pixels: a drawing that claims more is broken."""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    @property
    def center(self) -> tuple[float, float]:
        """The middle."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Shape:
    """An element's place; `label` is where its name stands if that is not inside, `expanded` says that a subprocess shows what it holds."""

    element: str
    box: Box
    label: Box | None
    expanded: bool


@dataclass(frozen=True)
class Edge:
    """A flow's way from point to point."""

    element: str
    points: tuple[tuple[float, float], ...]
    label: Box | None


@dataclass(frozen=True)
class Plan:
    """The drawing: shapes in the order of the file, edges by element, and every element's tag and name."""

    shapes: tuple[Shape, ...]
    edges: tuple[Edge, ...]
    elements: Mapping[str, tuple[str, str]]

    @property
    def extent(self) -> Box:
        """The rectangle that holds everything."""
        boxes = [b for s in self.shapes for b in (s.box, s.label) if b is not None] + [e.label for e in self.edges if e.label is not None]
        points = [point for edge in self.edges for point in edge.points]
        xs = [x for box in boxes for x in (box.x, box.right)] + [x for x, _ in points]
        ys = [y for box in boxes for y in (box.y, box.bottom)] + [y for _, y in points]
        return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def read_plan(root: etree._Element) -> Plan | None:
    """The drawing of a parsed BPMN file, or None when it has none. Shapes and edges that name no place are left out."""
    plane = next(root.iter(f"{DI}BPMNPlane"), None)
    if plane is None:
        return None
    shapes = tuple(shape for element in plane.iter(f"{DI}BPMNShape") if (shape := _shape(element)) is not None)
    edges = tuple(edge for element in plane.iter(f"{DI}BPMNEdge") if (edge := _edge(element)) is not None)
    named = {e.get("id", ""): (etree.QName(e).localname, e.get("name", "")) for e in root.iter("{*}*") if e.get("id")}
    return Plan(shapes, edges, named) if shapes else None


def _shape(element: etree._Element) -> Shape | None:
    box = _box(element.find(f"{DC}Bounds"))
    if box is None:
        return None
    return Shape(element.get("bpmnElement", ""), box, _label(element), element.get("isExpanded") == "true")


def _edge(element: etree._Element) -> Edge | None:
    points = [(_number(p.get("x")), _number(p.get("y"))) for p in element.iter(f"{DD}waypoint")]
    known = tuple((x, y) for x, y in points if x is not None and y is not None)
    return Edge(element.get("bpmnElement", ""), known, _label(element)) if len(known) > 1 else None


def _label(element: etree._Element) -> Box | None:
    label = element.find(f"{DI}BPMNLabel")
    return None if label is None else _box(label.find(f"{DC}Bounds"))


def _box(bounds: etree._Element | None) -> Box | None:
    numbers = [] if bounds is None else [_number(bounds.get(name)) for name in ("x", "y", "width", "height")]
    known = [number for number in numbers if number is not None]
    return Box(*known) if len(known) == 4 else None


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if isfinite(value) and abs(value) <= FARTHEST else None
