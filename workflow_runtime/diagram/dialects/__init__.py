"""Diagrams as other engines write them, read in our own terms.

Each dialect is a table of spellings. What a table knows is rewritten into `spiffworkflow:` extensions before anything is read; what has no
counterpart here is told. Nothing is taken away: the foreign spellings stay beside ours, and where both stand, ours holds.
"""

from lxml import etree

from workflow_runtime.diagram.dialects.expressions import rewrite_expressions
from workflow_runtime.diagram.dialects.meaning import meaning_of
from workflow_runtime.diagram.dialects.report import Report
from workflow_runtime.diagram.dialects.tables import BY_LANE, DIALECTS, PERFORMERS
from workflow_runtime.diagram.dialects.writing import write
from workflow_runtime.diagram.xml import is_bpmn, local_name
from workflow_runtime.errors import Finding

__all__ = ["translate"]


def translate(file: str, root: etree._Element) -> list[Finding]:
    """Rewrite the foreign spellings of a parsed BPMN file in place.

    Gives one warning per spelling: DIALECT_READ (what it was read as, how often) and DIALECT_UNSUPPORTED (what to do instead).
    """
    report = Report(file)
    elements = [element for element in root.iter() if is_bpmn(element) and local_name(element) != "extensionElements"]
    spoken = _namespaces(root)
    dialects = [dialect for dialect in DIALECTS if not spoken.isdisjoint(dialect.namespaces)]
    for element in elements if dialects else ():
        for dialect in dialects:
            write(element, meaning_of(dialect, element, report), report)
    for element in elements:
        if local_name(element) in PERFORMERS:
            report.unsupported(element, local_name(element), BY_LANE)
    rewrite_expressions(elements, report)
    return report.findings()


def _namespaces(root: etree._Element) -> set[str]:
    """The namespaces in which elements and attributes of the file stand."""
    names = {str(element.tag) for element in root.iter() if isinstance(element.tag, str)}
    names.update(str(name) for element in root.iter() if isinstance(element.tag, str) for name in element.attrib if name[:1] == "{")
    return {name[1:].partition("}")[0] for name in names if name[:1] == "{"}
