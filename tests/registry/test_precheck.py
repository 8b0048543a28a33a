"""The pre-check: every finding at once, with its severity and remedy."""

from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from registry import authorities
from registry.certificates import change_state
from registry.configuration import REQUIRED, PrecheckRules
from registry.decided import Decisions
from registry.findings import precheck
from registry.folding import machine_key
from registry.machines import claim_machine, release_claims
from registry.rules import FORM_RULES
from workflow_runtime.errors import Failure
from workflow_runtime.forms import FormContext


@pytest.fixture
def check(connection, facts):
    """The findings about a sound filing with some answers changed, as {code: severity}."""
    sound = {
        "owner_name": "甲租赁公司", "owner_code": facts.owner, "category": "T", "model": "QTZ80", "manufacturer": "中联重科",
        "serial_no": "A-100", "made_on": "2024-05-01", "licence_no": "TS2410A12-2027", "parameters": "8 t", "authority": facts.authority,
    }  # fmt: skip

    def run(authority=facts.authority, case="C9", now=facts.now, chosen=None, **options):
        more = ("safety_assessment", "service_years", "business_licence", "purchase_proof")
        answers = {name: options.pop(name) for name in list(options) if name in sound or name in more}
        tables = {field.name: options.pop(field.name) for field in fields(Decisions) if field.name in options}
        answers = {"authority": chosen or authority, **answers}
        found = precheck(
            connection, {**sound, **answers}, authority=authority, case=case, now=now, decisions=Decisions(**tables), **options
        )
        assert all(f.message.zh and f.message.en and f.remedy.zh and f.remedy.en for f in found)
        return {f.code: f.severity for f in found}

    return run


def test_nothing_speaks_against_a_sound_filing(check):
    assert check() == {}


def test_every_missing_field_is_told_at_once(connection, facts):
    found = precheck(connection, {"model": "  "}, authority=None, case="C9", now=facts.now)
    assert [(f.code, f.severity, f.field) for f in found] == [("FIELD_MISSING", "block", name) for name in REQUIRED]


def test_different_findings_come_together(check):
    assert check(owner_code="91110000600037341X", category="Q", made_on="2030-01-01", licence_no="旧证", authority="none") == {
        "OWNER_CODE_INVALID": "block",
        "CATEGORY_UNKNOWN": "block",
        "LICENCE_SHAPE": "warn",
        "MADE_IN_FUTURE": "block",
        "AUTHORITY_UNKNOWN": "block",
    }


@pytest.mark.parametrize("code", ["91110000600037341X", "9111000060003734", "91110000600037341l"])
def test_a_credit_code_with_a_wrong_check_character_blocks(check, code):
    assert check(owner_code=code) == {"OWNER_CODE_INVALID": "block"}


@pytest.mark.parametrize("licence", ["TS2410A12-2027", "ts2410a12－2027", "TS2 410A12—2027"])
def test_a_licence_number_may_be_typed_in_any_width(check, licence):
    assert check(licence_no=licence) == {}


@pytest.mark.parametrize("licence", ["TS1410A12-2027", "TS2410A12-1927", "XTS2410A12-2027", "TS2410A12-2027-1"])
def test_an_unusual_licence_number_is_only_a_warning(check, licence):
    assert check(licence_no=licence) == {"LICENCE_SHAPE": "warn"}


@pytest.mark.parametrize(("made_on", "found"), [("2023-12-31", {}), ("2024-01-01", {"MADE_AFTER_LICENCE": "warn"})])
def test_a_machine_made_after_the_licences_year_is_a_warning(check, made_on, found):
    assert check(licence_no="TS2410A12-2023", made_on=made_on) == found


def test_a_licence_pattern_without_a_year_just_checks_the_shape(check):
    assert check(licence_no="AB", rules=PrecheckRules(licence_pattern="[A-Z]+")) == {}


@pytest.mark.parametrize("written", ["2024-02-30", "昨天", "2024-05-01 10:00"])
def test_what_is_not_a_date_blocks(check, written):
    assert check(made_on=written, service_life={"limit_years": 10}) == {"MADE_ON_INVALID": "block"}


def test_today_is_the_day_in_shanghai(check):
    evening = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    assert check(made_on="2026-03-02", now=evening) == {}
    assert check(made_on="2026-03-03", now=evening) == {"MADE_IN_FUTURE": "block"}
    assert check(made_on="9999-12-31", service_life={"limit_years": 10})["MADE_IN_FUTURE"] == "block"


