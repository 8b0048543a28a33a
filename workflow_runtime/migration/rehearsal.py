"""A deployment rehearsed: what would be found, what its changes mean, what would become of the running cases. Nothing is changed."""

from collections.abc import Iterable
from dataclasses import dataclass

from workflow_runtime.actors import Actor
from workflow_runtime.changes import Comparison, compare
from workflow_runtime.contents import Contents, File
from workflow_runtime.deployment import ANALYST, found_in, missing_in
from workflow_runtime.errors import Finding
from workflow_runtime.guards import ADMINISTRATOR, ensure_role
from workflow_runtime.migration.chosen import ensure_mapped
from workflow_runtime.migration.forecast import Forecast, forecast
from workflow_runtime.migration.mapping import ElementMap
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.versions import deployed_contents, would_be


@dataclass(frozen=True)
class Rehearsal:
    """What a deployment would do; without forecasts where it would be refused. `retired`: businesses that nobody could start any more."""

    findings: tuple[Finding, ...]
    comparison: Comparison
    forecasts: tuple[Forecast, ...]
    retired: tuple[str, ...]

    @property
    def refused(self) -> bool:
        """Whether the deployment would be refused."""
        return any(finding.severity == "error" for finding in self.findings)


def rehearse(uow: UnitOfWork, actor: Actor, files: Iterable[File], mapping: ElementMap | None = None) -> Rehearsal:
    """What deploying these files over what is deployed now would mean. Raises NotAllowed, Invalid (the map)."""
    ensure_role(actor, ANALYST, ADMINISTRATOR)
    contents, findings = found_in(uow, files)
    comparison = compare(deployed_contents(uow), contents)
    refused = any(finding.severity == "error" for finding in findings)
    if refused:
        return Rehearsal(tuple(findings), comparison, (), ())
    forecasts = tuple(_forecasts(uow, contents, mapping or ElementMap()))
    return Rehearsal(tuple(findings), comparison, forecasts, tuple(missing_in(uow, contents)))


def _forecasts(uow: UnitOfWork, contents: Contents, mapping: ElementMap) -> Iterable[Forecast]:
    """Those of the businesses that have cases under way on other versions than the one that they would get."""
    bundles = [would_be(uow, process.id, contents) for process in contents.processes.values() if process.is_business]
    ensure_mapped(uow, mapping, bundles)
    for bundle in bundles:
        found = forecast(uow, bundle, mapping)
        if found.total:
            yield found
