"""Which form files are deployed, and what is told about the others."""

import orjson
import pytest
from form_files import RULES, a_form, component, document, reading
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_runtime.forms import Group, TextBlock, read_form
from workflow_runtime.forms.profile import INSTEAD

TEXT = component("textfield", "a")
VALUES = [{"label": "甲", "value": "A"}]


def group(*components, **more):
    return {"type": "group", "id": "G", "components": list(components), **more}


def nested(depth):
    return TEXT if depth == 0 else group(nested(depth - 1))


@pytest.mark.parametrize(
    ("components", "code"),
    [
        ([{"type": "button", "id": "B"}], "FORM_COMPONENT"),
        ([{"type": ["x"]}], "FORM_COMPONENT"),
        (["text"], "FORM_COMPONENT"),
        ([{"type": "textfield", "label": "甲"}], "FORM_KEY"),
        ([component("textfield", "_a")], "FORM_KEY"),
        ([component("textfield", "a.b")], "FORM_KEY"),
        ([component("textfield", "a b")], "FORM_KEY"),
        ([component("textfield", "and")], "FORM_KEY"),
        ([component("textfield", "k" * 65)], "FORM_KEY"),
        ([component("textfield", "outcome")], "FORM_KEY"),
        ([component("textfield", "opinion")], "FORM_KEY"),
        ([group(TEXT, path="outcome")], "FORM_KEY"),
        ([group(TEXT, path=5)], "FORM_KEY"),
        ([TEXT, TEXT], "FORM_KEY_DUPLICATE"),
        ([group(component("textfield", "x"), path="a"), TEXT], "FORM_KEY_DUPLICATE"),
        ([TEXT, group(component("textfield", "x"), path="a")], "FORM_KEY_DUPLICATE"),
        ([{"type": "textfield", "key": "a"}], "FORM_LABEL"),
        ([component("textfield", "a", label=5)], "FORM_VALUE"),
        ([component("textfield", "a", label="{{x}}")], "FORM_VALUE"),
        ([component("textfield", "a", description="=x")], "FORM_VALUE"),
        ([component("textfield", "a", readonly="=x")], "FORM_VALUE"),
        ([component("textfield", "a", valuesExpression="=x")], "FORM_ATTRIBUTE"),
        ([component("textfield", "a", validate={"min": 1})], "FORM_ATTRIBUTE"),
        ([component("textfield", "a", validate={"requird": True})], "FORM_ATTRIBUTE"),
        ([component("textfield", "a", validate={"required": "yes"})], "FORM_VALUE"),
        ([component("textfield", "a", validate=[1])], "FORM_VALUE"),
        ([component("textfield", "a", validate={"maxLength": -1})], "FORM_VALUE"),
        ([component("textfield", "a", validate={"maxLength": 10_001})], "FORM_VALUE"),
        ([component("textfield", "a", validate={"minLength": 1.5})], "FORM_VALUE"),
        ([component("textfield", "a", validate={"minLength": 5, "maxLength": 4})], "FORM_VALUE"),
        ([component("textfield", "a", validate={"validationType": "iban"})], "FORM_VALUE"),
        ([component("textfield", "a", validate={"validationType": ["x"]})], "FORM_VALUE"),
        ([component("textfield", "a", validate={"pattern": "("})], "FORM_PATTERN"),
        ([component("textfield", "a", validate={"pattern": "(?=a)a"})], "FORM_PATTERN"),
        ([component("textfield", "a", validate={"pattern": r"(a)\1"})], "FORM_PATTERN"),
        ([component("textfield", "a", validate={"pattern": "a" * 201})], "FORM_PATTERN"),
        ([component("textfield", "a", validate={"pattern": ["x"]})], "FORM_PATTERN"),
        ([component("textfield", "a", properties={"validate": "nonesuch"})], "FORM_RULE"),
        ([component("textfield", "a", properties={"serachable": "true"})], "FORM_ATTRIBUTE"),
        ([component("textfield", "a", properties={"searchable": "yes"})], "FORM_VALUE"),
        ([component("textfield", "a", properties="x")], "FORM_VALUE"),
        ([component("textfield", "a", defaultValue=5)], "FORM_VALUE"),
        ([component("textfield", "a", layout={"columns": 17})], "FORM_VALUE"),
        ([component("textfield", "a", layout={"span": 2})], "FORM_ATTRIBUTE"),
        ([component("textfield", "a", appearance={"colour": "x"})], "FORM_ATTRIBUTE"),
        ([component("textfield", "a", conditional={"show": "=x"})], "FORM_ATTRIBUTE"),
        ([component("textfield", "a", conditional={"hide": True})], "FORM_VALUE"),
        ([component("textfield", "a", conditional={"hide": "=__import__('os')"})], "FORM_CONDITION"),
        ([component("textfield", "a", conditional={"hide": "=nonesuch = 1"})], "FORM_CONDITION"),
        ([component("textfield", "a", conditional={"hide": "=a = 1"})], "FORM_CONDITION"),
        ([component("textfield", "b", conditional={"hide": "=a = 1"}), TEXT], "FORM_CONDITION"),
        ([component("number", "a", validate={"min": "x"})], "FORM_VALUE"),
        ([component("number", "a", validate={"min": 2, "max": 1})], "FORM_VALUE"),
        ([component("number", "a", decimalDigits=11)], "FORM_VALUE"),
        ([component("datetime", "a", subtype="time")], "FORM_VALUE"),
        ([component("select", "a")], "FORM_OPTIONS"),
        ([component("select", "a", values=[])], "FORM_OPTIONS"),
        ([component("select", "a", values=VALUES, valuesKey="authorities")], "FORM_OPTIONS"),
        ([component("select", "a", values=VALUES * 2)], "FORM_OPTIONS"),
        ([component("select", "a", values=[{"label": "甲", "value": 1}])], "FORM_OPTIONS"),
        ([component("select", "a", values=[5])], "FORM_OPTIONS"),
        ([component("select", "a", values=[{"label": " ", "value": "A"}])], "FORM_OPTIONS"),
        ([component("select", "a", values=5)], "FORM_VALUE"),
        ([component("select", "a", valuesKey="nonesuch")], "FORM_RULE"),
        ([component("select", "a", values=VALUES, defaultValue="B")], "FORM_VALUE"),
        ([component("select", "a", values=VALUES, properties={"en.B": "B"})], "FORM_ATTRIBUTE"),
        ([component("filepicker", "a", properties={"maxFiles": "2"})], "FORM_VALUE"),
        ([component("filepicker", "a", multiple=True, properties={"maxFiles": "51"})], "FORM_VALUE"),
        ([component("filepicker", "a", properties={"maxFiles": "0"})], "FORM_VALUE"),
        ([component("filepicker", "a", properties={"maxSize": "big"})], "FORM_VALUE"),
        ([component("filepicker", "a", properties={"searchable": "true"})], "FORM_ATTRIBUTE"),
        ([component("filepicker", "a", accept="pdf; rm")], "FORM_VALUE"),
        ([{"type": "text", "id": "T", "text": 5}], "FORM_VALUE"),
        ([{"type": "text", "id": "T", "text": "x", "key": "k"}], "FORM_ATTRIBUTE"),
        ([group(TEXT, isRepeating=True)], "FORM_ATTRIBUTE"),
        ([nested(6)], "FORM_TOO_DEEP"),
        ([component("textfield", f"k{i}") for i in range(501)] + [TEXT, TEXT], "FORM_TOO_LARGE"),
    ],
)
def test_a_form_outside_the_profile_is_refused_with_the_reason(components, code):
    form, findings = reading(*components)
    assert form is None
    assert [f.code for f in findings] == [code]
    assert findings[0].message.zh
    assert findings[0].cure.en


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "FORM_UNREADABLE"),
        (b"\xff{}", "FORM_UNREADABLE"),
        (b"[" * 100_000, "FORM_UNREADABLE"),
        (b"[]", "FORM_UNREADABLE"),
        (b'{"type": "invoice"}', "FORM_UNREADABLE"),
        (b'{"type": "default"}', "FORM_ID"),
        (b'{"type": "default", "id": "_x"}', "FORM_ID"),
        (b'{"type": "default", "id": "x", "script": 1}', "FORM_ATTRIBUTE"),
        (b'{"type": "default", "id": "x", "components": 5}', "FORM_VALUE"),
        (b" " * 1_000_001, "FORM_TOO_LARGE"),
    ],
)
def test_a_file_that_is_no_form_is_refused_with_the_reason(data, code):
    form, findings = read_form("forms/x.form", data, RULES)
    assert form is None
    assert [f.code for f in findings] == [code]


