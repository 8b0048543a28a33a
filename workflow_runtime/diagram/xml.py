"""Untrusted XML, parsed within bounds, and what the parts of this package ask of its elements."""

from collections.abc import Iterator, Mapping

from lxml import etree

from workflow_runtime.diagram.model import BPMN, SPIFF
from workflow_runtime.diagram.other_files import broken_xml, other_file
from workflow_runtime.errors import Finding, Text
from workflow_runtime.expressions import LONGEST, MOST_TEXT

MAX_BYTES = 2_000_000
MAX_ELEMENTS = 60_000
"""Elements of a file with those of its picture: a megabyte of what modeling tools write has half as many."""
MAX_DEPTH = 60

_COMPILED = frozenset({"conditionExpression", "condition", "timeDuration", "timeCycle", "timeDate"})
_MARKED = ("=", "${", "#{")
"""How values of parameters and properties begin that are expressions, ours or another engine's."""

_EXPORT_AGAIN = Text("请用 BPMN 编辑器重新导出该文件。", "Export the file again from a BPMN editor.")


def parse_xml(file: str, data: bytes) -> tuple[etree._Element | None, list[Finding]]:
    """Parse untrusted XML: no DOCTYPE, no entities, bounded size, number of elements and depth."""
    if len(data) > MAX_BYTES:
        reason = Text(f"文件超过 {MAX_BYTES // 1_000_000} MB。", f"The file is larger than {MAX_BYTES} bytes.")
        return None, [Finding("XML_TOO_LARGE", file, "", 0, reason, Text("请拆成几个流程。", "Split it into several processes."))]
    if (what := other_file(data)) is not None:
        return None, [Finding("XML_INVALID", file, "", 1, *what)]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        return None, [Finding("XML_INVALID", file, "", getattr(error, "lineno", 0) or 0, *broken_xml(data, str(error)))]
    return _bounded(file, root)


def _bounded(file: str, root: etree._Element) -> tuple[etree._Element | None, list[Finding]]:
    if root.getroottree().docinfo.internalDTD is not None or next(root.iter(etree.Entity), None) is not None:
        reason = Text("文件含有 DOCTYPE 或实体定义。", "The file has a DOCTYPE or entities.")
        return None, [
            Finding("XML_DOCTYPE", file, "", 1, reason, Text("请删除 DOCTYPE 和实体。", "Take the DOCTYPE and the entities away."))
        ]
    for count, (depth, element) in enumerate(_walk(root)):
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            reason = Text(
                f"元素超过 {MAX_ELEMENTS} 个或嵌套超过 {MAX_DEPTH} 层。",
                f"It has more than {MAX_ELEMENTS} elements, or they are nested more than {MAX_DEPTH} deep.",
            )
            return None, [Finding("XML_TOO_DEEP", file, "", line_of(element), reason, _EXPORT_AGAIN)]
    if sum(_expression_length(element) for element in root.iter(etree.Element)) > MOST_TEXT:
        reason = Text(
            f"条件和参数的表达式合计超过 {MOST_TEXT} 个字符。",
            f"Its conditions and parameters hold more than {MOST_TEXT} characters of expressions.",
        )
        return None, [Finding("XML_TOO_LARGE", file, "", 1, reason, Text("请拆成几个流程。", "Split it into several processes."))]
    return root, []


def _expression_length(element: etree._Element) -> int:
    """Characters of an element that are an expression (of a condition, a timer, a parameter, a property) and short enough to be compiled."""
    marked = [text for text in (element.text or "", element.get("source", "")) if text.lstrip().startswith(_MARKED)]
    every = [element.text or ""] if local_name(element) in _COMPILED else []
    value = element.get("value", "")
    parameter = [value] if element.tag == spiff("parameter") or value.startswith(_MARKED) else []
    return sum(len(text) for text in (*(every or marked), *parameter) if len(text) <= LONGEST)


def _walk(root: etree._Element) -> Iterator[tuple[int, etree._Element]]:
    stack = [(0, root)]
    while stack:
        depth, element = stack.pop()
        yield depth, element
        if depth <= MAX_DEPTH:
            stack.extend((depth + 1, child) for child in element)


def bpmn(name: str) -> str:
    """The tag of a BPMN element."""
    return f"{{{BPMN}}}{name}"


def spiff(name: str) -> str:
    """The tag of an extension element of ours."""
    return f"{{{SPIFF}}}{name}"


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace; empty for comments and processing instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def is_bpmn(element: etree._Element) -> bool:
    """Whether the element is one of BPMN's own."""
    return isinstance(element.tag, str) and element.tag.startswith(f"{{{BPMN}}}")


def line_of(element: etree._Element) -> int:
    """The line in which the element begins, 0 when it is not known."""
    line = element.sourceline
    return line if isinstance(line, int) else 0


def text_of(element: etree._Element) -> str:
    """The element's own text, without blanks around it; CDATA counts, children do not."""
    return (element.text or "").strip()


def extensions(element: etree._Element) -> Iterator[etree._Element]:
    """The extension elements of an element."""
    for holder in element.findall(bpmn("extensionElements")):
        yield from (child for child in holder if isinstance(child.tag, str))


def owner(element: etree._Element) -> etree._Element | None:
    """The element that an extension element belongs to; for others the parent."""
    parent = element.getparent()
    return parent.getparent() if parent is not None and parent.tag == bpmn("extensionElements") else parent


def properties_of(element: etree._Element) -> Mapping[str, str]:
    """The `spiffworkflow:property` pairs of any element; a property without a value reads as an empty text."""
    result: dict[str, str] = {}
    for child in extensions(element):
        if child.tag == spiff("properties"):
            for item in child.findall(spiff("property")):
                result[item.get("name", "")] = item.get("value", "")
    return result
