"""新申请 from the owner's answers to 已归集, and every way in which it can go otherwise."""

import zipfile
from io import BytesIO

import pytest
from office import answers_of
from seals import BAD_SEALS

from registry.certificate_files import file_of
from registry.numbers import numbers_of
from web.demonstration.filing import with_papers
from workflow_runtime import cases, inbox, queries
from workflow_runtime.errors import Conflict, Invalid, NotFound, WrongState


def test_a_tower_crane_is_filed_reviewed_coded_sealed_and_pushed(office):
    number = office.file()
    office.work()
    assert office.status(number) == "待审核"
    office.to_the_button(number)
    assert office.status(number) == "已签章（待归集）"
    office.push(number)
    case = office.case(number)
    assert (case.status, case.state) == ("已归集", "ended")
    assert office.effects(number) == (1, 1, 1)
    certificate = office.certificate(number)
    assert (certificate.state, certificate.number) == ("valid", "蒙AA-T202600001")
    with office.runtime.reading() as uow:
        content = file_of(uow.connection, certificate.identifier).content
    assert "OFD.xml" in zipfile.ZipFile(BytesIO(content)).namelist()


def test_the_status_words_are_those_of_the_manual_in_their_order(office):
    number = office.file()
    office.to_the_button(number)
    office.push(number)
    words = [e.status for e in office.timeline(number) if e.status]
    assert words == ["待审核", "审核通过（待赋码）", "待签章", "已签章（待归集）", "已归集"]


def test_a_rejected_filing_is_corrected_and_resubmitted(office):
    """The owner sees the opinion, corrects, and the reviewer gets it again; the number and the machine are those of the correction."""
    number = office.file("hoist", office.other_owner, authority="authority:11150100MB0000001L")
    office.until(lambda: office.waiting(number) == ["review"])
    office.complete(number, "review", outcome="reject", opinion="出厂编号与合格证不一致")
    assert office.status(number) == "审核不通过（待补正）"
    assert [e.opinion for e in office.timeline(number, office.other_owner) if e.opinion] == ["出厂编号与合格证不一致"]
    given = with_papers(
        office.runtime, office.other_owner, answers_of("hoist", serial_no="JL-23-0971", authority="authority:11150100MB0000001L")
    )
    office.complete(number, "correct", office.other_owner, **given)
    office.to_the_button(number)
    office.push(number)
    assert office.status(number) == "已归集"
    assert office.certificate(number).face["serial_no"] == "JL-23-0971"
    assert office.effects(number) == (1, 1, 1)


def test_a_rejection_without_an_opinion_is_refused(office):
    number = office.file()
    office.until(lambda: office.waiting(number) == ["review"])
    with pytest.raises(Invalid) as caught:
        office.complete(number, "review", outcome="reject")
    assert [f.field for f in caught.value.fields] == ["opinion"]
    assert office.waiting(number) == ["review"]


def test_a_refusal_names_its_legal_ground_and_voids_nothing_that_was_never_drawn(office):
    number = office.file()
    office.until(lambda: office.waiting(number) == ["review"])
    with pytest.raises(Invalid):
        office.complete(number, "review", outcome="refuse", opinion="国家明令淘汰")
    office.complete(number, "review", outcome="refuse", opinion="国家明令淘汰", legal_ground="prohibited")
    assert (office.status(number), office.case(number).state) == ("不予备案", "ended")
    assert office.certificate(number) is None


def test_missing_and_wrong_fields_are_told_all_at_once_and_nothing_is_kept(office):
    wrong = answers_of("tower_crane", owner_code="91150100MA0MJ0001X", model="", made_on="18.05.2024", legal_phone="12")
    with pytest.raises(Invalid) as caught, office.runtime.transaction() as uow:
        cases.start(uow, "new_filing", office.owner, wrong)
    fields = {f.field for f in caught.value.fields}
    assert {"owner_code", "model", "made_on", "legal_phone", "business_licence", "purchase_proof"} <= fields
    with office.runtime.reading() as uow:
        assert queries.cases(uow, office.owner) == []


