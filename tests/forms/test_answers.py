"""What a form accepts as answers, and what it makes of them."""

import orjson
import pytest
from form_files import RULES, a_form, component, context, errors_of
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_runtime.errors import Invalid
from workflow_runtime.forms import FormRules

CHOICES = [{"label": "塔机", "value": "T"}, {"label": "升降机", "value": "S"}]


STORED = {"id": "a1", "name": "执照.pdf", "size": 1000, "type": "application/pdf", "sha256": "0a"}


def one(kind, **more):
    """A form with the single question `x`."""
    return a_form(component(kind, "x", **more))


def loaded(form, value):
    return form.load({"x": value}, context()).get("x")


@pytest.mark.parametrize(
    ("kind", "more", "given", "kept"),
    [
        ("textfield", {}, "  甲 ", "甲"),
        ("textfield", {}, "e\u0301\u200b", "é"),
        ("textarea", {}, "一\r\n二", "一\n二"),
        ("textfield", {"validate": {"pattern": "^[\\u4e00-\\u9fff]+$"}}, "塔机", "塔机"),
        ("textfield", {"validate": {"validationType": "phone"}}, "0471-6612345", "0471-6612345"),
        ("textfield", {"validate": {"validationType": "email"}}, "a@b.cn", "a@b.cn"),
        ("number", {}, "６３０", 630),
        ("number", {}, 12.50, 12.5),
        ("number", {"decimalDigits": 1}, "12.5", 12.5),
        ("number", {"decimalDigits": 0}, 3.0, 3),
        ("datetime", {"subtype": "date"}, "2024-02-29", "2024-02-29"),
        ("select", {"values": CHOICES}, "T", "T"),
        ("select", {"valuesKey": "authorities"}, "B2", "B2"),
        ("checkbox", {}, "on", True),
        ("checkbox", {}, None, False),
        ("checklist", {"values": CHOICES}, ["S", "T", "S"], ["S", "T"]),
        ("checklist", {"values": CHOICES}, "T", ["T"]),
        ("textfield", {}, "  ", None),
        ("filepicker", {}, {"id": "a1"}, [STORED]),
        ("filepicker", {}, "a1", [STORED]),
        ("filepicker", {"accept": "application/pdf"}, "a1", [STORED]),
        ("filepicker", {"accept": "image/*, .PDF"}, "a1", [STORED]),
        ("filepicker", {"accept": "application/*"}, "a1", [STORED]),
        ("textfield", {"validate": {"validationType": "email", "pattern": "ignored"}}, "a@b.cn", "a@b.cn"),
        ("textfield", {"properties": {"validate": "even"}}, "2", "2"),
    ],
)
def test_a_right_answer_is_kept_in_its_canonical_form(kind, more, given, kept):
    value = loaded(one(kind, **more), given)
    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("kind", "more", "given", "sentence"),
    [
        ("textfield", {}, 5, "must be text"),
        ("textfield", {}, "a\x00b", "control characters"),
        ("textfield", {}, "a\nb", "line breaks"),
        ("textfield", {}, "a\u202eb", "control characters"),
        ("textfield", {}, "\ud800", "control characters"),
        ("textfield", {}, "x" * 10_001, "at most 10000"),
        ("textfield", {}, "x" + " " * 100_000, "at most 10000"),
        ("textfield", {"validate": {"maxLength": 3}}, "四个字了", "at most 3"),
        ("textfield", {"validate": {"minLength": 3}}, "二字", "at least 3"),
        ("textfield", {"validate": {"pattern": "^[0-9]+$"}}, "12a", "format"),
        ("textfield", {"validate": {"validationType": "phone"}}, "12", "telephone"),
        ("textfield", {"validate": {"validationType": "email"}}, "a@b", "e-mail"),
        ("textfield", {"properties": {"validate": "even"}}, "3", "even"),
        ("number", {}, "12,5", "must be a number"),
        ("number", {}, "1_000", "must be a number"),
        ("number", {}, "9" * 40, "must be a number"),
        ("number", {}, True, "must be a number"),
        ("number", {}, [1], "must be a number"),
        ("number", {}, float("nan"), "too large"),
        pytest.param("number", {}, 10**400, "too large", id="huge"),
        ("number", {"validate": {"min": 1}}, 0.5, "less than 1"),
        ("number", {"validate": {"max": "5"}}, 5.5, "greater than 5"),
        ("number", {"decimalDigits": 0}, 1.5, "whole number"),
        ("number", {"decimalDigits": 2}, "1.234", "2 digits"),
        ("datetime", {"subtype": "date"}, "2023-02-29", "not a date"),
        ("datetime", {"subtype": "date"}, "20230101", "not a date"),
        ("datetime", {"subtype": "date"}, 20230101, "not a date"),
        ("datetime", {"subtype": "date"}, "0202-01-01", "not a date"),
        ("select", {"values": CHOICES}, "X", "not one of the choices"),
        ("select", {"values": CHOICES}, ["T"], "must be text"),
        ("select", {"valuesKey": "authorities"}, "C3", "not one of the choices"),
        ("checklist", {"values": CHOICES}, ["T", "X"], "not one of the choices"),
        ("checklist", {"valuesKey": "authorities"}, ["A1", "C3"], "not one of the choices"),
        ("checklist", {"values": CHOICES}, {"T": 1}, "list of choices"),
        ("checkbox", {}, "maybe", "yes or no"),
        ("checkbox", {}, 1, "yes or no"),
        ("filepicker", {}, ["a1", "a2"], "at most 1 file"),
        ("filepicker", {}, [{"id": "a1", "path": "/etc"}], "not a reference"),
        ("filepicker", {}, [{"name": "x.pdf"}], "not a reference"),
        ("filepicker", {}, ["\u200b"], "not a reference"),
        ("filepicker", {}, ["x" * 101], "not a reference"),
        ("filepicker", {}, ["gone"], "does not exist"),
        ("filepicker", {"accept": ".pdf"}, ["a2"], "none of the kinds"),
        ("filepicker", {"accept": "image/*"}, ["a1"], "none of the kinds"),
        ("filepicker", {"accept": "image/jpeg"}, ["a2"], "none of the kinds"),
        ("filepicker", {"properties": {"maxSize": "1MB"}}, ["a2"], "larger than 1 MB"),
    ],
)
def test_a_wrong_answer_is_refused_with_its_reason(kind, more, given, sentence):
    assert sentence in errors_of(one(kind, **more), {"x": given})["x"]


