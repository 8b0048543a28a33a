"""A case's variables as they are told to programs: telephone numbers only to those who work on the case, other cases to those who see them."""

from collections.abc import Collection

from workflow_runtime.actors import Actor
from workflow_runtime.answered import PHONE, case_told, works_on
from workflow_runtime.confidence import withheld
from workflow_runtime.handlers import Json
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.rows import CaseRow


def told_variables(uow: UnitOfWork, actor: Actor, row: CaseRow) -> dict[str, Json]:
    """The variables of a case that the actor may see; from others than those who work on it, telephone numbers are withheld.

    A finding about another case names it to those alone who may see that one, too; what is confidential is left out for the owner.
    """
    variables = {name: _told(uow, actor, value) for name, value in row.variables.items() if not withheld(actor, row, value)}
    if works_on(actor, row):
        return variables
    forms = uow.bundle(row.bundle_id).contents.forms.values()
    personal = {field.path[-1] for form in forms for field in form.fields if field.format == PHONE}
    return {name: _without(value, personal) for name, value in variables.items()}


def _told(uow: UnitOfWork, actor: Actor, value: Json) -> Json:
    """A check's result, its findings without the cases that the actor may not see; anything else as it is."""
    found = value.get("findings") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(found, list):
        return value
    return {**value, "findings": [{**f, "case": case_told(uow, actor, f)} if isinstance(f, dict) and f.get("case") else f for f in found]}


def _without(value: Json, names: Collection[str]) -> Json:
    if isinstance(value, dict):
        return {name: _without(inner, names) for name, inner in value.items() if name not in names}
    return [_without(inner, names) for inner in value] if isinstance(value, list) else value
