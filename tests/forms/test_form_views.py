"""What a form tells others: its JSON schema, and what changed between two submissions."""

import pytest
from form_files import a_form, component, context

from workflow_runtime.forms import shown

CATEGORY = component(
    "select", "category", values=[{"label": "塔机", "value": "T"}, {"label": "升降机", "value": "S"}], properties={"en.T": "Tower crane"}
)


def test_the_json_schema_states_the_rules_of_the_form():
    form = a_form(
        component("textfield", "a", validate={"required": True, "maxLength": 5, "pattern": "^x"}, properties={"en": "Name"}),
        component("number", "n", decimalDigits=0, validate={"min": 1}, conditional={"hide": '=a = "x"'}),
        {"type": "group", "path": "g", "components": [CATEGORY, component("checkbox", "ok", validate={"required": True})]},
        component("filepicker", "f", multiple=True, properties={"maxFiles": "3"}),
        component("checklist", "l", valuesKey="authorities"),
        component("datetime", "d", subtype="date", readonly=True, defaultValue="2026-01-01"),
    )
    schema = form.json_schema()
    assert (schema["type"], schema["additionalProperties"], schema["required"]) == ("object", False, ["a", "g"])
    members = schema["properties"]
    assert members["a"] == {"title": "标题a", "description": "Name", "type": "string", "maxLength": 5, "minLength": 1, "pattern": "^x"}
    assert (members["n"]["type"], members["n"]["minimum"]) == ("integer", 1)
    assert 'Left out when a = "x"' in members["n"]["description"]
    assert members["g"]["properties"]["category"]["enum"] == ["T", "S"]
    assert members["g"]["required"] == ["ok"]
    assert members["g"]["properties"]["ok"]["const"] is True
    assert members["f"]["maxItems"] == 3
    assert members["l"]["items"]["x-option-source"] == "authorities"
    assert (members["d"]["format"], members["d"]["readOnly"], members["d"]["default"]) == ("date", True, "2026-01-01")


@pytest.mark.parametrize(
    ("kind", "more", "stated"),
    [
        ("textfield", {}, {"type": "string", "maxLength": 10_000}),
        ("textfield", {"validate": {"required": True, "minLength": 3}}, {"type": "string", "maxLength": 10_000, "minLength": 3}),
        ("textfield", {"validate": {"validationType": "email"}}, {"type": "string", "maxLength": 10_000, "format": "email"}),
        ("number", {}, {"type": "number", "minimum": -(10**15), "maximum": 10**15}),
        ("number", {"validate": {"max": 5}, "decimalDigits": 2}, {"type": "number", "minimum": -(10**15), "maximum": 5}),
        ("checkbox", {}, {"type": "boolean"}),
        ("filepicker", {}, {"type": "array", "maxItems": 1}),
        ("filepicker", {"validate": {"required": True}}, {"type": "array", "maxItems": 1, "minItems": 1}),
        ("checklist", {"valuesKey": "authorities"}, {"type": "array", "uniqueItems": True}),
        ("checklist", {"valuesKey": "authorities", "validate": {"required": True}}, {"type": "array", "uniqueItems": True, "minItems": 1}),
    ],
)
def test_the_json_schema_of_each_kind(kind, more, stated):
    member = a_form(component(kind, "x", **more)).json_schema()["properties"]["x"]
    assert {k: v for k, v in member.items() if k not in {"title", "description", "items"}} == stated


@pytest.mark.parametrize(
    ("kind", "more", "sentence"),
    [
        ("number", {"properties": {"unit": "t"}}, "Unit: t."),
        ("number", {"properties": {"unit": "年", "enUnit": "years"}}, "Unit: years."),
        ("number", {"decimalDigits": 2}, "At most 2 digits"),
        ("textfield", {"properties": {"validate": "even"}}, "rule even"),
        ("textfield", {"conditional": {"hide": '=outcome = "x"'}}, 'Left out when outcome = "x".'),
    ],
)
def test_the_json_schema_tells_in_words_what_it_cannot_state(kind, more, sentence):
    assert sentence in a_form(component(kind, "x", **more)).json_schema()["properties"]["x"]["description"]


def test_a_read_only_question_is_not_required_by_the_json_schema():
    assert "required" not in a_form(component("textfield", "x", readonly=True, validate={"required": True})).json_schema()


def test_a_conditional_question_is_not_required_by_the_json_schema():
    """Whether it is required depends on other answers; the description says so."""
    form = a_form(CATEGORY, component("number", "n", validate={"required": True}, conditional={"hide": '=category != "T"'}))
    assert "required" not in form.json_schema()
    assert "otherwise required" in form.json_schema()["properties"]["n"]["description"]


def test_differences_show_old_and_new_answers_in_words():
    form = a_form(
        CATEGORY,
        component("number", "n", properties={"unit": "吨", "enUnit": "t"}),
        component("checkbox", "ok"),
        component("select", "authority", valuesKey="authorities"),
        component("textfield", "same"),
        {"type": "group", "path": "g", "components": [component("textfield", "t")]},
    )
    before = {"category": "T", "n": 5, "ok": False, "authority": "A1", "same": "x", "g": {"t": "alt"}}
    after = {"category": "S", "ok": True, "authority": "B2", "same": "x", "g": {"t": "neu"}}
    options = {"authorities": form.options(form.field("authority"), context())}
    told = form.differences(before, after, options)
    assert next(d.old for d in told if d.field == "n") == ("5 吨", "5 t")
    found = {d.field: (d.old.zh, d.new.zh) for d in told}
    assert found == {
        "category": ("塔机", "升降机"),
        "n": ("5 吨", "（未填写）"),
        "ok": ("否", "是"),
        "authority": ("甲局", "乙局"),
        "g.t": ("alt", "neu"),
    }


def test_another_file_of_the_same_name_is_a_difference_that_can_be_seen():
    form = a_form(component("filepicker", "f"))
    first, second = ({"f": [{"id": i, "name": "执照.pdf"}]} for i in ("a1", "a3"))
    (difference,) = form.differences(first, second)
    assert (difference.old.zh, difference.new.zh) == ("执照.pdf", "执照.pdf（新上传）")
    assert form.differences(first, first) == []


def test_a_file_of_which_only_the_store_knows_more_is_no_difference():
    form = a_form(component("filepicker", "f"), component("checklist", "l", valuesKey="authorities"))
    before, after = {"f": [{"id": "a1"}], "l": ["A1"]}, {"f": [{"id": "a1", "name": "执照.pdf"}], "l": ["A1", "B2"]}
    (difference,) = form.differences(before, after)
    assert (difference.old.zh, difference.new.zh) == ("A1", "A1、B2")


@pytest.mark.parametrize("nothing", [None, "", []])
def test_no_answer_is_shown_as_such(nothing):
    assert shown(a_form(component("checklist", "l", valuesKey="authorities")).fields[0], nothing).en == "(not filled in)"


def test_false_and_zero_are_different_answers():
    form = a_form(component("checkbox", "c"))
    assert len(form.differences({"c": False}, {"c": 0})) == 1
