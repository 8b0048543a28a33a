"""A foreign BPMN file as a file of ours: the same document, with our extensions beside the foreign ones."""

import re

from lxml import etree

from workflow_runtime.diagram.dialects import translate
from workflow_runtime.diagram.model import BPMN, SPIFF
from workflow_runtime.diagram.other_files import other_root
from workflow_runtime.diagram.xml import bpmn, parse_xml
from workflow_runtime.errors import Finding

_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*\?>\s*")


def rewritten(file: str, data: bytes) -> tuple[bytes | None, list[Finding]]:
    """The rewritten file in the encoding that it declares, and what was read as what; no file when it is no BPMN 2.0.

    A file in which there is nothing to rewrite comes back byte by byte.
    """
    root, findings = parse_xml(file, data)
    if root is None:
        return None, findings
    if root.tag != bpmn("definitions"):
        return None, [Finding("NOT_BPMN", file, "", 1, *other_root(root))]
    told = translate(file, root)
    if not any(finding.code == "DIALECT_READ" for finding in told):
        return data, told
    tree = root.getroottree()
    prefixes = [prefix for element in root.iter() for prefix in element.nsmap if prefix]
    top = {"spiffworkflow": SPIFF} if root.nsmap.get("spiffworkflow") in (None, SPIFF) else None
    etree.cleanup_namespaces(tree, top_nsmap=top, keep_ns_prefixes=sorted({*prefixes, *_default(root)}))
    return _written(tree, data), told


def _written(tree: etree._ElementTree, data: bytes) -> bytes:
    """The document in its encoding, below the very declaration that it had."""
    encoding = tree.docinfo.encoding or "UTF-8"
    declaration = _DECLARATION.match(data)
    body = etree.tostring(tree, encoding=encoding, xml_declaration=declaration is None)
    return (b"" if declaration is None else declaration[0]) + (body if isinstance(body, bytes) else body.encode())


def _default(root: etree._Element) -> list[str]:
    """Prefixes of BPMN's own namespace: types of conditions (`xsi:type`) name it in text, where no parser sees that it is used."""
    return [prefix for prefix, space in root.nsmap.items() if prefix and space == BPMN]
