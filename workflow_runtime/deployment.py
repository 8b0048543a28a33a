"""The use case of deploying: diagrams, decision tables and forms become what new cases run on.

A faulty file is refused with every finding at once; what was deployed before goes on. Running cases stay on their bundles.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from workflow_runtime.actors import Actor
from workflow_runtime.bundles import Contents, File, Key, bundle_content, read_files
from workflow_runtime.diagram.contract import Parts, check
from workflow_runtime.errors import DiagramRefused, Finding
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
    return _checked(uow, _overlaid(uow, files))[1]


def deploy(uow: UnitOfWork, actor: Actor, files: Iterable[File]) -> Deployment:
    """Deploy files over what is deployed now. Raises NotAllowed, DiagramRefused (every finding with file, element, line, reason, cure)."""
    ensure_role(actor, ANALYST, "administrator")
    contents, findings = _checked(uow, _overlaid(uow, files))
    if any(f.severity == "error" for f in findings):
        raise DiagramRefused([f for f in findings if f.severity == "error"])
    uow.library.keep_files(contents.files)
    businesses = tuple(_deploy_business(uow, actor, process.id, contents) for process in contents.processes.values() if process.is_business)
    changed = {b.business: b.bundle_id for b in businesses if b.changed}
    if changed:
        uow.audit.record(STREAM, actor, "deployed", ",".join(sorted(changed)), {"bundles": changed})
    return Deployment(businesses, tuple(findings))


def _overlaid(uow: UnitOfWork, files: Iterable[File]) -> list[File]:
    """The deployed files, with these in place of those that define the same things."""
    new = list(files)
    rules = uow.runtime.rules
    defined = set(read_files(new, rules).sources)
    kept = read_files(list(uow.library.files().values()), rules)
    return [*new, *(file for key, file in kept.files.items() if not _ids(kept, key) & defined)]


def _ids(contents: Contents, key: Key) -> set[Key]:
    return {each for each, source in contents.sources.items() if source == key}


def _checked(uow: UnitOfWork, files: list[File]) -> tuple[Contents, list[Finding]]:
    contents = read_files(files, uow.runtime.rules)
    lanes = frozenset(lane.lane for lane in uow.library.lanes())
    parts = Parts(contents.processes, contents.forms, contents.decisions, uow.runtime.catalogue.handlers, lanes)
    return contents, [*contents.findings, *check(parts)]


def _deploy_business(uow: UnitOfWork, actor: Actor, business: str, contents: Contents) -> Deployed:
    bundle_id, content = bundle_content(business, contents)
    current = uow.library.deployment(business)
    if current is not None and current.bundle_id == bundle_id:
        return replace(current, changed=False)
    uow.library.keep_bundle(bundle_id, business, content, uow.now)
    deployed = Deployed(business, bundle_id, contents.processes[business].name, True, uow.now, actor.id, changed=True)
    uow.library.deploy(deployed)
    return deployed