@pytest.mark.parametrize("kind", ["textfield", "textarea", "number", "datetime", "checkbox", "filepicker"])
@pytest.mark.parametrize("blank", [{}, {"x": None}, {"x": " "}, {"x": []}])
def test_a_required_question_needs_an_answer_that_is_not_blank(kind, blank):
    form = one(kind, validate={"required": True})
    assert list(errors_of(form, blank)) == ["x"]


def test_a_limit_is_told_as_it_was_written():
    form = one("number", validate={"min": "0.5", "max": "5"})
    assert errors_of(form, {"x": 6}) == {"x": "must not be greater than 5"}
    assert errors_of(form, {"x": 0.4}) == {"x": "must not be less than 0.5"}


def test_a_required_box_must_be_ticked():
    assert errors_of(one("checkbox", validate={"required": True}), {"x": False}) == {"x": "must be ticked"}


def test_every_error_is_told_at_once_in_reading_order():
    """一次性告知: missing, wrong and unknown answers together."""
    form = a_form(component("textfield", "a", validate={"required": True}), component("number", "b"), component("filepicker", "c"))
    assert list(errors_of(form, {"b": "x", "c": ["gone"], "zz": 1})) == ["a", "b", "c", "zz"]


def test_an_unknown_answer_is_refused_and_a_flood_of_them_named_in_part():
    assert len(errors_of(one("textfield"), {f"k{i}": 1 for i in range(1000)})) == 20


def test_answers_that_are_no_object_are_refused_as_a_whole():
    with pytest.raises(Invalid) as refused:
        one("textfield").load([], context())
    assert [(f.field, f.label) for f in refused.value.fields] == [("", "表单")]


def test_an_unknown_answer_is_named_by_what_was_sent():
    with pytest.raises(Invalid) as refused:
        one("textfield").load({"zz": 1}, context())
    assert [(f.field, f.label) for f in refused.value.fields] == [("zz", "zz")]


