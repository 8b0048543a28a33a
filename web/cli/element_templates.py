"""Handlers as element templates: what desktop modelers offer in a select box instead of text to be typed.

A task that is made from one says type `external`, topic, input parameters and result variable; `crane lint` and `crane deploy` read these as
operator, parameters and `resultVariable`.
"""

from typing import Any

from workflow_runtime.handler_types import about, result_fields, type_words
from workflow_runtime.handlers import Handler, Parameter

SCHEMA = "https://unpkg.com/@camunda/element-templates-json-schema/resources/schema.json"


def element_template(handler: Handler) -> dict[str, Any]:
    """The template of a service task that calls this handler."""
    fixed = [
        _hidden("camunda:type", "external"),
        _hidden("camunda:topic", handler.name),
    ]
    result = [_result(handler)] if result_fields(handler) is not None else []
    return {
        "$schema": SCHEMA,
        "name": handler.name,
        "id": f"crane.{handler.name}",
        "description": about(handler),
        "appliesTo": ["bpmn:Task", "bpmn:ServiceTask"],
        "elementType": {"value": "bpmn:ServiceTask"},
        "properties": [*fixed, *(_parameter(p) for p in handler.parameters), *result],
    }


def _hidden(name: str, value: str) -> dict[str, Any]:
    return {"type": "Hidden", "value": value, "binding": {"type": "property", "name": name}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    words = type_words(parameter.type)
    return {
        "label": parameter.name,
        "description": f"{words.zh} {words.en}" + ("" if parameter.required else "（可不填 optional）"),
        "type": "String",
        **({"constraints": {"notEmpty": True}} if parameter.required else {"optional": True}),
        "binding": {"type": "camunda:inputParameter", "name": parameter.name},
    }


def _result(handler: Handler) -> dict[str, Any]:
    return {
        "label": "resultVariable",
        "description": f"结果存入的变量：{', '.join(result_fields(handler) or {})}",
        "type": "String",
        "binding": {"type": "property", "name": "camunda:resultVariable"},
    }