def test_the_same_machine_cannot_be_filed_twice(office):
    """The second owner's filing goes back with the plain reason, whatever width or case he typed."""
    first = office.file()
    office.work()
    second = office.file(
        owner=office.other_owner, owner_name="包头市鹿城建筑工程有限公司", owner_code="91150200MA0MJ00024", serial_no="ｚｌ2024－0518"
    )
    office.work()
    assert office.status(first) == "待审核"
    assert (office.status(second), office.waiting(second)) == ("审核不通过（待补正）", ["correct"])
    blocking = [f for f in office.variables(second)["precheck"]["findings"] if f["severity"] == "block"]
    assert blocking
    assert all(f["message"]["zh"] and f["remedy"]["zh"] for f in blocking)


def test_an_over_age_machine_needs_a_safety_assessment(office):
    """JGJ/T 189-2009 3.0.2: beyond the threshold without an assessment it goes back, with one the reviewer decides."""
    number = office.file(made_on="2005-05-18", bought_on="2005-06-01", licence_no="TS2443086-2007")
    office.work()
    assert office.waiting(number) == ["correct"]
    told = {(f["code"], f["field"], f["severity"]) for f in office.variables(number)["precheck"]["findings"]}
    assert {("OVER_AGE", "made_on", "warn"), ("ATTACHMENT_MISSING", "safety_assessment", "block")} <= told


def test_the_owner_may_withdraw_before_the_decision_and_not_after(office):
    number = office.file()
    office.until(lambda: office.waiting(number) == ["review"])
    with pytest.raises(NotFound), office.runtime.transaction() as uow:
        cases.withdraw(uow, number, office.other_owner)
    with office.runtime.transaction() as uow:
        cases.withdraw(uow, number, office.owner, "机器已转让")
    assert (office.status(number), office.case(number).state) == ("已撤回", "ended")
    again = office.file()
    office.to_the_button(again)
    with pytest.raises(WrongState), office.runtime.transaction() as uow:
        cases.withdraw(uow, again, office.owner)


def test_of_two_reviewers_the_slower_learns_who_was_faster_and_when(office):
    number = office.file()
    office.until(lambda: office.waiting(number) == ["review"])
    task = office.tasks(number)[0]
    office.complete(number, "review", outcome="approve")
    with pytest.raises(Conflict) as caught, office.runtime.transaction() as uow:
        inbox.complete(uow, task.id, office.reviewer, {}, task.revision, outcome="reject", opinion="晚了")
    assert caught.value.who == office.reviewer.name
    assert caught.value.when == office.clock.now()


def test_a_national_refusal_shows_code_message_remedy_step_and_time(office):
    """赋码失败 is a task; after the owner's return for correction the same number is coded."""
    number = office.file()
    office.misbehave("national", "refuse", "fm", arg={"code": "E2002", "message": "同一设备已在其他省份备案"})
    office.approve(number)
    office.until(lambda: office.waiting(number) == ["code_trouble"])
    assert office.status(number) == "赋码失败"
    error = office.variables(number)["error"]
    assert (error["code"], error["message"]["zh"] != "", error["remedy"]["zh"] != "") == ("CODE_REFUSED", True, True)
    assert error["step"]
    assert error["at"]
    office.complete(number, "code_trouble", outcome="return", opinion="请核实设备归属")
    assert office.waiting(number) == ["correct"]
    office.complete(number, "correct", office.owner, **with_papers(office.runtime, office.owner, answers_of("tower_crane")))
    office.to_the_button(number)
    office.push(number)
    assert (office.status(number), office.effects(number)) == ("已归集", (1, 1, 1))


def test_a_seal_of_another_name_is_not_issued(office):
    """Seal name ≠ authority name: 签章异常 with the named problem; a new seal mends it; the national platform got nothing meanwhile."""
    number = office.file()
    office.misbehave("provincial", "wrong-seal-name", "seal-requests", arg="呼和浩特市住建局")
    office.approve(number)
    office.until(lambda: office.waiting(number) == ["seal_trouble"])
    assert office.status(number) == "签章异常"
    assert office.variables(number)["error"]["code"] == "SEAL_NAME_MISMATCH"
    assert office.effects(number)[1] == 0
    office.complete(number, "seal_trouble", outcome="recode")
    office.until(lambda: office.waiting(number) == ["aggregate_button"])
    office.push(number)
    assert office.status(number) == "已归集"


