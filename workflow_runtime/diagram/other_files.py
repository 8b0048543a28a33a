"""Files that are no BPMN 2.0, though somebody took them for it: what they are, and how the diagram comes out of the tool that wrote them."""

from lxml import etree

from workflow_runtime.errors import Text

Told = tuple[Text, Text]
"""What is the matter, and the cure."""

_EXPORT = Text("请在建模工具里导出为 BPMN 2.0 XML。", "Export it from the modeling tool as BPMN 2.0 XML.")
_FETCH = Text("请重新取得完整的文件。", "Fetch the whole file again.")
_UTF_8 = Text("请另存为 UTF-8 编码。", "Save it again in UTF-8.")

_BEGINNINGS: tuple[tuple[tuple[bytes, ...], Text, Text], ...] = (
    (
        (b"PK\x03\x04", b"PK\x05\x06"),
        Text(
            "这是压缩包（如 Visio .vsdx、Bizagi .bpm、SpiffWorkflow 导出包），不是 XML。",
            "This is a zip archive (a Visio .vsdx, a Bizagi .bpm, an export), not XML.",
        ),
        _EXPORT,
    ),
    (
        (b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"\xfd7zXZ", b"Rar!"),
        Text("这是压缩文件。", "This is a compressed file."),
        Text("请先解压。", "Unpack it first."),
    ),
    ((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM"), Text("这是图片或 PDF。", "This is a picture or a PDF."), _EXPORT),
    ((b"\xd0\xcf\x11\xe0",), Text("这是旧版 Office 或 Visio 文件。", "This is an old Office or Visio file."), _EXPORT),
    ((b"SQLite format 3", b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe"), Text("这是二进制文件。", "This is a binary file."), _EXPORT),
    (
        (b"version https://git-lfs", b"oid sha256"),
        Text("这只是 Git LFS 的指针，文件内容没有取来。", "This is a pointer of Git LFS; the file itself was not fetched."),
        Text("请运行 git lfs pull。", "Run `git lfs pull`."),
    ),
    ((b"{", b"["), Text("这是 JSON，不是 BPMN 2.0 XML。", "This is JSON, not BPMN 2.0 XML."), _EXPORT),
    ((b"<<<<<<<", b"======="), Text("文件里有未解决的合并冲突。", "The file holds an unresolved merge conflict."), _FETCH),
    ((b"---\n", b"---\r\n", b"#"), Text("这是文本文件，不是 XML。", "This is a text file, not XML."), _EXPORT),
)

_ROOTS: dict[str, Text] = {
    "Package": Text("XPDL 流程包", "an XPDL package"),
    "mxfile": Text("draw.io 图", "a draw.io drawing"),
    "mxGraphModel": Text("draw.io 图", "a draw.io drawing"),
    "VisioDocument": Text("Visio 图", "a Visio drawing"),
    "svg": Text("SVG 图片", "an SVG picture"),
    "html": Text("网页", "a web page"),
    "AML": Text("ARIS 的 AML 导出", "an AML export of ARIS"),
    "ADOXML": Text("ADONIS 的 ADOXML 导出", "an ADOXML export of ADONIS"),
    "XMI": Text("UML/XMI 模型", "a UML model in XMI"),
    "Model": Text("UML 模型", "a UML model"),
    "MainProcess": Text("Bonita 工程文件", "a Bonita project file"),
    "pnml": Text("Petri 网", "a Petri net"),
    "graphml": Text("GraphML 图", "a GraphML drawing"),
    "epml": Text("EPC 模型", "an EPC model"),
    "DocumentRoot": Text("Eclipse 的 EMF 文件", "an EMF file of Eclipse"),
    "process-definition": Text("jPDL 流程", "a jPDL process"),
    "form": Text("表单", "a form"),
    "schema": Text("XML Schema", "an XML Schema"),
    "stylesheet": Text("XSLT", "an XSLT stylesheet"),
    "project": Text("工程文件", "a project file"),
    "xpdl": Text("XPDL 流程包", "an XPDL package"),
}
_NAMESPACES: tuple[tuple[str, Text], ...] = (
    ("/DMN/", Text("DMN 决策表", "a DMN decision table")),
    ("/CMMN/", Text("CMMN 案例模型", "a CMMN case model")),
    ("wsbpel", Text("BPEL 流程", "a BPEL process")),
    ("business-process/", Text("BPEL 流程", "a BPEL process")),
    ("wsdl", Text("WSDL 接口描述", "a WSDL description")),
    ("XPDL", Text("XPDL 流程包", "an XPDL package")),
    ("jbpm.org", Text("旧版 jBPM 流程", "a process of an old jBPM")),
    ("drools", Text("旧版 Drools 流程", "a process of an old Drools")),
    ("BPMN/20100524/MODEL", Text("BPMN 文件的一个片段", "a part of a BPMN file")),
    ("BPMN/20100524/DI", Text("只有图形、没有流程的 BPMN 片段", "the picture of a BPMN diagram without the diagram")),
    ("BPMN", Text("BPMN 的草案或其他版本", "a draft or another version of BPMN")),
    ("bpmn", Text("BPMN 的草案或其他版本", "a draft or another version of BPMN")),
)


def other_file(data: bytes) -> Told | None:
    """What a file is that cannot be XML, by its beginning; None when it may be."""
    head = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not data.strip(b"\x00 \r\n\t"):
        empty = Text(
            "文件是空的，或者只有零字节，不是有效的 XML。", "The file is empty or holds only zero bytes: it is not well-formed XML."
        )
        return empty, _FETCH
    return next(((what, cure) for beginnings, what, cure in _BEGINNINGS if head.startswith(beginnings)), None)


def broken_xml(data: bytes, error: str) -> Told:
    """Why XML cannot be parsed, in the words that help: cut off, wrong encoding, something before its declaration."""
    error = error.removesuffix(")").rpartition(" (<string>")[0] or error
    reason = Text(f"不是有效的 XML：{error}", f"Not well-formed XML: {error}")
    if ("declaration" in error and "not at start" in error) or data[:1].isspace():
        return reason, Text("删除 <?xml 之前的空格、空行和文字。", "Remove the blanks, lines and words before <?xml.")
    if "encoding" in error.lower() or "UTF-8" in error or "input conversion" in error.lower():
        return Text(f"{reason.zh}{_guess(data).zh}", f"{reason.en}{_guess(data).en}"), _UTF_8
    if "Premature end" in error or (b"<" in data and not data.rstrip(b"\x00 \r\n\t").endswith(b">")):
        return Text(f"文件不完整。{reason.zh}", f"The file is cut off. {reason.en}"), _FETCH
    if b"<<<<<<<" in data and b">>>>>>>" in data:
        return Text(f"文件里有未解决的合并冲突。{reason.zh}", f"The file holds a merge conflict. {reason.en}"), _FETCH
    if b"<" not in data:
        return Text(f"里面没有 XML。{reason.zh}", f"There is no XML in it. {reason.en}"), _EXPORT
    return reason, Text("请用 BPMN 编辑器重新导出该文件。", "Export the file again from a BPMN editor.")


def _guess(data: bytes) -> Text:
    """Which encoding the bytes seem to have."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:100]:
        return Text("（内容像是 UTF-16）", " (the bytes look like UTF-16)")
    for encoding in ("utf-8", "gb18030"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return Text(f"（内容像是 {encoding.upper()}）", f" (the bytes look like {encoding.upper()})")
    return Text("（内容像是单字节编码）", " (the bytes look like a single-byte encoding)")


def other_root(root: etree._Element) -> Told:
    """What an XML file is whose root is not that of BPMN 2.0."""
    tag = root.tag if isinstance(root.tag, str) else "?"
    space, _, name = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    known = next((what for part, what in _NAMESPACES if part in space), None) or _ROOTS.get(name)
    shown = tag[:150]
    if name == "definitions" and not space:
        return (
            Text("根元素 definitions 没有 BPMN 2.0 的命名空间。", "The root element definitions lacks the namespace of BPMN 2.0."),
            Text(
                '加上 xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"，或重新导出。',
                'Add xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL", or export it again.',
            ),
        )
    what = known or Text("其他 XML", "some other XML")
    return (
        Text(
            f"这是{what.zh}：根元素是 {shown}，不是 BPMN 2.0 的 definitions。",
            f"This is {what.en}: its root element is {shown}, not BPMN 2.0 definitions.",
        ),
        _EXPORT,
    )