def test_all_findings_are_told_at_once_each_with_its_line():
    wrong = [component("textfield", "_a"), component("number", "b", validate={"pattern": "x"}), component("image", "c")]
    data = orjson.dumps(document(*wrong), option=orjson.OPT_INDENT_2)
    _, findings = read_form("forms/sample.form", data, RULES)
    assert [f.code for f in findings] == ["FORM_KEY", "FORM_ATTRIBUTE", "FORM_COMPONENT"]
    lines = data.decode().splitlines()
    assert all(f'"{f.element}"' in lines[f.line - 1] for f in findings)


def test_a_finding_names_the_attribute_where_it_stands_and_what_there_is():
    _, (finding, other) = reading(component("textfield", "a", validate={"requird": True}, colour="x"))
    assert "attribute colour is" in finding.message.en
    assert "validate" not in finding.message.en
    assert "validate.requird" in other.message.en
    assert "required" in other.cure.en


def test_what_is_wrong_with_a_pattern_is_told_in_the_engines_words():
    _, (finding,) = reading(component("textfield", "a", validate={"pattern": "("}))
    assert "used: missing )" in finding.message.en


def test_a_form_without_components_or_heading_goes_by_its_key():
    assert a_form().title == ("sample", "sample")
    for text in ("说明", "# 标题\n说明"):
        form = a_form({"type": "text", "id": "T", "text": text})
        assert form.title.zh == "sample"
        assert len(form.blocks) == 1