@pytest.mark.parametrize(
    ("mode", "arg", "code"),
    [
        ("changed-item", {"item": "owner", "value": "别的公司"}, "CERTIFICATE_MISMATCH"),
        ("stale-seal", 3600, "SEAL_STALE"),
        *(("bad-seal", arg, "SEAL_INVALID") for arg in BAD_SEALS),
    ],
)
def test_a_certificate_that_is_not_what_was_approved_is_not_issued(office, mode, arg, code):
    number = office.file()
    office.misbehave("provincial", mode, "seal-requests", arg=arg)
    office.approve(number)
    office.until(lambda: office.waiting(number) == ["seal_trouble"])
    assert office.variables(number)["error"]["code"] == code
    assert office.effects(number)[1] == 0


def test_a_refused_aggregation_can_be_retried(office):
    number = office.file()
    office.to_the_button(number)
    office.misbehave("national", "refuse", "gj", arg={"code": "E3001", "message": "企业名称与信用代码不符"})
    office.push(number)
    assert (office.status(number), office.waiting(number)) == ("归集失败", ["aggregate_trouble"])
    assert office.variables(number)["error"]["code"] == "AGGREGATION_REFUSED"
    office.complete(number, "aggregate_trouble", outcome="retry")
    office.work()
    assert (office.status(number), office.effects(number)) == ("已归集", (1, 1, 1))


def test_an_aggregation_with_warnings_is_accepted_and_the_warning_kept(office):
    number = office.file()
    office.to_the_button(number)
    office.misbehave("national", "warn", "gj", arg={"code": "W1", "message": "预览地址不是 https"})
    office.push(number)
    assert office.status(number) == "已归集"
    assert "https" in str(office.variables(number)["aggregation"]["warnings"])


def test_an_authority_may_aggregate_without_the_button(office):
    from dataclasses import replace

    from registry.authorities import authority, update_authority

    with office.runtime.transaction() as uow:
        update_authority(uow.connection, replace(authority(uow.connection, "11150100MB0000001L"), automatic_aggregation=True))
    number = office.file()
    office.approve(number)
    office.until(lambda: office.status(number) == "已归集")


def test_a_seal_that_never_calls_back_is_found_by_polling(office):
    number = office.file()
    office.misbehave("provincial", "no-callback", "seal-requests")
    office.approve(number)
    office.until(lambda: office.status(number) == "待签章")
    office.until(lambda: office.pass_time(minutes=11) is not None and office.waiting(number) == ["aggregate_button"])


def test_a_seal_that_never_comes_ends_at_a_person(office):
    """Reminders while it waits; after the time-out 签章异常."""
    number = office.file()
    office.misbehave("provincial", "never-seal", "seal-requests")
    office.approve(number)
    office.until(lambda: office.status(number) == "待签章")
    for _ in range(32):
        office.pass_time(days=1)
    assert (office.status(number), office.waiting(number)) == ("签章异常", ["seal_trouble"])


@pytest.mark.parametrize("mode", ["duplicate-callback", "early-callback", "foreign-callback", "forged-callback"])
def test_whatever_call_back_comes_the_case_ends_once_and_well(office, mode):
    number = office.file()
    office.misbehave("provincial", mode, "seal-requests")
    office.approve(number)
    office.until(lambda: office.status(number) == "待签章" or office.waiting(number) == ["aggregate_button"])
    office.until(lambda: office.pass_time(minutes=11) is not None and office.waiting(number) == ["aggregate_button"])
    office.push(number)
    assert (office.status(number), office.effects(number)) == ("已归集", (1, 1, 1))


WIRE = [
    "http-500",
    "http-502",
    "http-503",
    "http-429",
    "refuse-connections",
    "reset-before",
    "reset-after",
    "silence",
    "truncated",
    "not-json",
    "html",
    "empty",
    "answer-lost",
]


