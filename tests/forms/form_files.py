"""Small form files for tests, as the editor writes them."""

from datetime import UTC, datetime

import orjson

from workflow_runtime.attachments import AttachmentFacts
from workflow_runtime.errors import Invalid, Text
from workflow_runtime.forms import Form, FormContext, FormRules, Option, read_form

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
FILES = {
    "a1": AttachmentFacts("执照.pdf", "application/pdf", 1000, "0a"),
    "a2": AttachmentFacts("照片.png", "image/png", 5_000_000, "0b"),
    "a3": AttachmentFacts("执照.pdf", "application/pdf", 2000, "0c"),
}
RULES = FormRules(
    validators={"even": lambda context, value: None if value == "2" else Text("应为偶数", "must be even")},
    options={"authorities": lambda context: [Option("A1", "甲局", "Bureau A"), Option("B2", "乙局")]},
)


def component(kind, key, **more):
    """One question with a label."""
    return {"type": kind, "id": f"Field_{key}", "key": key, "label": f"标题{key}", **more}


def document(*components, **more):
    return {"type": "default", "id": "sample", "schemaVersion": 18, "components": list(components), **more}


def reading(*components, rules=RULES, **more):
    """The form (or None) and the findings of a file with these components."""
    data = orjson.dumps(document(*components, **more), option=orjson.OPT_INDENT_2)
    return read_form("forms/sample.form", data, rules)


def a_form(*components, rules=RULES) -> Form:
    form, findings = reading(*components, rules=rules)
    assert findings == []
    assert form is not None
    return form


def context(**variables) -> FormContext:
    return FormContext(connection=None, now=NOW, actor_party="owner:1", variables=variables, attachment=FILES.get)


def errors_of(form, answers, **variables) -> dict[str, str]:
    """The English sentence for each wrong answer; empty when the answers load."""
    try:
        form.load(answers, context(**variables))
    except Invalid as invalid:
        return {f.field: f.message.en for f in invalid.fields}
    return {}