def test_what_is_not_translated_is_shown_in_chinese():
    form = a_form({"type": "text", "id": "T", "text": "说明"}, group(component("textfield", "a", description="说"), label="组"))
    text, inner = form.blocks
    assert (text.text.en, inner.label.en, inner.blocks[0].label.en, inner.blocks[0].description.en) == ("说明", "组", "标题a", "说")


def test_what_the_editor_writes_for_nothing_is_nothing():
    blank = {
        "validate": {"minLength": "", "maxLength": None, "pattern": ""},
        "conditional": {"hide": ""},
        "properties": {},
        "defaultValue": "",
    }
    form = a_form(component("textfield", "a", **blank), component("filepicker", "f", properties={"maxFiles": "1"}), group(path=""))
    assert form.field("a").min_length is None
    assert form.field("a").hidden_if == ()
    assert form.field("nonesuch") is None


def test_a_date_is_labelled_as_the_editor_does_it():
    form = a_form({"type": "datetime", "id": "D", "key": "d", "subtype": "date", "dateLabel": "日期"})
    assert form.fields[0].label.zh == "日期"


def test_an_id_other_than_the_files_name_is_worth_a_warning_only():
    form, findings = read_form("forms/other.form", orjson.dumps(document(TEXT)), RULES)
    assert form is not None
    assert [(f.code, f.severity) for f in findings] == [("FORM_ID", "warning")]


def test_the_byte_order_mark_of_a_windows_editor_is_no_error():
    form, findings = read_form("forms/sample.form", b"\xef\xbb\xbf" + orjson.dumps(document(TEXT)), RULES)
    assert form is not None
    assert findings == []


def test_without_a_rule_book_named_rules_are_not_looked_up():
    form, findings = reading(component("textfield", "a", properties={"validate": "nonesuch"}), rules=None)
    assert form is not None
    assert findings == []