@pytest.mark.parametrize(
    ("made_on", "limit", "over"),
    [
        ("2016-03-02", 10, False),  # exactly ten years old today: not older
        ("2016-03-01", 10, True),
        ("2016-03-01", None, False),
        ("2016-03-01", 15, False),
        ("2021-03-01", 5, True),
    ],
)
def test_over_age_begins_the_day_after_the_limit(check, made_on, limit, over):
    found = check(made_on=made_on, service_life={"limit_years": limit}, safety_assessment=[{"id": "1"}])
    assert found == ({"OVER_AGE": "warn"} if over else {})


@pytest.mark.parametrize(("now", "over"), [(datetime(2026, 2, 28, 4, tzinfo=UTC), False), (datetime(2026, 3, 1, 4, tzinfo=UTC), True)])
def test_a_machine_of_29_february_is_ten_years_old_on_28_february(check, now, over):
    assert ("OVER_AGE" in check(made_on="2016-02-29", now=now, service_life={"limit_years": 10})) is over


@pytest.mark.parametrize("attached", [None, []])
def test_over_age_without_a_safety_assessment_blocks(check, attached):
    found = check(made_on="2010-01-01", service_life={"limit_years": 10}, safety_assessment=attached)
    assert found == {"OVER_AGE": "warn", "SAFETY_ASSESSMENT_MISSING": "block"}


@pytest.mark.parametrize("limit", ["ten", True, 7.5, -1, 10**9, float("nan"), []])
def test_a_service_life_that_is_no_number_of_years_is_told_to_the_analyst(check, limit):
    with pytest.raises(Failure) as caught:
        check(service_life={"limit_years": limit})
    assert caught.value.code == "SERVICE_LIFE_INVALID"


def test_without_a_decision_on_service_life_nothing_is_over_age(check):
    assert check(made_on="1990-01-01") == {}


def test_a_machine_in_another_open_case_blocks_until_that_case_ends(connection, check, facts):
    claim_machine(connection, machine_key("中联 重科", "a100"), "C1", facts.now)
    assert check() == {"MACHINE_CLAIMED": "block"}
    release_claims(connection, "C1")
    assert check() == {}
    assert check() == {}, "the case claimed it itself"
    assert check(case="C10") == {"MACHINE_CLAIMED": "block"}


@pytest.mark.parametrize("answer", [{"serial_no": "——"}, {"serial_no": "1" * 201}, {"manufacturer": "－"}])
def test_a_machine_that_cannot_be_told_from_others_blocks(check, answer):
    assert check(**answer) == {"MACHINE_UNNAMED": "block"}


def test_a_machine_with_a_valid_certificate_blocks_a_new_filing_but_not_its_reissue(connection, check, make, facts):
    held = make.certificate(connection)
    assert check() == {"MACHINE_CERTIFIED": "block"}
    assert check(replaces=held.number.replace("-", "—")) == {}
    assert check(replaces="蒙AA-T202600099") == {"MACHINE_CERTIFIED": "block"}
    assert check(case="C1") == {"MACHINE_CLAIMED": "block"}, "its own case is not told of its own certificate"
    change_state(connection, held.identifier, "cancelled", "出售", facts.now)
    assert check() == {}


@pytest.mark.parametrize(("filer", "told"), [("owner", True), ("other_owner", False), (None, False)])
def test_a_certificate_s_number_is_told_to_the_machine_s_owner_alone(connection, make, facts, filer, told):
    """Whatever owner code he writes: number and serial number together open the certificate's face to anybody."""
    held = make.certificate(connection)
    filing = {"owner_code": facts.owner, "manufacturer": "中联重科", "serial_no": "A-100"}
    party = None if filer is None else f"owner:{getattr(facts, filer)}"
    found = precheck(connection, filing, authority=facts.authority, case="C9", now=facts.now, filer=party)
    [certified] = [f for f in found if f.code == "MACHINE_CERTIFIED"]
    assert [held.number in certified.message.zh, held.number in certified.message.en] == [told, told]


def test_a_machine_of_another_owner_is_a_warning_for_the_reviewer(connection, check, make, facts):
    make.machine(connection, owner=facts.other_owner)
    assert check() == {"OWNER_CHANGES": "warn"}


def test_unfulfilled_preconditions_of_the_authority_are_warnings(connection, check, facts):
    body = authorities.authority(connection, facts.authority)
    bare = replace(body, has_account=False, has_seal=False, catalogue_claimed=False, seal_name="别的章")
    authorities.update_authority(connection, bare)
    assert check() == dict.fromkeys(["AUTHORITY_ACCOUNT", "AUTHORITY_SEAL", "AUTHORITY_CATALOGUE", "AUTHORITY_SEAL_NAME"], "warn")


def test_an_authority_that_issues_nothing_itself_blocks(check):
    assert check(authority="11150000MB0000000C") == {"AUTHORITY_CANNOT_ISSUE": "block"}