def test_each_bad_file_is_named():
    form = one("filepicker", multiple=True, accept=".pdf", properties={"maxSize": "1KB", "maxFiles": "5"})
    with pytest.raises(Invalid) as refused:
        form.load({"x": ["a2", "a3", "gone"]}, context())
    assert len(refused.value.fields) == 3


def test_a_file_answer_becomes_the_facts_of_the_store_not_what_the_client_claims():
    assert loaded(one("filepicker"), [{"id": "a1", "name": "evil.exe", "size": 1, "type": "text/html"}]) == [STORED]


def test_loaded_answers_load_again_unchanged():
    form = a_form(component("filepicker", "f", multiple=True), component("number", "n"), component("checkbox", "c"))
    once = form.load({"f": ["a1", "a1", "a2"], "n": "5"}, context())
    assert form.load(once, context()) == once == orjson.loads(orjson.dumps(once))


HOIST = [
    component("select", "category", values=CHOICES, validate={"required": True}),
    component("number", "moment", conditional={"hide": '=category != "T"'}, validate={"required": True}),
    component("textfield", "detail", conditional={"hide": "=moment = null"}),
]


def test_a_hidden_question_is_neither_required_nor_kept_nor_checked():
    assert a_form(*HOIST).load({"category": "S", "moment": "rubbish"}, context()) == {"category": "S"}


def test_a_shown_conditional_question_is_required():
    assert errors_of(a_form(*HOIST), {"category": "T"}) == {"moment": "must be filled in"}


def test_the_answer_of_a_hidden_question_is_null_for_later_conditions():
    form = a_form(*HOIST)
    assert form.load({"category": "S", "moment": 630, "detail": "x"}, context()) == {"category": "S"}
    assert form.hidden({"category": "S", "moment": 630}, {}) == {"moment", "detail"}


def test_a_condition_reads_typed_values_although_a_browser_posts_text():
    form = a_form(
        component("number", "n"), component("checkbox", "c"), component("textfield", "x", conditional={"hide": "=n > 9 or c = false"})
    )
    assert "x" not in form.load({"n": "10", "c": "on", "x": "kept?"}, context())
    assert "x" not in form.load({"n": "5", "x": "kept?"}, context())
    assert form.load({"n": "5", "c": "on", "x": "kept"}, context())["x"] == "kept"


def test_a_condition_reads_the_outcome_and_the_opinion():
    form = a_form(component("textfield", "ground", conditional={"hide": '=outcome != "refuse"'}, validate={"required": True}))
    assert form.load({"ground": "x"}, context(outcome="approve")) == {}
    assert errors_of(form, {}, outcome="refuse") == {"ground": "must be filled in"}


def test_the_other_variables_of_the_case_are_out_of_a_conditions_reach():
    """Answers are judged by answers: a variable of the same name as a question does not stand in for it."""
    form = a_form(component("textfield", "a"), component("textfield", "b", conditional={"hide": '=a = "x"'}))
    assert form.load({"b": "kept"}, context(a="x")) == {"b": "kept"}


def test_a_group_with_a_path_nests_its_answers_and_one_without_does_not():
    inner = component("textfield", "serial", validate={"required": True})
    form = a_form(
        {"type": "group", "id": "G1", "path": "machine", "components": [inner, component("select", "category", values=CHOICES)]},
        {
            "type": "group",
            "id": "G2",
            "conditional": {"hide": '=machine.category = "S"'},
            "components": [component("textfield", "note", validate={"required": True})],
        },
    )
    assert [f.name for f in form.fields] == ["machine.serial", "machine.category", "note"]
    assert form.load({"machine": {"serial": "1", "category": "S"}, "note": "x"}, context()) == {"machine": {"serial": "1", "category": "S"}}
    assert set(errors_of(form, {"machine": {"zz": 1}})) == {"machine.serial", "machine.zz", "note"}
    assert errors_of(form, {"machine": 5})["machine"] == "must be a group of answers"


def test_a_read_only_question_takes_nothing_from_the_client():
    form = one("textfield", readonly=True, defaultValue="固定", validate={"required": True})
    assert loaded(form, "changed") == "固定"
    assert form.draft({"x": "changed"}) == {}
    assert loaded(one("number", disabled=True, defaultValue=5), "rubbish") == 5


