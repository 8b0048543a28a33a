"""Bundles: everything that a business needs to run, frozen together.

A bundle is the business's BPMN file with all that it reaches: called processes, decision tables, forms. Its id is the hash of their
contents. A case stays on the bundle on which it was started.
"""

import base64
import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workflow_runtime.decisions import Decision, read_decisions
from workflow_runtime.diagram.model import Node, Process
from workflow_runtime.diagram.reader import read_bpmn
from workflow_runtime.engine.compiler import Program, compile_program
from workflow_runtime.errors import Failure, Finding, Text
from workflow_runtime.forms import Form, FormRules, read_form
from workflow_runtime.store.keys import possible_key

Key = tuple[str, str]
File = tuple[str, bytes]
"""A file's name and its content."""

LONGEST_NAME = 255
"""Characters of a file's name."""

KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".form": "form"}


class BundleUnreadable(Failure):
    """A stored bundle does not fit this release: it names a validator that is gone, say."""

    code = "BUNDLE_UNREADABLE"

    def __init__(self, bundle_id: str, finding: Finding) -> None:
        super().__init__(
            Text(f"流程版本 {bundle_id[:12]} 无法读取：{finding}", f"The bundle {bundle_id[:12]} cannot be read: {finding}"),
            Text("请联系运维恢复所缺的校验规则或程序版本。", "Have the operator restore the missing rule, or the release that had it."),
        )


@dataclass(frozen=True)
class Contents:
    """Files, read: what is in them by id, which file each came from, and what was wrong with them."""

    processes: Mapping[str, Process]
    decisions: Mapping[str, Decision]
    forms: Mapping[str, Form]
    files: Mapping[Key, File]
    sources: Mapping[Key, Key]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Bundle:
    """A business, ready to run; shared by all threads, never changed."""

    id: str
    business: str
    contents: Contents
    program: Program

    @property
    def process(self) -> Process:
        """The business process."""
        return self.contents.processes[self.business]

    def node(self, process: str, element: str) -> Node:
        """An element of one of the bundle's processes. Raises KeyError when there is none."""
        node = self.contents.processes[process].node(element)
        if node is None:
            raise KeyError(element)
        return node

    def form(self, key: str | None) -> Form | None:
        """The form of this key."""
        return None if key is None else self.contents.forms.get(key)


def read_files(files: Iterable[File], rules: FormRules) -> Contents:
    """Read BPMN, DMN and form files. Nothing is evaluated; every defect becomes a finding."""
    processes: dict[str, Process] = {}
    decisions: dict[str, Decision] = {}
    forms: dict[str, Form] = {}
    kept: dict[Key, File] = {}
    sources: dict[Key, Key] = {}
    findings: list[Finding] = []

    def take(kind: str, items: Mapping[str, Any], into: dict[str, Any], name: str, data: bytes) -> None:
        for key, item in items.items():
            if (kind, key) in sources:
                findings.append(_twice(kind, key, name, kept[sources[kind, key]][0]))
                continue
            sources[kind, key] = (kind, next(iter(items)))
            into[key] = item
            kept[sources[kind, key]] = (name, data)

    for name, data in files:
        if len(name) > LONGEST_NAME or not possible_key(name):
            findings.append(_bad_name(name))
            continue
        kind = next((k for suffix, k in KINDS.items() if name.endswith(suffix)), None)
        if kind == "bpmn":
            found, bad = read_bpmn(name, data)
            take(kind, {p.id: p for p in found}, processes, name, data)
        elif kind == "dmn":
            tables, bad = read_decisions(name, data)
            take(kind, {d.id: d for d in tables}, decisions, name, data)
        elif kind == "form":
            form, bad = read_form(name, data, rules)
            take(kind, {} if form is None else {form.key: form}, forms, name, data)
        else:
            bad = [_unknown_kind(name)]
        findings.extend(bad)
    return Contents(processes, decisions, forms, kept, sources, tuple(findings))


