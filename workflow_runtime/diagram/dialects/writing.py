"""Writes what a foreign spelling means as `spiffworkflow:` extensions, beside it; what is there already in our own form stays and holds."""

from lxml import etree

from workflow_runtime.diagram.dialects.meaning import Meaning
from workflow_runtime.diagram.dialects.report import Report
from workflow_runtime.diagram.model import SPIFF
from workflow_runtime.diagram.xml import bpmn, extensions, local_name, properties_of, spiff
from workflow_runtime.errors import Text

_PREFIX = {"spiffworkflow": SPIFF}


def write(element: etree._Element, meaning: Meaning, report: Report) -> None:
    """Add to an element what it means and does not say in our form yet."""
    said = meaning.said
    if local_name(element) == "serviceTask" and "decision" in said and "operator" not in said:
        element.tag = bpmn("businessRuleTask")
    for name, value in meaning.properties.items():
        _property(element, name, value, meaning.properties_spelling, report)
    if "form" in said:
        _property(element, "formKey", *said["form"], report)
    if "operator" in said and not _has(element, "serviceTaskOperator"):
        _operator(element, meaning, report)
    elif local_name(element) == "businessRuleTask":
        _decision(element, meaning, report)
    if "called" in said and not element.get("calledElement"):
        element.set("calledElement", said["called"][0])
        report.read_as(element, said["called"][1], Text("调用的流程 calledElement", "the called process, calledElement"))
    if "documentation" in said and element.find(bpmn("documentation")) is None:
        _documentation(element, *said["documentation"], report)


def _has(element: etree._Element, name: str) -> bool:
    return any(child.tag == spiff(name) for child in extensions(element))


def _holder(element: etree._Element) -> etree._Element:
    """The element's `extensionElements`, made behind its documentation where there is none."""
    found = element.find(bpmn("extensionElements"))
    if found is None:
        found = etree.Element(bpmn("extensionElements"))
        element.insert(len(element.findall(bpmn("documentation"))), found)
    return found


def _property(element: etree._Element, name: str, value: str, spelling: str, report: Report) -> None:
    if name in properties_of(element) or not value:
        return
    holder = _holder(element)
    group = holder.find(spiff("properties"))
    if group is None:
        group = etree.SubElement(holder, spiff("properties"), nsmap=_PREFIX)
    etree.SubElement(group, spiff("property"), {"name": name, "value": value})
    report.read_as(element, spelling, Text(f"属性 {name}", f"the property {name}"))


def _operator(element: etree._Element, meaning: Meaning, report: Report) -> None:
    handler, spelling = meaning.said["operator"]
    if local_name(element) == "task":
        element.tag = bpmn("serviceTask")
    attributes = {"id": handler}
    if "result" in meaning.said:
        attributes["resultVariable"] = meaning.said["result"][0]
    operator = etree.SubElement(_holder(element), spiff("serviceTaskOperator"), attributes, nsmap=_PREFIX)
    report.read_as(element, spelling, Text("处理程序 serviceTaskOperator", "the handler, serviceTaskOperator"))
    if meaning.parameters:
        group = etree.SubElement(operator, spiff("parameters"))
        for name, value in meaning.parameters.items():
            etree.SubElement(group, spiff("parameter"), {"id": name, "type": "any", "value": value})
        report.read_as(element, meaning.parameters_spelling, Text("参数", "parameters"))


def _decision(element: etree._Element, meaning: Meaning, report: Report) -> None:
    if "decision" in meaning.said and not _has(element, "calledDecisionId"):
        name, spelling = meaning.said["decision"]
        etree.SubElement(_holder(element), spiff("calledDecisionId"), nsmap=_PREFIX).text = name
        report.read_as(element, spelling, Text("决策表 calledDecisionId", "the decision, calledDecisionId"))
        if "result" in meaning.said:
            _property(element, "resultVariable", *meaning.said["result"], report)


def _documentation(element: etree._Element, text: str, spelling: str, report: Report) -> None:
    described = etree.Element(bpmn("documentation"))
    described.text = text
    element.insert(0, described)
    report.read_as(element, spelling, Text("说明 documentation", "the documentation"))
