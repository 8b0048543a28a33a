"""Where a BPMN file comes from, and what it holds instead when it holds no process."""

from collections import Counter

from lxml import etree

from workflow_runtime.diagram.model import SPIFF
from workflow_runtime.diagram.other_files import Told
from workflow_runtime.diagram.xml import is_bpmn, local_name
from workflow_runtime.errors import Text

_ENGINES = (
    ("camunda.org/schema/1.0", "Camunda 7"),
    ("camunda.org/schema/zeebe", "Camunda 8"),
    ("operaton.org", "Operaton"),
    ("flowable.org", "Flowable"),
    ("activiti.org", "Activiti"),
    ("jboss.org/drools", "jBPM / Kogito"),
    ("signavio.com", "Signavio"),
    ("bizagi", "Bizagi"),
    ("bonitasoft", "Bonita"),
    ("ibm.com", "IBM BPM"),
    ("oracle.com", "Oracle BPM"),
    ("sap.com", "SAP"),
    ("yaoqiang", "Yaoqiang"),
    ("trisotech", "Trisotech"),
    ("boc-eu.com", "ADONIS"),
    ("boc-group", "ADONIS"),
    ("softwareag.com", "ARIS"),
    ("visual-paradigm", "Visual Paradigm"),
    ("nomagic", "MagicDraw / Cameo"),
    ("sparxsystems", "Enterprise Architect"),
    ("processmaker", "ProcessMaker"),
    ("axonivy", "Axon Ivy"),
    ("w4.eu", "W4 BPMN+"),
    ("igrafx", "iGrafx"),
    ("modelio", "Modelio"),
    ("eclipse.org/bpmn2", "Eclipse BPMN2 Modeler"),
)
"""Part of a namespace, an exporter's name or the target namespace, in lower case → the tool."""

LONGEST = 60
"""Characters of a tool's name that are repeated."""


def origin(root: etree._Element) -> str:
    """The tool that wrote a file for another engine, empty when the file has extensions of ours, or names no tool."""
    spaces = {str(space).lower() for space in root.nsmap.values()}
    if SPIFF in spaces:
        return ""
    exporter = (root.get("exporter") or "").strip()
    said = [exporter.lower(), (root.get("targetNamespace") or "").lower(), *sorted(spaces)]
    known = next((name for part, name in _ENGINES if any(part in text for text in said)), "")
    return (exporter if exporter and "://" not in exporter else known)[:LONGEST]


def without_process(root: etree._Element) -> Told:
    """What a BPMN file without a process holds."""
    held = Counter(local_name(child) for child in root if is_bpmn(child))
    pools = sum(1 for element in root.iter() if is_bpmn(element) and local_name(element) == "participant")
    if held["choreography"] or held["globalChoreographyTask"]:
        what = Text("是一张编排图（choreography）", "it is a choreography: it says what parties tell each other")
    elif any(local_name(element) == "conversation" for element in root.iter() if is_bpmn(element)):
        what = Text("是一张会话图（conversation）", "it is a conversation diagram")
    elif pools:
        what = Text(f"只有 {pools} 个没有内容的泳池", f"it has only {pools} pool(s) with nothing inside")
    elif held:
        what = Text(f"只有 {'、'.join(sorted(held))[:100]}", f"it has only {', '.join(sorted(held))[:100]}")
    else:
        what = Text("是空的", "it is empty")
    return (
        Text(f"文件里没有流程（process）：{what.zh}。", f"The file has no process: {what.en}."),
        Text("请画一个流程（一个泳池，泳道是办理人）后保存。", "Draw a process (one pool, its lanes are who works) and save."),
    )
