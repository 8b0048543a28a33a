"""Files of diagrams, decision tables and forms, read together: what each defines, and what is wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workflow_runtime.decisions import Decision, read_decisions
from workflow_runtime.diagram.model import Process, forms_by_variable
from workflow_runtime.diagram.reader import read_bpmn
from workflow_runtime.errors import Finding, Text
from workflow_runtime.forms import Form, FormRules, read_form
from workflow_runtime.store.keys import possible_key

Key = tuple[str, str]
File = tuple[str, bytes]
"""A file's name and its content."""

LONGEST_NAME = 255
"""Characters of a file's name."""

KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".form": "form"}


@dataclass(frozen=True)
class Contents:
    """Files, read: what is in them by id, which file each came from, and what was wrong with them.

    `unread` are the names, without `.form`, of forms that could not be taken: what names them is not to blame.
    """

    processes: Mapping[str, Process]
    decisions: Mapping[str, Decision]
    forms: Mapping[str, Form]
    files: Mapping[Key, File]
    sources: Mapping[Key, Key]
    findings: tuple[Finding, ...]
    unread: frozenset[str] = frozenset()


def read_files(files: Iterable[File], rules: FormRules) -> Contents:
    """Read BPMN, DMN and form files. Nothing is evaluated; every defect becomes a finding."""
    processes: dict[str, Process] = {}
    decisions: dict[str, Decision] = {}
    forms: dict[str, Form] = {}
    kept: dict[Key, File] = {}
    sources: dict[Key, Key] = {}
    findings: list[Finding] = []
    unread: set[str] = set()

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
            unread.update({name.removesuffix(".form")} if form is None else ())
        else:
            bad = [_unknown_kind(name)]
        findings.extend(bad)
    return Contents(processes, decisions, forms, kept, sources, tuple(findings), frozenset(unread))


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
    reason = Text("不是 .bpmn、.dmn 或 .form 文件。", "Not a .bpmn, .dmn or .form file.")
    cure = Text("请只部署流程图、决策表和表单。", "Deploy diagrams, decision tables and forms only.")
    return Finding("UNKNOWN_FILE", name, "", 0, reason, cure)


def needed_by(business: str, contents: Contents) -> set[Key]:
    """(kind, id) of everything that a business reaches: called processes, decisions, forms."""
    needed: set[Key] = set()
    reached: list[Process] = []
    todo = [business]
    while todo:
        key = ("bpmn", todo.pop())
        process = contents.processes.get(key[1])
        if process is None or key in needed:
            continue
        needed.add(key)
        reached.append(process)
        for node in process.nodes:
            if node.called:
                todo.append(node.called)
            if node.decision:
                needed.add(("dmn", node.decision))
    filled = forms_by_variable(reached)
    for node in (node for process in reached for node in process.nodes):
        needed.update(("form", form) for form in (node.form, *(filled.get(name, name) for name in node.form_modes)) if form)
    return {key for key in needed if key in contents.sources}