def test_the_read_model_holds_what_a_page_needs():
    form = a_form(
        {"type": "text", "id": "T0", "text": "# 标题", "properties": {"en": "# Title"}},
        {"type": "text", "id": "T1", "text": "说明"},
        group(
            component(
                "number",
                "n",
                description="说明",
                appearance={"suffixAdorner": "t"},
                layout={"row": "R", "columns": 8},
                properties={"en": "Number", "hint": "例", "enHint": "e.g.", "searchable": "true"},
            ),
            component("select", "s", values=VALUES, properties={"en.A": "Alpha"}),
            label="组",
            properties={"en": "Group"},
        ),
    )
    assert form.title == ("标题", "Title")
    text, inner = form.blocks
    assert isinstance(text, TextBlock)
    assert isinstance(inner, Group)
    assert inner.label == ("组", "Group")
    number, select = inner.blocks
    assert (number.label, number.description.zh, number.hint.en, number.unit.zh, number.row, number.columns) == (
        ("标题n", "Number"),
        "说明",
        "e.g.",
        "t",
        "R",
        8,
    )
    assert select.options[0].text == ("甲", "Alpha")
    assert form.searchable == (number,)


def test_a_pattern_that_would_explode_elsewhere_takes_no_time():
    """Backtracking engines need longer than the universe for this; ours is linear."""
    form = a_form(component("textfield", "a", validate={"pattern": "^(([a-z])+.)+[A-Z]([a-z])+$"}))
    assert form.hidden({"a": "a" * 10_000}, {}) == frozenset()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = "key label description validate conditional properties layout values valuesKey defaultValue subtype accept multiple readonly path text appearance decimalDigits components".split()
PARTS = st.dictionaries(
    st.sampled_from(["required", "pattern", "maxLength", "min", "hide", "searchable", "maxSize", "en", "validationType", "row"]),
    JSON,
    max_size=4,
)
TYPES = "text textfield textarea number datetime select radio checkbox checklist filepicker group image".split()
COMPONENTS = st.builds(
    lambda kind, more: {"type": kind, **more},
    st.sampled_from(TYPES) | JSON,
    st.dictionaries(st.sampled_from(NAMES), JSON | PARTS, max_size=6),
)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_give_findings_and_never_an_exception(data):
    form, findings = read_form("forms/x.form", data, RULES)
    assert form is None
    assert findings


@settings(max_examples=400)
@given(st.lists(COMPONENTS | JSON, max_size=4), st.booleans())
def test_any_components_give_a_form_or_findings_and_never_an_exception(components, in_group):
    form, findings = reading(*([group(*components)] if in_group else components))
    assert (form is None) == any(f.severity == "error" for f in findings)
    if form is not None:
        orjson.dumps(form.json_schema())


def test_what_the_editor_writes_as_switched_off_or_only_for_spacing_is_no_fault():
    """Components as the form editor leaves them, with everything that it puts beside what an analyst has chosen."""
    form = a_form(
        component("textfield", "a", appearance={"prefixAdorner": ""}, valuesExpression=""),
        {"type": "spacer", "id": "Field_0s", "height": 60, "layout": {"row": "Row_1", "columns": None}},
        component("datetime", "d", subtype="date", dateLabel="日期", disallowPassedDates=False, use24h=False, timeSerializingFormat=None),
        component("number", "n", serializeToString=False, increment="0.5", decimalDigits=1),
        {"type": "separator", "id": "Field_0p"},
        component("select", "s", values=VALUES, searchable=False),
    )
    assert [field.name for field in form.fields] == ["a", "d", "n", "s"]


@pytest.mark.parametrize("kind", sorted(INSTEAD))
def test_what_the_editor_offers_and_the_product_does_not_have_is_refused_with_what_serves_instead(kind):
    form, [found] = reading({"type": kind, "id": "Field_0x"})
    assert (form, found.code, found.cure) == (None, "FORM_COMPONENT", INSTEAD[kind])


@pytest.mark.parametrize("more", [{"serializeToString": True}, {"disallowPassedDates": True}], ids=str)
def test_what_is_switched_on_and_would_do_nothing_is_refused(more):
    form, [found] = reading(component("datetime" if "disallowPassedDates" in more else "number", "x", **more))
    assert (form, found.code) == (None, "FORM_ATTRIBUTE")
