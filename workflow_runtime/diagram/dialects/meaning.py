"""What one element says in one dialect, in our terms."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from workflow_runtime.diagram.dialects.expressions import as_expression
from workflow_runtime.diagram.dialects.report import Report
from workflow_runtime.diagram.dialects.tables import SCRIPTED_EVENTS, Dialect, What
from workflow_runtime.diagram.xml import bpmn, extensions, local_name, text_of

_PLACE = re.compile(r"(?P<path>[\w/-]*)(?:@(?P<attribute>\w+))?(?:\[(?P<named>\w+)\])?")
_FORM_FILE = re.compile(r"(?:^|[/:])(?P<stem>[^/:]+?)(?:[-_]schema)?(?:\.(?:form|html?|json|xhtml|jsf))?$")
_FITTING: dict[What, frozenset[str]] = {
    "form": frozenset({"startEvent", "userTask"}),
    "operator": frozenset({"serviceTask", "sendTask", "task"}),
    "result": frozenset({"serviceTask", "sendTask", "businessRuleTask", "task"}),
    "decision": frozenset({"businessRuleTask", "serviceTask"}),
    "called": frozenset({"callActivity"}),
    "documentation": frozenset({"userTask", "manualTask"}),
}


@dataclass
class Meaning:
    """What was found: a value and its spelling for each part of an element; parameters as expressions; properties of ours."""

    said: dict[What, tuple[str, str]] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    parameters_spelling: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    properties_spelling: str = ""


def meaning_of(dialect: Dialect, element: etree._Element, report: Report) -> Meaning:
    """Read an element by a dialect's table; what it says in vain goes into the report."""
    meaning = Meaning()
    kind = local_name(element)
    for place, what in dialect.spellings:
        for value in _values(dialect, element, place):
            if kind in _FITTING[what] and what not in meaning.said:
                meaning.said[what] = (form_key(value) if what == "form" else value, _spelling(dialect, place))
            elif what == "operator" and kind.endswith("EventDefinition"):
                report.unsupported(element, _spelling(dialect, place), SCRIPTED_EVENTS)
    for place, cure in dialect.unsupported:
        if any(True for _ in _values(dialect, element, place)):
            report.unsupported(element, _spelling(dialect, place), cure)
    _read_parameters(dialect, element, meaning)
    _read_properties(dialect, element, meaning)
    return meaning


def form_key(text: str) -> str:
    """The key in the ways in which engines name a form: `embedded:app:forms/apply.html`, `camunda-forms:deployment:apply.form`, `apply`."""
    match = _FORM_FILE.search(text.strip())
    return match["stem"] if match else text.strip()


def _spelling(dialect: Dialect, place: str) -> str:
    if place.startswith("@"):
        return f"{dialect.prefix}:{place[1:]}"
    path, at, attribute = place.partition("@")
    return f"{dialect.prefix}:{path.replace('[', ' ').rstrip(']')}{f' {attribute}' if at else ''}"


def _values(dialect: Dialect, element: etree._Element, place: str) -> Iterator[str]:
    match = _PLACE.fullmatch(place)
    if match is None or not match["path"]:
        for space in dialect.namespaces:
            value = element.get(f"{{{space}}}{place[1:]}")
            if value is not None and value.strip() and not (place == "@type" and value in OWN_TYPES):
                yield value.strip()
        return
    if match["path"] == "dataInput":
        yield from _assigned(element, match["named"])
    for child in _children(dialect, element, match["path"]):
        if match["named"]:
            yield from _named(dialect, child, match["named"])
        elif match["attribute"]:
            value = child.get(match["attribute"])
            if value is not None and value.strip():
                yield value.strip()
        else:
            yield text_of(child)


def _assigned(element: etree._Element, name: str) -> Iterator[str]:
    """The constant that is assigned to the data input of this name: BPMN's own way to give a task a parameter."""
    inputs = {i.get("id") for i in element.iterfind(f"{bpmn('ioSpecification')}/{bpmn('dataInput')}") if i.get("name") == name}
    for association in element.iterfind(bpmn("dataInputAssociation")) if inputs else ():
        target = association.find(bpmn("targetRef"))
        value = association.find(f"{bpmn('assignment')}/{bpmn('from')}")
        if target is not None and text_of(target) in inputs and value is not None and text_of(value):
            yield text_of(value)


def _named(dialect: Dialect, child: etree._Element, name: str) -> Iterator[str]:
    """The value of the part of this name: of the child itself (`field name=…`), or of one of its own children (`property name=…`)."""
    for part in [child, *child]:
        if isinstance(part.tag, str) and part.get("name") == name:
            value = part.get("value") or part.get("stringValue") or "".join(map(str, part.itertext()))
            if value.strip():
                yield value.strip()


def _children(dialect: Dialect, element: etree._Element, path: str) -> Iterator[etree._Element]:
    """The extension elements at a path, also those that stand without `extensionElements` around them (jBPM writes them so)."""
    first, _, rest = path.partition("/")
    for child in [*extensions(element), *(c for c in element if isinstance(c.tag, str))]:
        if child.tag.rpartition("}")[2] == first and child.tag[1:].rpartition("}")[0] in dialect.namespaces:
            yield from (c for c in child if isinstance(c.tag, str) and local_name(c) == rest) if rest else (child,)


def _read_parameters(dialect: Dialect, element: etree._Element, meaning: Meaning) -> None:
    if local_name(element) not in _FITTING["operator"]:
        return
    for place, name, value in dialect.inputs:
        for child in _children(dialect, element, place):
            key = child.get(name) or ""
            if key.isidentifier() and not len(child):
                meaning.parameters.setdefault(key, as_expression(child.get(value) or "" if value else text_of(child)))
                meaning.parameters_spelling = _spelling(dialect, place)


def _read_properties(dialect: Dialect, element: etree._Element, meaning: Meaning) -> None:
    if not dialect.properties or element.tag == bpmn("definitions"):
        return
    for child in _children(dialect, element, dialect.properties):
        name = child.get("name") or ""
        if name in OWN_PROPERTIES:
            meaning.properties.setdefault(name, child.get("value") or "")
            meaning.properties_spelling = _spelling(dialect, dialect.properties)


OWN_TYPES = frozenset({"external", "external-worker", "dmn"})
"""Types of service tasks whose further attributes say all: a topic, a decision table."""

OWN_PROPERTIES = frozenset(
    {"formKey", "formMode", "variableName", "resultVariable", "dueWorkingDays", "outcomes", "toolbar", "bulk", "status", "parties"}
)
"""The properties that an analyst may also have entered as properties of another engine: they mean the same there."""
