"""The use case of deploying: diagrams, decision tables and forms become what new cases run on.

A faulty file is refused with every finding at once; what was deployed before goes on. Running cases stay on their bundles.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from workflow_runtime.actors import Actor
from workflow_runtime.bundles import bundle_content
from workflow_runtime.catalogue import Catalogue
from workflow_runtime.checking import checked, linted
from workflow_runtime.contents import Contents, File
from workflow_runtime.errors import DiagramRefused, Finding
from workflow_runtime.forms import FormRules
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
    return linted(files, *_surroundings(uow))


def deploy(uow: UnitOfWork, actor: Actor, files: Iterable[File]) -> Deployment:
    """Deploy files over what is deployed now. Raises NotAllowed, DiagramRefused (every finding with file, element, line, reason, cure)."""
    ensure_role(actor, ANALYST, "administrator")
    # The head of the stream is the lock of all deployments: of two at once, the second one starts from what the first one has left.
    uow.audit_rows.locked_head(STREAM)
    contents, findings = found_in(uow, files)
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


def found_in(uow: UnitOfWork, files: Iterable[File]) -> tuple[Contents, list[Finding]]:
    """What would be deployed: the deployed files with these in place of those that define the same things; and what is wrong with it."""
    return checked(files, *_surroundings(uow))


def _surroundings(uow: UnitOfWork) -> tuple[list[File], dict[str, str], Catalogue, FormRules]:
    """What files are checked against: what is deployed, the role table, the handlers, the rules of forms."""
    lanes = {lane.lane: lane.party for lane in uow.library.lanes()}
    return list(uow.library.files().values()), lanes, uow.runtime.catalogue, uow.runtime.rules


def _keep_files(uow: UnitOfWork, contents: Contents) -> list[str]:
    """Make these the deployed files; the names of those that are new or changed."""
    before = uow.library.files()
    changed = sorted(name for key, (name, data) in contents.files.items() if before.get(key, ("", b""))[1] != data)
    if before != contents.files:
        uow.library.replace_files(contents.files)
    return changed


def missing_in(uow: UnitOfWork, contents: Contents) -> list[str]:
    """Businesses whose file is gone, or that owners start no longer: once this is deployed, nobody can start them."""
    startable = {process.id for process in contents.processes.values() if process.is_business}
    return [d.business for d in uow.library.deployed() if d.startable and d.business not in startable]


def _retire_missing(uow: UnitOfWork, contents: Contents) -> list[str]:
    gone = missing_in(uow, contents)
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
