"""The use case of deploying: diagrams, decision tables and forms become what new cases run on.

A faulty file is refused with every finding at once; what was deployed before goes on. Running cases stay on their bundles.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from workflow_runtime.actors import Actor
from workflow_runtime.bundles import Contents, File, bundle_content, read_files
from workflow_runtime.diagram.contract import Parts, check
from workflow_runtime.errors import DiagramRefused, Finding, Text
from workflow_runtime.guards import ensure_role
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.rows import Deployed

ANALYST = "analyst"
STREAM = "deployments"


@dataclass(frozen=True)
class Deployment:
    """What a deployment did: the businesses (with `changed`), and warnings that are worth a look."""

    businesses: tuple[Deployed, ...]
    warnings: tuple[Finding, ...]


def lint(uow: UnitOfWork, files: Iterable[File]) -> list[Finding]:
    """What would be found if these files were deployed over what is deployed now."""
    return _checked(uow, files)[1]


def deploy(uow: UnitOfWork, actor: Actor, files: Iterable[File]) -> Deployment:
    """Deploy files over what is deployed now. Raises NotAllowed, DiagramRefused (every finding with file, element, line, reason, cure)."""
    ensure_role(actor, ANALYST, "administrator")
    # The head of the stream is the lock of all deployments: of two at once, the second one starts from what the first one has left.
    uow.audit_rows.locked_head(STREAM)
    contents, findings = _checked(uow, files)
    if any(f.severity == "error" for f in findings):
        raise DiagramRefused([f for f in findings if f.severity == "error"])
    files_changed = _keep_files(uow, contents)
    businesses = tuple(_deploy_business(uow, actor, process.id, contents) for process in contents.processes.values() if process.is_business)
    changed = {b.business: b.bundle_id for b in businesses if b.changed}
    retired = _retire_missing(uow, contents)
    if files_changed or changed or retired:
        details = {"bundles": changed, "files": files_changed, "retired": retired}
        uow.audit.record(STREAM, actor, "deployed", ",".join(sorted(changed)), details)
    return Deployment(businesses, tuple(findings))


def _checked(uow: UnitOfWork, files: Iterable[File]) -> tuple[Contents, list[Finding]]:
    """What would be deployed: the deployed files with these in place of those that define the same things; and what is wrong with it."""
    rules = uow.runtime.rules
    new = list(files)
    named = read_files(new, rules)
    kept = read_files(list(uow.library.files().values()), rules)
    replaced = {source for key, source in kept.sources.items() if key in named.sources}
    contents = read_files([*new, *(file for key, file in kept.files.items() if key not in replaced)], rules)
    lanes = {lane.lane: lane.party for lane in uow.library.lanes()}
    catalogue = uow.runtime.catalogue
    receivers = frozenset(catalogue.receivers)
    parts = Parts(contents.processes, contents.forms, contents.decisions, catalogue.handlers, lanes, receivers)
    return contents, [*contents.findings, *check(parts), *_left_out(kept, contents)]


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


def _keep_files(uow: UnitOfWork, contents: Contents) -> list[str]:
    """Make these the deployed files; the names of those that are new or changed."""
    before = uow.library.files()
    changed = sorted(name for key, (name, data) in contents.files.items() if before.get(key, ("", b""))[1] != data)
    if before != contents.files:
        uow.library.replace_files(contents.files)
    return changed


def _retire_missing(uow: UnitOfWork, contents: Contents) -> list[str]:
    """Businesses whose file is gone, or that owners start no longer: nobody can start them from now on."""
    startable = {process.id for process in contents.processes.values() if process.is_business}
    gone = [d.business for d in uow.library.deployed() if d.startable and d.business not in startable]
    for business in gone:
        uow.library.retire(business)
    return gone


def _deploy_business(uow: UnitOfWork, actor: Actor, business: str, contents: Contents) -> Deployed:
    bundle_id, content = bundle_content(business, contents)
    current = uow.library.deployment(business)
    if current is not None and current.bundle_id == bundle_id and current.startable:
        return replace(current, changed=False)
    uow.library.keep_bundle(bundle_id, business, content, uow.now)
    deployed = Deployed(business, bundle_id, contents.processes[business].name, True, uow.now, actor.id, changed=True)
    uow.library.deploy(deployed)
    return deployed