@pytest.mark.in_turn
@pytest.mark.parametrize("mode", [*WIRE, "unknown-code"])
@pytest.mark.parametrize("call", ["check", "fm", "gj"])
def test_the_national_platform_misbehaves_once_and_the_filing_still_ends_with_one_effect_each(office, call, mode):
    number = office.file()
    if call == "check":
        office.misbehave("national", mode, "check", arg=0.05 if mode == "refuse-connections" else None)
    office.until(lambda: office.pass_time(seconds=20) is not None and office.waiting(number) == ["review"])
    if call == "fm":
        office.misbehave("national", mode, "fm", arg=0.05 if mode == "refuse-connections" else None)
    office.complete(number, "review", outcome="approve")
    office.until(lambda: office.pass_time(seconds=20) is not None and office.waiting(number) == ["aggregate_button"])
    if call == "gj":
        office.misbehave("national", mode, "gj", arg=0.05 if mode == "refuse-connections" else None)
    office.complete(number, "aggregate_button", outcome="push")
    office.until(lambda: office.pass_time(seconds=20) is not None and office.case(number).state == "ended")
    assert (office.status(number), office.effects(number)) == ("已归集", (1, 1, 1))


@pytest.mark.in_turn
@pytest.mark.parametrize("mode", WIRE)
@pytest.mark.parametrize("call", ["seal-requests", "file"])
def test_the_seal_network_misbehaves_once_and_the_filing_still_ends_with_one_effect_each(office, call, mode):
    number = office.file()
    office.misbehave("provincial", mode, call, arg=0.05 if mode == "refuse-connections" else None)
    office.approve(number)
    office.until(lambda: office.pass_time(seconds=20) is not None and office.waiting(number) == ["aggregate_button"])
    office.push(number)
    assert (office.status(number), office.effects(number)) == ("已归集", (1, 1, 1))


def test_a_withdrawn_or_refused_filing_frees_the_machine_and_voids_its_number(office):
    """A number whose case ends without a certificate is recorded as void with its reason."""
    number = office.file()
    office.misbehave("national", "refuse", "fm", arg={"code": "E2002", "message": "同一设备已在其他省份备案"})
    office.approve(number)
    office.until(lambda: office.waiting(number) == ["code_trouble"])
    office.complete(number, "code_trouble", outcome="return", opinion="请核实")
    with office.runtime.transaction() as uow:
        cases.withdraw(uow, number, office.owner, "不再办理")
    with office.runtime.reading() as uow:
        drawn = numbers_of(uow.connection, number)
    assert [(n.state, n.reason) for n in drawn] == [("void", "已撤回")]
    again = office.file()
    office.to_the_button(again)
    assert office.certificate(again).number == "蒙AA-T202600002"


@pytest.mark.parametrize("end", ["refused", "withdrawn"])
def test_a_filing_that_comes_to_nothing_leaves_no_certificate_in_force(office, end):
    """In force, but its push and its new seal refused, it goes back: what is then changed cannot be issued, and the reviewer reads why."""
    number = office.file()
    office.to_the_button(number)
    office.misbehave("national", "refuse", "gj", arg={"code": "E3001", "message": "企业名称与信用代码不符"})
    office.push(number)
    office.misbehave("provincial", "wrong-seal-name", "seal-requests", arg="别的单位")
    office.complete(number, "aggregate_trouble", outcome="recode")
    office.until(lambda: office.waiting(number) == ["seal_trouble"])
    office.complete(number, "seal_trouble", outcome="return", opinion="请更正规格型号")
    office.complete(number, "correct", office.owner, **with_papers(office.runtime, office.owner, answers_of("tower_crane", model="QTZ63")))
    office.approve(number)
    office.until(lambda: office.waiting(number) == ["review"])
    assert office.variables(number)["error"]["code"] == "CERTIFICATE_ISSUED"
    if end == "refused":
        office.complete(number, "review", outcome="refuse", opinion="检验不合格", legal_ground="below_standard")
    else:
        with office.runtime.transaction() as uow:
            cases.withdraw(uow, number, office.owner, "设备已出售")
    office.work()
    assert (office.case(number).state, office.incidents(number)) == ("ended", [])
    assert office.certificate(number).state == {"refused": "revoked", "withdrawn": "cancelled"}[end]
