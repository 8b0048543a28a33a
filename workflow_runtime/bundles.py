"""Bundles: everything that a business needs to run, frozen together.

A bundle is the business's BPMN file with all that it reaches: called processes, decision tables, forms. Its id is the hash of their
contents. A case stays on the bundle on which it was started.
"""

import base64
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workflow_runtime.contents import Contents, needed_by, read_files
from workflow_runtime.diagram.model import INBOX, Node, Process
from workflow_runtime.errors import Failure, Finding, Text
from workflow_runtime.forms import Form, FormRules

if TYPE_CHECKING:
    from workflow_runtime.engine.compiler import Program


class BundleUnreadable(Failure):
    """A stored bundle does not fit this release: it names a validator that is gone, say."""

    code = "BUNDLE_UNREADABLE"

    def __init__(self, bundle_id: str, finding: Finding) -> None:
        super().__init__(
            Text(f"流程版本 {bundle_id[:12]} 无法读取：{finding}", f"The bundle {bundle_id[:12]} cannot be read: {finding}"),
            Text("请联系运维恢复所缺的校验规则或程序版本。", "Have the operator restore the missing rule, or the release that had it."),
        )


@dataclass(frozen=True)
class Bundle:
    """A business, ready to run; shared by all threads, never changed."""

    id: str
    business: str
    contents: Contents
    program: "Program"

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

    def answered_form(self, variable: str) -> Form | None:
        """The form whose answers are under this variable; where no element fills it in, the form of this key."""
        node = self.filled_in.get(variable)
        return self.form(node.form if node is not None else variable)

    def answered_title(self, variable: str) -> Text:
        """What that form is called; a form that several fill in, each under a variable of his own, with the name of the element."""
        form, node = self.answered_form(variable), self.filled_in.get(variable)
        if form is None:
            return Text(variable, variable)
        name = node.name if node is not None else ""
        if not form.titled:
            return Text(name or self.process.name, name or self.process.name)
        shared = bool(name) and sum(each.form == form.key for each in self.filled_in.values()) > 1
        return Text(f"{form.title.zh} · {name}", f"{form.title.en} · {name}") if shared else form.title

    def outcome_labels(self, variable: str) -> Mapping[str, str]:
        """The buttons of the tasks that decide under this variable: label by code."""
        nodes = (node for process in self.contents.processes.values() for node in process.nodes)
        return {o.code: o.label for node in nodes if node.type in INBOX and node.variable == variable for o in node.outcomes}

    @cached_property
    def filled_in(self) -> Mapping[str, Node]:
        """Each variable that people fill in by a form, once, with the element where they do; the business's own first."""
        found: dict[str, Node] = {}
        for process in sorted(self.contents.processes.values(), key=lambda each: each.id != self.business):
            for node in process.nodes:
                if self.form(node.form) is not None:
                    found.setdefault(node.variable, node)
        return found


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
    from workflow_runtime.engine.compiler import compile_program  # only here: files are also read where nothing runs

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