def test_a_default_is_shown_and_not_forced_on_who_clears_it():
    form = one("textfield", defaultValue=" 预填 ")
    assert form.defaults() == {"x": "预填"}
    assert form.load({}, context()) == {}


@pytest.mark.parametrize("more", [{"values": None, "valuesKey": "authorities"}, {"properties": {"validate": "even"}}])
def test_an_answer_whose_rule_is_not_installed_is_refused(more):
    """A form that was read without the rule book never lets an unchecked answer pass."""
    kind = "select" if "valuesKey" in more else "textfield"
    form = a_form(component(kind, "x", **more), rules=None)
    assert "not installed" in errors_of(form, {"x": "2"})["x"]


def test_a_draft_keeps_what_was_typed_even_when_it_is_wrong():
    form = a_form(
        component("number", "n"), component("filepicker", "f"), {"type": "group", "path": "g", "components": [component("textfield", "t")]}
    )
    typed = {"n": "abc", "f": [{"id": "gone", "other": 1}], "g": {"t": " x "}, "zz": 1}
    assert form.draft(typed) == {"n": "abc", "f": [{"id": "gone"}], "g": {"t": " x "}}
    assert form.draft({"n": 5, "f": {"id": "a1"}, "g": {"t": True}}) == {"n": 5, "f": {"id": "a1"}, "g": {"t": True}}


def test_a_draft_is_bounded():
    form = a_form(component("textfield", "t"), component("checklist", "c", values=CHOICES))
    kept = form.draft({"t": "x" * 10**6, "c": ["y" * 10**5] * 10**4})
    assert len(orjson.dumps(kept)) < 100_000


def test_a_draft_drops_what_is_no_json():
    assert one("number").draft({"x": float("inf")}) == one("number").draft({"x": 10**30}) == {}
    assert one("textfield").draft({"x": "a\ud800"}) == {"x": "a"}


EVERYTHING = a_form(
    component("textfield", "t", validate={"required": True, "pattern": "^(a+)+$", "maxLength": 50}),
    component("textarea", "ta", validate={"minLength": 2}),
    component("number", "n", decimalDigits=2, validate={"min": -5, "max": 5}),
    component("datetime", "d", subtype="date"),
    component("radio", "r", values=CHOICES, conditional={"hide": "=n > 1"}),
    component("checkbox", "c"),
    {
        "type": "group",
        "path": "g",
        "components": [component("checklist", "cl", valuesKey="authorities"), component("filepicker", "f", multiple=True)],
    },
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.sampled_from(["2024-01-01", "T", "a1", "on"])
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4), max_leaves=8
)
KEYS = st.sampled_from(["t", "ta", "n", "d", "r", "c", "g", "cl", "f", "id", "_schema", "load", "Meta", ""])
ANSWERS = st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON, max_size=3), max_size=6) | JSON


def values_or_refusal(form, answers):
    try:
        return form.load(answers, context())
    except Invalid as invalid:
        return invalid


@settings(max_examples=300)
@given(ANSWERS)
def test_any_json_either_loads_or_is_invalid(answers):
    """Whatever a client sends: values that are JSON and load again as themselves, or Invalid; a draft always."""
    orjson.dumps(EVERYTHING.draft(answers))
    EVERYTHING.hidden(answers, {})
    values = values_or_refusal(EVERYTHING, answers)
    if isinstance(values, Invalid):
        assert values.fields
        assert all(f.message.zh and f.message.en for f in values.fields)
    else:
        assert EVERYTHING.load(orjson.loads(orjson.dumps(values)), context()) == values


def test_questions_may_be_named_like_members_of_the_schema_library():
    form = a_form(*(component("textfield", k) for k in ("load", "fields", "Meta", "context", "unknown")))
    assert form.load({"load": "1", "fields": "2", "Meta": "3"}, context()) == {"load": "1", "fields": "2", "Meta": "3"}


def test_an_option_source_may_give_plain_pairs():
    rules = FormRules(RULES.validators, {"authorities": lambda context: [("A1", "甲局")]})
    form = a_form(component("select", "x", valuesKey="authorities"), rules=rules)
    assert loaded(form, "A1") == "A1"
    assert form.options(form.fields[0], context())[0].text.en == "甲局"
    static = one("select", values=CHOICES)
    assert [o.value for o in static.options(static.fields[0], context())] == ["T", "S"]