def _twice(kind: str, key: str, name: str, other: str) -> Finding:
    return Finding(
        "DEFINED_TWICE",
        name,
        key,
        0,
        Text(f"{key} 在 {other} 中已经定义。", f"{key} is defined already in {other}."),
        Text("请更改其中一个的编号（id）。", "Give one of them another id."),
    )


def _bad_name(name: str) -> Finding:
    shown = name[:60].encode(errors="replace").decode()
    return Finding(
        "FILE_NAME",
        shown,
        "",
        0,
        Text("文件名不可用。", "The file's name cannot be used."),
        Text(f"请改用不超过 {LONGEST_NAME} 个字的普通文件名。", f"Give it a plain name of at most {LONGEST_NAME} characters."),
    )


def _unknown_kind(name: str) -> Finding:
    return Finding(
        "UNKNOWN_FILE",
        name,
        "",
        0,
        Text("不是 .bpmn、.dmn 或 .form 文件。", "Not a .bpmn, .dmn or .form file."),
        Text("请只部署流程图、决策表和表单。", "Deploy diagrams, decision tables and forms only."),
    )


def needed_by(business: str, contents: Contents) -> set[Key]:
    """(kind, id) of everything that a business reaches: called processes, decisions, forms."""
    needed: set[Key] = set()
    todo = [business]
    while todo:
        key = ("bpmn", todo.pop())
        process = contents.processes.get(key[1])
        if process is None or key in needed:
            continue
        needed.add(key)
        for node in process.nodes:
            if node.called:
                todo.append(node.called)
            if node.decision:
                needed.add(("dmn", node.decision))
            needed.update(("form", form) for form in (node.form, *node.form_modes) if form)
    return {key for key in needed if key in contents.sources}


def bundle_content(business: str, contents: Contents) -> tuple[str, Any]:
    """The id and the storable content of a business's bundle."""
    keys = sorted({contents.sources[key] for key in needed_by(business, contents)})
    digest = hashlib.sha256(business.encode())
    for kind, key in keys:
        digest.update(f"\n{kind} {key} {hashlib.sha256(contents.files[kind, key][1]).hexdigest()}".encode())
    # A list, since two files may have one name.
    files = [[name, base64.b64encode(data).decode()] for name, data in (contents.files[key] for key in keys)]
    return digest.hexdigest(), {"files": files}


def open_bundle(bundle_id: str, business: str, content: Any, rules: FormRules) -> Bundle:
    """Read and compile a stored bundle; it was checked when it was deployed.

    Raises BundleUnreadable when a later release no longer understands it: a form left out would let a task pass unanswered.
    """
    files = [(name, base64.b64decode(data)) for name, data in content["files"]]
    contents = read_files(files, rules)
    if wrong := [finding for finding in contents.findings if finding.severity == "error"]:
        raise BundleUnreadable(bundle_id, wrong[0])
    needed = {key for kind, key in needed_by(business, contents) if kind == "bpmn"}
    processes = {key: process for key, process in contents.processes.items() if key in needed}
    return Bundle(bundle_id, business, contents, compile_program(business, processes, contents.decisions))


class BundleCache:
    """Bundles by id, parsed once per operating-system process and shared by all threads."""

    def __init__(self, rules: FormRules) -> None:
        self._rules = rules
        self._bundles: dict[str, Bundle] = {}
        self._lock = threading.Lock()

    def get(self, bundle_id: str) -> Bundle | None:
        """The bundle, if it has been opened before."""
        return self._bundles.get(bundle_id)

    def open(self, bundle_id: str, business: str, content: Any) -> Bundle:
        """Open a bundle, once."""
        with self._lock:
            bundle = self._bundles.get(bundle_id)
            if bundle is None:
                bundle = self._bundles[bundle_id] = open_bundle(bundle_id, business, content, self._rules)
            return bundle
