"""A diagram as SVG in the look of BPMN; with what scenarios have passed and what they have not, marked by sign, line and shade."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lxml import etree

from workflow_runtime.diagram.model import Node, Process
from workflow_runtime.drawing import marks
from workflow_runtime.drawing.lettering import LEADING, lines, width
from workflow_runtime.drawing.plan import Box, Edge, Plan, Shape

SVG = "http://www.w3.org/2000/svg"
MARGIN = 24.0
FOOT = 34.0
"""Pixels below the drawing for the legend."""

ROOMIER = 1.2
"""Editors measure labels in a smaller font than ours."""

STYLE = """
text { font: 12px "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif; fill: #1b2631; }
.pool, .lane { fill: none; stroke: #7b8a97; }
.shape { fill: #fff; stroke: #34495e; stroke-width: 1.5; }
.thick { stroke-width: 4; }
.soft { stroke-dasharray: 4 3; }
.mark { fill: none; stroke: #34495e; stroke-width: 1.3; }
.filled { fill: #34495e; }
.flap { stroke: #fff; }
.flow { fill: none; stroke: #34495e; stroke-width: 1.5; marker-end: url(#arrow); }
.halo { stroke: #fff; stroke-width: 3; paint-order: stroke; }
.passed .shape { fill: #e3f4e6; stroke: #1e7b34; stroke-width: 2; }
.passed .thick { stroke-width: 4; }
.passed.edge .flow { stroke: #1e7b34; stroke-width: 2.5; }
.missed .shape { fill: url(#hatch); stroke: #b3261e; stroke-width: 2; }
.missed .thick { stroke-width: 4; }
.missed.edge .flow { stroke: #b3261e; stroke-width: 1.5; stroke-dasharray: 7 5; }
.badge { font-size: 10px; font-weight: bold; text-anchor: middle; }
.passed .badge { fill: #1e7b34; }
.missed .badge { fill: #b3261e; }
"""


@dataclass(frozen=True)
class Passes:
    """How often scenarios have passed each element and each flow, by id."""

    elements: Mapping[str, int]
    flows: Mapping[str, int]


def draw(plan: Plan, process: Process, title: str, passes: Passes | None = None) -> bytes:
    """The drawing as a whole SVG file; without `passes` as it is. What is drawn but is no part of the process is left out, pools excepted."""
    return _Picture(plan, process, passes).drawn(title)


class _Picture:
    def __init__(self, plan: Plan, process: Process, passes: Passes | None) -> None:
        self.plan, self.passes = plan, passes
        self.nodes = {node.id: node for node in process.nodes}
        self.flows = {flow.id: flow for scope in process.scopes.values() for flow in scope.flows}
        self.frames = {lane.id for lane in process.lanes}
        extent = plan.extent
        self.view = Box(extent.x - MARGIN, extent.y - MARGIN, extent.width + 2 * MARGIN, extent.height + 2 * MARGIN + FOOT)
        size = (self.view.width, self.view.height)
        self.root = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG})  # type: ignore[dict-item]  # the stubs do not know the default namespace
        for name, value in (
            ("viewBox", _numbers(self.view.x, self.view.y, *size)),
            ("width", _number(size[0])),
            ("height", _number(size[1])),
        ):
            self.root.set(name, value)
        self.root.set("role", "img")

    def drawn(self, title: str) -> bytes:
        _add(self.root, "title").text = title
        _add(self.root, "style").text = STYLE
        self._definitions()
        view = self.view
        _add(self.root, "rect", x=view.x, y=view.y, width=view.width, height=view.height, fill="#fff")
        for shape in self._ordered():
            self._shape(shape)
        for edge in self.plan.edges:
            if edge.element in self.flows:
                self._edge(edge)
        if self.passes is not None:
            self._legend()
        return etree.tostring(self.root, xml_declaration=True, encoding="UTF-8", pretty_print=True)

    def _definitions(self) -> None:
        definitions = _add(self.root, "defs")
        arrow = _add(definitions, "marker", id="arrow", viewBox="0 0 10 10", refX=9, refY=5, markerWidth=7, markerHeight=7, orient="auto")
        arrow.set("markerUnits", "userSpaceOnUse")
        arrow.set("markerWidth", "10")
        arrow.set("markerHeight", "10")
        _add(arrow, "path", d="M0 0L10 5L0 10Z", fill="#34495e")
        hatch = _add(definitions, "pattern", id="hatch", width=8, height=8, patternUnits="userSpaceOnUse", patternTransform="rotate(45)")
        _add(hatch, "rect", width=8, height=8, fill="#fff")
        _add(hatch, "rect", width=3, height=8, fill="#f9d6d2")

    def _ordered(self) -> Iterable[Shape]:
        """Frames first, boundary events last, so that nothing lies under what encloses it."""
        depth = {shape.element: self._depth(shape) for shape in self.plan.shapes}
        return sorted(self.plan.shapes, key=lambda shape: depth[shape.element])

    def _depth(self, shape: Shape) -> int:
        node = self.nodes.get(shape.element)
        if node is None:
            return 0
        if shape.expanded:
            return 1
        return 3 if node.attached_to is not None else 2

    def _shape(self, shape: Shape) -> None:
        node = self.nodes.get(shape.element)
        if node is None:
            self._frame(shape)
            return
        times = self.passes.elements.get(node.id, 0) if self.passes is not None else None
        group = _group(self.root, node.id, node.name, times)
        if node.type.endswith("Event"):
            _event(group, shape.box, node)
        elif node.type.endswith("Gateway"):
            _gateway(group, shape.box, node)
        else:
            _activity(group, shape, node)
        if node.type.endswith(("Event", "Gateway")):
            _outside(group, shape, node.name)
            _badge(group, shape.box.x + 1, shape.box.y + 5 if node.type.endswith("Event") else shape.box.bottom, times)
        else:
            _badge(group, shape.box.right - 8, shape.box.y - 4, times)

    def _frame(self, shape: Shape) -> None:
        tag, name = self.plan.elements.get(shape.element, ("", ""))
        if tag not in ("participant", "lane") or (tag == "lane" and shape.element not in self.frames):
            return
        box = shape.box
        _add(
            self.root, "rect", x=box.x, y=box.y, width=box.width, height=box.height, **{"class": "pool" if tag == "participant" else "lane"}
        )
        _add(self.root, "line", x1=box.x + 30, y1=box.y, x2=box.x + 30, y2=box.bottom, **{"class": "lane"})
        text = _add(self.root, "text", transform=f"translate({_number(box.x + 19)} {_number(box.center[1])}) rotate(-90)")
        text.set("text-anchor", "middle")
        text.text = (lines(name, box.height - 8, 1) or [""])[0]

    def _edge(self, edge: Edge) -> None:
        flow = self.flows[edge.element]
        times = self.passes.flows.get(flow.id, 0) if self.passes is not None else None
        group = _group(self.root, flow.id, flow.name, times, "edge")
        _add(group, "polyline", points=" ".join(f"{_number(x)},{_number(y)}" for x, y in edge.points), **{"class": "flow"})
        (x1, y1), (x2, y2) = edge.points[0], edge.points[1]
        if flow.name:
            room = edge.label or Box((x1 + x2) / 2 - 30, (y1 + y2) / 2 - 18, 60, 14)
            _words(group, lines(flow.name, max(room.width * ROOMIER, width(flow.name[:6]) + 2)), room.center[0], room.y + 11, "halo")
        if not times:
            _badge(group, (x1 + x2) / 2, (y1 + y2) / 2 + 4, times)

    def _legend(self) -> None:
        x, y = self.view.x + MARGIN, self.view.bottom - 16
        for kind, sign, words in (("passed", "✓n", "已经过 n 次 passed n times"), ("missed", "✗", "未经过 not passed")):
            group = _add(self.root, "g", **{"class": f"node {kind}"})
            _add(group, "rect", x=x, y=y - 11, width=22, height=14, rx=3, **{"class": "shape"})
            line = _add(self.root, "g", **{"class": f"edge {kind}"})
            _add(line, "polyline", points=f"{_number(x + 30)},{_number(y - 4)} {_number(x + 66)},{_number(y - 4)}", **{"class": "flow"})
            badge = _add(group, "text", x=x + 80, y=y, **{"class": "badge"})
            badge.text = sign
            _add(self.root, "text", x=x + 94, y=y).text = words
            x += 290


def _group(root: etree._Element, part: str, name: str, times: int | None, kind: str = "node") -> etree._Element:
    """Where an element or a flow is drawn: its name is read to those who do not see it, with how often it was passed."""
    state = "" if times is None else " passed" if times else " missed"
    group = _add(root, "g", **{"class": kind + state})
    told = "" if times is None else f" · {times} 次"
    _add(group, "title").text = f"{name or part}（{part}）{told}"
    return group


def _badge(group: etree._Element, x: float, y: float, times: int | None) -> None:
    if times is not None:
        _add(group, "text", x=x, y=y, **{"class": "badge halo"}).text = f"✓{times}" if times else "✗"


def _event(group: etree._Element, box: Box, node: Node) -> None:
    x, y = box.center
    radius = min(box.width, box.height) / 2
    between = node.type in ("intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent")
    look = "shape" + (" thick" if node.type == "endEvent" else "") + ("" if node.interrupting else " soft")
    _add(group, "circle", cx=x, cy=y, r=radius, **{"class": look})
    if between:
        _add(group, "circle", cx=x, cy=y, r=radius - 3, **{"class": look})
    mark = marks.EVENTS.get(node.event.kind if node.event is not None else "")
    if mark is not None:
        throws = node.type in ("endEvent", "intermediateThrowEvent")
        _mark(group, mark, x, y, radius / 18, filled=throws)


def _gateway(group: etree._Element, box: Box, node: Node) -> None:
    x, y = box.center
    corners = (
        f"{_number(x)},{_number(box.y)} {_number(box.right)},{_number(y)} {_number(x)},{_number(box.bottom)} {_number(box.x)},{_number(y)}"
    )
    _add(group, "polygon", points=corners, **{"class": "shape"})
    mark = marks.GATEWAYS.get(node.type)
    if mark is not None:
        _mark(group, mark, x, y, min(box.width, box.height) / 50)


def _activity(group: etree._Element, shape: Shape, node: Node) -> None:
    box = shape.box
    look = "shape" + (" thick" if node.type == "callActivity" else "")
    _add(group, "rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=8, **{"class": look})
    if shape.expanded:
        _words(group, lines(node.name, box.width - 16, 1), box.center[0], box.y + 18)
        return
    mark = marks.TASKS.get(node.type)
    if mark is not None:
        _mark(group, mark, box.x + 14, box.y + 13, 1.0, filled=node.type in marks.FILLED)
    if node.type in ("callActivity", "subProcess"):
        _mark(group, marks.COLLAPSED, box.center[0], box.bottom - 10, 1.0)
    told = lines(node.name or node.id, box.width - 12)
    _words(group, told, box.center[0], box.center[1] - LEADING * (len(told) - 1) / 2 + 4)


def _outside(group: etree._Element, shape: Shape, name: str) -> None:
    box = shape.box
    room = shape.label or Box(box.center[0] - 45, box.bottom + 4, 90, LEADING)
    _words(group, lines(name, max(room.width * ROOMIER, 60)), room.center[0], room.y + 11, "halo")


def _words(group: etree._Element, told: list[str], x: float, y: float, look: str = "") -> None:
    for number, line in enumerate(told):
        text = _add(group, "text", x=x, y=y + number * LEADING)
        text.set("text-anchor", "middle")
        if look:
            text.set("class", look)
        text.text = line


def _mark(group: etree._Element, path: str, x: float, y: float, scale: float, *, filled: bool = False) -> None:
    look = "mark" if not filled else "mark filled flap" if path == marks.ENVELOPE else "mark filled"
    place = f"translate({_number(x)} {_number(y)}) scale({_number(scale)})"
    _add(group, "path", d=path, transform=place, **{"class": look})


def _add(parent: etree._Element, tag: str, **attributes: object) -> etree._Element:
    values = {name: _number(value) if isinstance(value, float) else str(value) for name, value in attributes.items()}
    return etree.SubElement(parent, f"{{{SVG}}}{tag}", values)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _numbers(*values: float) -> str:
    return " ".join(_number(value) for value in values)