def test_a_decision_table_says_how_grave_a_finding_is(check):
    """Of several rows about one finding the strictest counts; what the table does not name keeps its default."""
    rows = [("LICENCE_SHAPE", "off"), ("LICENCE_SHAPE", "block"), ("LICENCE_SHAPE", "warn"), ("CATEGORY_UNKNOWN", "off")]
    table = [{"code": code, "severity": severity} for code, severity in rows]
    found = check(licence_no="旧证", category="Q", made_on="2030-01-01", precheck_severities=table)
    assert found == {"LICENCE_SHAPE": "block", "MADE_IN_FUTURE": "block"}


def test_a_decision_table_says_which_materials_are_needed(check):
    """All that is missing is told at once, each with the severity of its row; then nothing else is asked for."""
    rows = [("business_licence", "block"), ("purchase_proof", "warn"), ("purchase_proof", "off"), ("old_plate", "off")]
    table = [{"field": field, "label": field, "label_en": None, "severity": severity} for field, severity in rows]
    found = check(made_on="2010-01-01", service_life={"limit_years": 10}, required_attachments=table, business_licence=[])
    assert found == {"OVER_AGE": "warn", "ATTACHMENT_MISSING": "warn"}
    assert check(required_attachments=table, business_licence=[{"id": "1"}], purchase_proof=[{"id": "2"}]) == {}


def test_a_decision_table_says_which_categories_there_are(check):
    assert check(category="L", number_letters={"letter": "L", "name": "门式起重机"}) == {}
    assert check(category="T", number_letters={"letter": None, "name": None}) == {"CATEGORY_UNKNOWN": "block"}


@pytest.mark.parametrize(
    "tables",
    [
        {"number_letters": {"letter": "TT", "name": "塔式起重机"}},
        {"number_letters": {"letter": "T", "name": " "}},
        {"number_letters": {"letter": "T", "name": 5}},
        {"required_attachments": [{"field": "", "label": "x", "severity": "block"}]},
        {"required_attachments": [{"field": "x", "label": None, "severity": "block"}]},
        {"required_attachments": [{"field": "x", "label": "x", "severity": "panic"}]},
        {"precheck_severities": [{"code": None, "severity": "block"}]},
        {"precheck_severities": [{"code": "OVER_AGE", "severity": ["block"]}]},
        {"precheck_severities": [{"code": "OVER_AGE"}]},
    ],
)
def test_a_decision_that_cannot_be_used_names_its_table(check, tables):
    with pytest.raises(Failure, match=next(iter(tables))) as failure:
        check(**tables)
    assert failure.value.code == "TABLE_RESULT_INVALID"


def test_answers_of_any_json_type_are_judged_without_an_error(check):
    for value in (None, 5, True, ["x"], {"a": 1}, "\0", "1" * 10_000):
        names = ("owner_name", "owner_code", "category", "manufacturer", "serial_no", "made_on", "licence_no")
        assert check(**dict.fromkeys(names, value), service_life={"limit_years": 10})


# rules that forms name


def test_the_form_rule_uscc_checks_the_check_character(connection, facts):
    context = FormContext(connection, facts.now)
    assert FORM_RULES.validators["uscc"](context, facts.owner) is None
    for wrong in ("91110000600037341X", "", None, 5, facts.owner.lower()):
        assert FORM_RULES.validators["uscc"](context, wrong).zh


def test_forms_offer_the_issuing_authorities_and_every_region(connection, facts):
    context = FormContext(connection, facts.now)
    offered = FORM_RULES.options["authorities"](context)
    assert (f"authority:{facts.authority}", "呼和浩特市住房和城乡建设局") in [option[:2] for option in offered]
    assert "11150000MB0000000C" not in [option.value for option in offered]
    assert len(FORM_RULES.options["regions"](context)) == 116


@pytest.mark.parametrize(("filer", "found"), [("owner", {}), ("other_owner", {"OWNER_NOT_FILER": "block"})])
def test_an_owner_files_only_for_itself(check, facts, filer, found):
    assert check(filer=f"owner:{getattr(facts, filer)}") == found


def test_a_correction_does_not_move_the_filing_to_another_authority(check, facts):
    assert check(chosen="authority:11150200MB0000002W") == {"AUTHORITY_CHANGED": "block"}
    assert check(chosen=f"authority:{facts.authority}") == {}


@pytest.mark.parametrize(("years", "found"), [(2, {}), (1, {"SERVICE_YEARS_EXCEEDED": "warn"}), (None, {}), (10**9, {})])
def test_beyond_the_manufacturers_own_limit_the_reviewer_is_warned(check, years, found):
    """建质〔2008〕76号: beyond the service life set by the manufacturer is a ground for 不予备案, and the authority decides."""
    assert check(made_on="2024-05-01", service_years=years) == found
