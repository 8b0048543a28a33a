"""The people of a scenario's case: what they do with their tasks."""

from collections.abc import Mapping

from workflow_runtime.diagram.contract.variables import filled
from workflow_runtime.diagram.model import Node, Outcome
from workflow_runtime.errors import FieldError, Invalid, Text
from workflow_runtime.forms import Form
from workflow_runtime.forms.answers import RESERVED
from workflow_runtime.handlers import Json
from workflow_runtime.scenarios.model import Complete
from workflow_runtime.scenarios.pretended import answered
from workflow_runtime.scenarios.problems import unknown
from workflow_runtime.scenarios.services import Services


def complete(services: Services, step: Complete) -> None:
    """A person completes a user task. Raises StepImpossible, Invalid (field errors)."""
    task = services.place(step.element, "user")
    node, case, scenario = task.node, services.case, services.scenario
    outcome = _outcome(node, step.outcome)
    if scenario.whole and outcome.opinion_required and not step.opinion:
        raise Invalid([FieldError("opinion", "审核意见", Text("必须填写意见", "is needed"))])
    words: dict[str, Json] = {"outcome": outcome.code, "opinion": step.opinion}
    values = _filled_in(services, node.form, node.variable, step.answers, words)
    edits = {key: _edited(services, node, key, answers) for key, answers in step.edits.items()}
    case.trace.do(f"{node.name or node.id}：{outcome.label}（{outcome.code}）", f"{node.id}: {outcome.code}")
    case.variables.update({**edits, node.variable: {**values, **words}})
    case.spend(task)
    case.move(lambda tokens: tokens.complete(task.token))


def _outcome(node: Node, given: str | None) -> Outcome:
    known = {outcome.code: outcome for outcome in node.outcomes}
    if given is None and len(known) == 1:
        return next(iter(known.values()))
    if given not in known:
        raise unknown(Text(f" {node.id} 的办理结果", f"outcome of {node.id}"), given or "（未写 outcome）", known)
    return known[given]


def _filled_in(
    services: Services, key: str | None, variable: str, answers: Mapping[str, Json], words: Mapping[str, Json]
) -> dict[str, Json]:
    """The answers; over those that the person finds in the form, unless the scenario tells them whole."""
    form, whole = services.stage.parts.forms.get(key or ""), services.scenario.whole
    before = {} if whole or form is None else _found(form, variable, services.case.variables)
    return {**before, **answered(form, answers, words, whole=whole)}


def _found(form: Form, variable: str, variables: Mapping[str, Json]) -> dict[str, Json]:
    """The answers of the time before; the first time, those that are prefilled."""
    found = variables.get(variable)
    if isinstance(found, dict):
        return {name: value for name, value in found.items() if name not in RESERVED}
    return {name: value for name, value in form.prefilled({}, variables).items() if value is not None}


def _edited(services: Services, node: Node, key: str, answers: Mapping[str, Json]) -> Json:
    editable = [form for form, mode in node.form_modes.items() if mode == "edit"]
    if key not in editable:
        raise unknown(Text(f" {node.id} 可编辑的表单", f"form to edit in {node.id}"), key, editable)
    parts = services.stage.parts
    form = filled(parts, parts.processes.get(node.process)).get(key, key)
    return _filled_in(services, form, key, answers, {})
