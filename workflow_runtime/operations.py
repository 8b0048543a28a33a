"""The use case of calling a registered operation: a probe or a reconciliation that belongs to no case."""

from typing import Any

from workflow_runtime.errors import Text
from workflow_runtime.guards import not_found
from workflow_runtime.runtime import Runtime


def run_operation(runtime: Runtime, name: str, **arguments: Any) -> Any:
    """Call the operation of this name with these arguments and return what it returns.

    Whoever calls it has made sure that the actor may, and takes what it changed into the audit. Raises NotFound for an unknown operation,
    and what the operation itself raises.
    """
    found = runtime.catalogue.operations.get(name)
    if found is None:
        raise not_found(Text(f"操作 {name} ", f"The operation {name}"))
    return found(runtime.catalogue.provide(runtime.call_without_case(name)), **arguments)
