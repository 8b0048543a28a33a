"""Regions, authorities, owners, users and parties."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from registry import authorities, owners, parties, regions, users
from registry.directory import holders
from registry.tables import region
from workflow_runtime.errors import Failure, Invalid, NotFound, WrongState

DEPARTMENT = "11150000MB0000000C"


def wrong_fields(caught):
    return {error.field for error in caught.value.fields}


# regions


def test_loading_the_regions_twice_leaves_one_region_12_leagues_and_103_banners(connection):
    assert regions.load_regions(connection) == 116
    assert len(regions.regions(connection)) == 116
    assert len(regions.regions(connection, parent="150000")) == 12


def test_loading_the_regions_brings_a_changed_name_back(connection):
    connection.execute(update(region).where(region.c.code == "150100").values(name="归绥"))
    regions.load_regions(connection)
    assert regions.region(connection, "150100").name == "呼和浩特市"


def test_a_region_knows_its_parent_and_number_letter(connection):
    assert regions.region(connection, "150100") == regions.Region("150100", "呼和浩特市", "150000", "A")
    assert regions.region(connection, "150000").parent is None


def test_an_unknown_region_is_told_so(connection):
    with pytest.raises(NotFound) as caught:
        regions.region(connection, "999999")
    assert caught.value.code == "REGION_UNKNOWN"


# authorities


def test_the_demonstration_authorities_are_ready_to_issue_and_load_only_once(connection, facts):
    assert authorities.load_demonstration(connection) == []
    assert len(authorities.authorities(connection)) == 5
    body = authorities.authority(connection, facts.authority)
    assert (body.name, body.number_prefix) == ("呼和浩特市住房和城乡建设局", "蒙AA")
    assert all(check.ok for check in authorities.preconditions(body))
    assert authorities.parent_of(connection, facts.authority).code == DEPARTMENT
    assert authorities.parent_of(connection, DEPARTMENT) is None


def test_every_wrong_field_of_a_new_authority_is_named_at_once(connection):
    wrong = authorities.Authority("11150100MB0000001X", " ", "999999", "nobody", "AA", departments=("质量/安全",))
    with pytest.raises(Invalid) as caught:
        authorities.add_authority(connection, wrong)
    assert wrong_fields(caught) == {"code", "name", "region", "parent", "number_prefix", "departments"}


def test_an_authority_is_added_once_and_the_addition_told_for_the_audit(connection):
    new = authorities.Authority("12150781MB0000009A", "满洲里市行政审批局", "150781", DEPARTMENT, "蒙EB")
    new = replace(new, code=_with_check("12150781MB0000009"))
    change = authorities.add_authority(connection, new)
    assert (change.act, change.subject, change.before) == ("authority.added", new.code, {})
    assert authorities.parent_of(connection, new.code).code == DEPARTMENT, "满洲里 answers to the department, not to 呼伦贝尔"
    with pytest.raises(WrongState) as caught:
        authorities.add_authority(connection, new)
    assert caught.value.code == "AUTHORITY_EXISTS"


def _with_check(first_17):
    from stdnum.cn import uscc

    return first_17 + uscc.calc_check_digit(first_17)


def test_an_update_tells_only_what_differs(connection, facts):
    body = authorities.authority(connection, facts.authority)
    assert authorities.update_authority(connection, body) is None
    change = authorities.update_authority(connection, replace(body, automatic_aggregation=True))
    assert (change.before, change.after) == ({"automatic_aggregation": False}, {"automatic_aggregation": True})
    assert authorities.authority(connection, facts.authority).automatic_aggregation


def test_an_update_is_checked_like_a_new_entry(connection, facts):
    body = authorities.authority(connection, facts.authority)
    with pytest.raises(Invalid) as caught:
        authorities.update_authority(connection, replace(body, number_prefix="蒙A"))
    assert wrong_fields(caught) == {"number_prefix"}
    with pytest.raises(NotFound):
        authorities.update_authority(connection, replace(body, code="none"))


def test_characters_that_a_database_refuses_are_told_and_never_asked_for(connection, facts, wang):
    body = authorities.authority(connection, facts.authority)
    with pytest.raises(Invalid) as caught:
        authorities.update_authority(connection, replace(body, name="a\0", region="\0", seal_name="\0", accepted_seal_names=("x", "\0")))
    assert wrong_fields(caught) == {"name", "region", "seal_name", "accepted_seal_names"}
    assert users.revoke(connection, wang, "\0", "system") is None


def test_what_is_too_long_for_a_login_is_not_folded():
    """Folding grows some characters eighteenfold."""
    assert users.fold_login(" ＷＡＮＧ ") == "wang"
    assert users.fold_login("\ufdfa" * 300) == "\ufdfa" * 300


def test_authorities_cannot_stand_above_each_other_in_a_circle(connection, facts):
    department = authorities.authority(connection, DEPARTMENT)
    with pytest.raises(Invalid) as caught:
        authorities.update_authority(connection, replace(department, parent=facts.authority))
    assert wrong_fields(caught) == {"parent"}


@pytest.mark.parametrize(
    ("seal_name", "accepted", "ok"),
    [
        ("呼和浩特市住房和城乡建设局", (), True),
        ("呼和浩特市 住房和城乡建设局　", (), True),
        ("呼和浩特市住房和城乡建设局（备案专用章）", (), False),
        ("呼和浩特市住房和城乡建设局（备案专用章）", ("呼和浩特市住房和城乡建设局(备案专用章)",), True),
        ("包头市住房和城乡建设局", (), False),
        ("", (), False),
    ],
)
def test_a_seal_is_the_authoritys_when_its_folded_name_is_its_name_or_an_accepted_one(connection, facts, seal_name, accepted, ok):
    body = replace(authorities.authority(connection, facts.authority), seal_name=seal_name, accepted_seal_names=accepted)
    assert {c.key: c.ok for c in authorities.preconditions(body)}["seal_name"] is ok


@pytest.mark.parametrize(("field", "key"), [("has_account", "account"), ("has_seal", "seal"), ("catalogue_claimed", "catalogue")])
def test_each_missing_precondition_is_shown_with_its_remedy(connection, facts, field, key):
    body = replace(authorities.authority(connection, facts.authority), **{field: False})
    failed = [check for check in authorities.preconditions(body) if not check.ok]
    assert [check.key for check in failed] == [key]
    assert failed[0].remedy.zh


# owners


def test_an_owner_is_remembered_and_brought_up_to_date(connection, facts):
    moved = owners.Owner(facts.owner, "甲租赁公司", address="新城区")
    change = owners.remember_owner(connection, moved, facts.now)
    assert (change.act, change.before, change.after) == ("owner.updated", {"address": ""}, {"address": "新城区"})
    assert owners.owner(connection, facts.owner) == moved
    assert owners.remember_owner(connection, moved, facts.now) is None


def test_a_new_owner_is_told_as_added(connection, facts):
    change = owners.remember_owner(connection, owners.Owner(_with_check("91150200MB0000077"), "丙公司"), facts.now)
    assert change.act == "owner.added"


def test_an_owner_needs_a_valid_code_and_a_name(connection, facts):
    with pytest.raises(Invalid) as caught:
        owners.remember_owner(connection, owners.Owner("91110000600037341l", " "), facts.now)
    assert wrong_fields(caught) == {"owner_code", "owner_name"}


def test_an_unknown_owner_is_told_so(connection):
    with pytest.raises(NotFound):
        owners.owner(connection, "nobody")


# users


@pytest.fixture
def wang(connection, facts):
    users.add_user(connection, " Wang ", "王工", parties.authority_party(facts.authority), facts.now)
    return "wang"


def test_a_user_holds_what_was_granted_until_it_is_revoked(connection, facts, wang):
    party = parties.authority_party(facts.authority, "质量安全科")
    assert users.grant(connection, wang, "reviewer", party, facts.now).after == {"role": "reviewer", "party": party}
    assert users.grant(connection, wang, "reviewer", party, facts.now) is None
    assert users.user(connection, "WANG").grants == {("reviewer", party)}
    assert [login for login, _name in holders(connection, "reviewer", party)] == ["wang"]
    assert users.revoke(connection, wang, "reviewer", party).before == {"role": "reviewer", "party": party}
    assert users.revoke(connection, wang, "reviewer", party) is None
    assert not users.user(connection, wang).grants


def test_a_disabled_user_may_nothing_until_he_is_let_in_again(connection, facts, wang):
    users.grant(connection, wang, "operator", "system", facts.now)
    assert users.user(connection, wang).may("operator", "system")
    assert users.disable(connection, wang).act == "user.disabled"
    assert users.disable(connection, wang) is None
    assert not users.user(connection, wang).may("operator", "system")
    assert holders(connection, "operator", "system") == []
    assert users.disable(connection, wang, disabled=False).act == "user.enabled"
    assert users.user(connection, wang).may("operator", "system")


def test_a_login_is_given_once(connection, facts, wang):
    with pytest.raises(WrongState) as caught:
        users.add_user(connection, "ＷＡＮＧ", "另一位", "system", facts.now)
    assert caught.value.code == "USER_EXISTS"
    assert [u.login for u in users.users(connection)] == ["wang"]


def test_every_wrong_field_of_a_user_is_named_at_once(connection, facts):
    with pytest.raises(Invalid) as caught:
        users.add_user(connection, "a b", "", "authority:x", facts.now)
    assert wrong_fields(caught) == {"login", "display_name", "unit"}


@pytest.mark.parametrize(
    ("login", "name", "wrong"),
    [
        ("new", "新来的", {"login"}),
        ("System", "新来的", {"login"}),
        ("ＮＥＷ ", "新来的", {"login"}),
        ("li\x00", "李", {"login"}),
        ("li\n", "李", {"login"}),
        ("li", "李\x07", {"display_name"}),
        ("li", "李\u202e工", {"display_name"}),
        ("li", "李\n工", {"display_name"}),
    ],
    ids=["reserved", "the system", "reserved, folded", "NUL", "line end after it", "bell", "direction", "line end"],
)
def test_names_that_lead_elsewhere_or_hide_something_are_refused(connection, facts, login, name, wrong):
    """/users/new is another page; a mark of direction makes one name look like another."""
    with pytest.raises(Invalid) as caught:
        users.add_user(connection, login, name, "system", facts.now)
    assert wrong_fields(caught) == wrong


def test_a_grant_names_a_department_that_the_authority_has(connection, facts, wang):
    """An authority that is not in the books yet is taken on trust."""
    with pytest.raises(Invalid) as caught:
        users.grant(connection, wang, "reviewer", parties.authority_party(facts.authority, "没有的科"), facts.now)
    assert wrong_fields(caught) == {"party"}
    assert users.grant(connection, wang, "reviewer", parties.authority_party("91110000600037341L", "没有的科"), facts.now) is not None


def test_only_known_roles_are_granted_and_only_to_parties(connection, facts, wang):
    with pytest.raises(Invalid) as caught:
        users.grant(connection, wang, "emperor", "everybody", facts.now)
    assert wrong_fields(caught) == {"role", "party"}


def test_an_unknown_user_is_told_so(connection):
    with pytest.raises(NotFound):
        users.user(connection, "nobody")


def test_there_are_the_seven_roles_with_names_in_both_languages():
    assert set(users.roles()) == {"applicant", "reviewer", "supervisor", "operator", "administrator", "auditor", "analyst", "registrar"}
    assert all(name.zh and name.en for name in users.roles().values())


# parties


@pytest.mark.parametrize("party", ["system", "owner:91110000600037341L", "authority:11150100MB0000001L/质量安全科"])
def test_these_are_parties(party):
    assert parties.is_party(party)


@pytest.mark.parametrize("party", ["", "owner:91110000600037341X", "owner:91110000600037341L/科", "authority:11150100MB0000001L/", "root"])
def test_these_are_no_parties(party):
    assert not parties.is_party(party)


def test_a_party_gives_its_credit_code():
    assert parties.party_code("authority:11150100MB0000001L/质量安全科") == "11150100MB0000001L"
    assert parties.party_code("system") is None


@pytest.mark.parametrize(
    ("expression", "party"),
    [
        ("owner", "owner:91110000600037341L"),
        ("authority", "authority:11150100MB0000001L"),
        ("authority.parent", "authority:11150000MB0000000C"),
        ("authority/质量安全科", "authority:11150100MB0000001L/质量安全科"),
        ("system", "system"),
    ],
)
def test_a_lanes_expression_is_resolved_against_the_cases_parties(connection, facts, expression, party):
    case = {"owner": parties.owner_party(facts.owner), "authority": parties.authority_party(facts.authority)}
    assert parties.resolve_party(connection, expression, case) == party


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("supervisor", "PARTY_UNKNOWN"),
        ("department.parent", "PARENT_UNKNOWN"),
        ("authority/没有的科", "DEPARTMENT_UNKNOWN"),
        ("owner.parent", "PARTY_EXPRESSION"),
        ("owner/质量安全科", "PARTY_EXPRESSION"),
        ("authority.parent.parent", "PARTY_EXPRESSION"),
    ],
)
def test_an_expression_that_means_nobody_is_refused_with_its_reason(connection, facts, expression, code):
    case = {"owner": parties.owner_party(facts.owner), "authority": parties.authority_party(facts.authority)}
    with pytest.raises(Failure) as caught:
        parties.resolve_party(connection, expression, {**case, "department": parties.authority_party(DEPARTMENT)})
    assert caught.value.code == code
    assert caught.value.remedy.zh


def test_every_standard_lane_has_a_known_role_and_resolves_for_a_demonstration_case(connection, facts):
    case = {"owner": parties.owner_party(facts.owner), "authority": parties.authority_party(facts.authority)}
    lanes = parties.standard_lanes()
    assert {lane.name for lane in lanes} == {"产权单位", "发证机关", "上级主管部门", "质量安全科", "行政审批科"}
    assert all(lane.role in users.roles() and parties.is_party(parties.resolve_party(connection, lane.party, case)) for lane in lanes)
