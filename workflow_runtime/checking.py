"""Checking: what is wrong with files, read together with those that are deployed."""

from collections.abc import Iterable, Mapping

from workflow_runtime.catalogue import Catalogue
from workflow_runtime.contents import Contents, File, read_files
from workflow_runtime.diagram.contract import Parts, check
from workflow_runtime.diagram.practice import practice
from workflow_runtime.errors import Finding, Text
from workflow_runtime.forms import FormRules
from workflow_runtime.overview import arranged, in_order


def checked(
    files: Iterable[File], deployed: Iterable[File], lanes: Mapping[str, str], catalogue: Catalogue, rules: FormRules
) -> tuple[Contents, list[Finding]]:
    """The deployed files with `files` in place of those that define the same things; and everything that is wrong with it.

    `lanes` is the role table: lane → its party's expression. Nothing in a file is evaluated.
    """
    new = list(files)
    named = read_files(new, rules)
    kept = read_files(deployed, rules)
    replaced = {source for key, source in kept.sources.items() if key in named.sources}
    contents = read_files([*new, *(file for key, file in kept.files.items() if key not in replaced)], rules) if kept.files else named
    receivers = frozenset(catalogue.receivers)
    parts = Parts(contents.processes, contents.forms, contents.decisions, catalogue.handlers, lanes, receivers, contents.unread)
    return contents, arranged([*contents.findings, *check(parts), *_left_out(kept, contents)], contents)


def linted(
    files: Iterable[File], deployed: Iterable[File], lanes: Mapping[str, str], catalogue: Catalogue, rules: FormRules
) -> list[Finding]:
    """All that `checked` finds, and advice on good practice for the diagrams among `files`."""
    new = list(files)
    advice = [finding for name, data in new if name.endswith(".bpmn") for finding in practice(name, data)]
    return in_order([*checked(new, deployed, lanes, catalogue, rules)[1], *advice])


def _left_out(kept: Contents, contents: Contents) -> list[Finding]:
    """What disappears because its file is replaced by one that does not define it: meant, perhaps, when the file keeps its name."""
    names = {name for name, _ in contents.files.values()}
    gone = [(key, kept.files[source][0]) for key, source in kept.sources.items() if key not in contents.sources]
    return [_gone(key[1], name, "warning" if name in names else "error") for key, name in gone]


def _gone(key: str, name: str, severity: str) -> Finding:
    return Finding(
        "LEFT_OUT",
        name,
        key,
        0,
        Text(f"{key} 原在 {name} 中定义，替换后不再存在。", f"{key} was defined in {name}, which is replaced; it would be gone."),
        Text(
            "如仍需要，请在同一次部署中提供定义它的文件。", "If it is still needed, deploy a file that defines it together with this one."
        ),
        severity,
    )
