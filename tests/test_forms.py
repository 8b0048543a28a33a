"""The product's own forms are sound and take the answers of a real filing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from registry.rules import FORM_RULES
from workflow_runtime.attachments import AttachmentFacts
from workflow_runtime.errors import Invalid
from workflow_runtime.forms import FormContext, FormRules, Option, read_form

FORMS = Path(__file__).parent.parent / "forms"
RULES = FormRules(
    {"uscc": lambda context, value: None}, {"authorities": lambda context: [Option("11150100MB0000001X", "呼和浩特市住房和城乡建设局")]}
)
REQUIRED_FILES = ("business_licence", "manufacturing_licence", "product_certificate", "purchase_proof")

OWNER = {
    "owner_name": "内蒙古塔机租赁有限公司",
    "owner_code": "91150100MA0N0C0X0A",
    "owner_address": "呼和浩特市赛罕区",
    "legal_representative": "王建国",
    "legal_phone": "13800000000",
    "contact": "李娜",
    "contact_phone": "0471-6612345",
}
MACHINE = {
    "category": "T",
    "machine_name": "塔式起重机",
    "model": "QTZ80(TC5610-6)",
    "rated_moment": 800,
    "manufacturer": "中联重科股份有限公司",
    "licence_no": "TS2410123-2028",
    "serial_no": "ZL-2024-001",
    "made_on": "2024-05-06",
    "parameters": "最大起重量 6 t\n独立高度 40 m",
}
FILING = {"purpose": "rent", "authority": "11150100MB0000001X", "commitment": True, **{k: [{"id": k}] for k in REQUIRED_FILES}}
TOWER_CRANE = {**OWNER, **MACHINE, **FILING}


def form(key):
    path = FORMS / f"{key}.form"
    found, findings = read_form(str(path), path.read_bytes(), RULES)
    assert findings == []
    assert found is not None
    return found


def context(**variables):
    return FormContext(
        None, datetime(2026, 3, 2, tzinfo=UTC), "owner:x", variables, lambda i: AttachmentFacts(f"{i}.pdf", "application/pdf", 9, "00")
    )


def errors(key, answers, **variables):
    with pytest.raises(Invalid) as refused:
        form(key).load(answers, context(**variables))
    return [f.field for f in refused.value.fields]


@pytest.mark.parametrize("key", [p.stem for p in sorted(FORMS.glob("*.form"))])
def test_every_form_of_the_product_is_read_without_findings_in_both_languages(key):
    found = form(key)
    assert found.key == key
    assert found.title.en != found.title.zh
    assert [f.name for f in found.fields if f.label.en == f.label.zh] == []
    assert [f.name for f in found.fields if any(o.en == "" for o in f.options)] == []


def test_the_forms_name_only_rules_that_are_in_the_rule_book():
    for path in FORMS.glob("*.form"):
        assert read_form(str(path), path.read_bytes(), FORM_RULES)[1] == []


def test_a_tower_cranes_filing_goes_through_unchanged():
    values = form("apply").load(TOWER_CRANE, context())
    assert {k: values[k] for k in (OWNER | MACHINE)} == OWNER | MACHINE
    assert values["business_licence"][0]["name"] == "business_licence.pdf"
    assert form("apply").load(values, context()) == values


def test_a_hoist_needs_its_drive_and_has_no_rated_moment():
    hoist = TOWER_CRANE | {"category": "S"}
    assert errors("apply", hoist) == ["drive"]
    assert "rated_moment" not in form("apply").load(hoist | {"drive": "SC"}, context())


def test_an_empty_application_names_everything_that_is_missing():
    """一次性告知."""
    conditional = {"rated_moment"}
    assert set(errors("apply", {})) == TOWER_CRANE.keys() - conditional


def test_an_application_without_the_commitment_is_refused():
    assert errors("apply", TOWER_CRANE | {"commitment": False}) == ["commitment"]


def test_the_search_columns_are_those_of_the_application():
    names = [f.name for f in form("apply").searchable]
    assert names == ["owner_name", "owner_code", "category", "model", "manufacturer", "serial_no", "made_on", "authority"]


def test_only_a_refusal_asks_for_its_legal_ground():
    assert form("review").load({"legal_ground": "over_age"}, context(outcome="approve")) == {}
    assert errors("review", {}, outcome="refuse") == ["legal_ground"]
    assert form("review").load({"legal_ground": "over_age"}, context(outcome="refuse")) == {"legal_ground": "over_age"}


def test_trouble_and_aggregation_ask_for_nothing():
    assert form("trouble").load({}, context()) == form("aggregate").load({}, context()) == {}
    assert form("trouble").load({"note": "已联系"}, context()) == {"note": "已联系"}
