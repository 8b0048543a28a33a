"""换发 from the owner's answers to 已归集: what the manual warns reviewers of cannot go wrong, and the old entry gives way once."""

import json
from datetime import date

import pytest
import requests
from office import answers_of
from sqlalchemy import insert

from registry import legacy_corrections, legacy_register, tables
from registry.folding import fold_number, fold_part
from registry.verification import public_certificate
from web.demonstration.filing import with_papers
from web.showing.case_record import case_record
from workflow_runtime import cases, queries, worklist
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.answered import obstacles
from workflow_runtime.prefill import opening_answers
from workflow_runtime.search_fields import search_fields
from workflow_runtime.told import told_variables
from workflow_runtime.worklist import Wanted

REGISTRAR = Actor("bai", "白册", "authority:11150100MB0000001L", frozenset({Grant("registrar", "authority:11150100MB0000001L")}))
HOHHOT, BAOTOU = "11150100MB0000001L", "11150200MB0000002W"
NUMBER = "蒙A-2016-0088"
OLD_IDENTIFIER = "1.2.156.3005.2.11100000000013338W999.11150100MB0000001L.201600088.001.P"
OLD_MACHINE = "150100T2016000088"


@pytest.fixture
def entry(office):
    """Puts an entry into the old register; gives its id."""

    def enter(number=NUMBER, **changes):
        values = {
            "authority_code": HOHHOT, "number": number, "folded_number": fold_number(number), "identifier": "", "equipment_no": "",
            "manufacturer": "中联重科股份有限公司", "serial_no": "TC-2016-0088", "category": "T", "model": "TC5610",
            "owner_name": "内蒙古蒙建机械租赁有限公司", "owner_code": "", "made_on": date(2016, 3, 18), "issued_on": date(2016, 5, 6),
            "state": "valid", "revision": 1, "remarks": {}, "source": "", "entered_at": office.clock.now(), **changes,
        }  # fmt: skip
        values["searched"] = " ".join(fold_part(values[name]) for name in ("number", "owner_name", "serial_no", "manufacturer"))
        with office.runtime.transaction() as uow:
            return uow.connection.execute(insert(tables.legacy_entry).values(values).returning(tables.legacy_entry.c.id)).scalar_one()

    return enter


def file(office, **changes):
    number = office.file("reissue", business="reissue", **changes)
    office.until(lambda: office.waiting(number) in (["review"], ["correct"]))
    return number


def approve(office, number, **answers):
    """The reviewer approves with what the form opens with, but for these answers."""
    task = office.tasks(number)[0]
    with office.runtime.reading() as uow:
        found = opening_answers(uow, queries.task(uow, office.reviewer, task.id))
    given = {**{name: value for name, value in found.items() if name not in ("outcome", "opinion")}, **answers}
    office.complete(number, "review", outcome="approve", **{name: value for name, value in given.items() if value is not None})
    office.work()


def reasons(office, number):
    """What stands on top of the reviewer's task."""
    with office.runtime.reading() as uow:
        row = uow.cases.by_number(number)
        return [(each.code, each.message.zh) for each in obstacles(office.reviewer, row, tuple(uow.tasks.of_case(row.id))) if each.notice]


def last_said(office, actor, number):
    """What the last line of the timeline tells this person."""
    with office.runtime.reading() as uow:
        return [text.zh for text in queries.timeline(uow, actor, number)[-1].said]


def state_of(office, entry_id):
    with office.runtime.reading() as uow:
        found = legacy_register.entry(uow.connection, entry_id)
    return found.state, found.reissued_as


def nothing_sent(office):
    """Whether the platforms' books are empty."""
    national = requests.get(f"{office.platforms.national}/effects", timeout=60).json()
    seals = requests.get(f"{office.platforms.provincial}/effects", timeout=60).json()["seal"]
    return not national["fm"] and not national["gj"] and not seals


def test_a_paper_certificate_is_reissued(office, entry):
    """The new one is in force and names the old number; the old entry is 已换发 as it; the machine keeps its number."""
    old = entry(identifier=OLD_IDENTIFIER, equipment_no=OLD_MACHINE)
    number = file(office)
    approve(office, number)
    office.until(lambda: office.waiting(number) == ["aggregate_button"])
    office.push(number)
    certificate = office.certificate(number)
    assert (office.status(number), certificate.state, office.effects(number)) == ("已归集", "valid", (1, 1, 1))
    assert (certificate.equipment_no, certificate.replaced_number) == (OLD_MACHINE, NUMBER)
    assert state_of(office, old) == ("reissued", certificate.identifier)
    [sent] = [e.request["AcceptData"][0] for e in office.exchanges(number) if e.operation == "fm"]
    assert (sent["associatedZzeCertID"], sent["operateType"]) == (OLD_IDENTIFIER, "01")
    with office.runtime.reading() as uow:
        shown = public_certificate(uow.connection, certificate.verification_code)
    assert (shown.replaced_number, shown.associated_identifier) == (NUMBER, OLD_IDENTIFIER)


def test_an_old_entry_without_identifier_or_machine_number_is_told_by_its_number_alone(office, entry):
    entry()
    number = file(office)
    approve(office, number)
    office.until(lambda: office.waiting(number) == ["aggregate_button"])
    [sent] = [e.request["AcceptData"][0] for e in office.exchanges(number) if e.operation == "fm"]
    assert "associatedZzeCertID" not in sent
    assert office.certificate(number).equipment_no


NOT_SO = {
    "no paper": ({}, {"has_paper_certificate": "no"}, "REISSUE_PAPER", "应为“是”"),
    "nothing said of paper": ({}, {"has_paper_certificate": ""}, "REISSUE_PAPER", "应为“是”"),
    "no number": ({}, {"old_number": ""}, "REISSUE_NUMBER", "必须填写“原备案编号”"),
    "unknown": ({}, {"old_number": "蒙A-2016-9999"}, "REISSUE_UNKNOWN", "没有编号“蒙A-2016-9999”"),
    "another machine": (
        {"serial_no": "TC-2016-0093"},
        {},
        "REISSUE_MACHINE",
        "出厂编号：原登记簿为“TC-2016-0093”，本次填报为“TC-2016-0088”",
    ),
    "another maker": ({"manufacturer": "山东省建筑机械厂有限公司"}, {}, "REISSUE_MACHINE", "制造单位"),
    "another category": ({"category": "S"}, {}, "REISSUE_MACHINE", "设备类别：原登记簿为“施工升降机”，本次填报为“塔式起重机”"),
    "no machine told": ({"serial_no": "", "model": ""}, {}, "REISSUE_MACHINE", "出厂编号：原登记簿为“（空）”"),
    "another owner": (
        {"owner_name": "内蒙古兴泰建设集团有限公司"},
        {},
        "REISSUE_OWNER",
        "产权单位：原登记簿为“内蒙古兴泰建设集团有限公司”",
    ),
    "another code": ({"owner_code": "91150200MA0MJ00024"}, {}, "REISSUE_OWNER", "统一社会信用代码"),
    "reissued": ({"state": "reissued", "reissued_as": "1.2.3"}, {}, "REISSUE_REISSUED", "已换发为 1.2.3"),
    "cancelled": ({"state": "cancelled"}, {}, "REISSUE_REISSUED", "已注销"),
}


def test_what_does_not_hold_goes_back_to_the_reviewer_with_its_reason(office, entry):
    """Each in turn on one case: the reason in plain words on his task, in the timeline; nothing reaches a platform, the entry is as it was."""
    number = file(office)
    for each, (changes, answers, code, words) in NOT_SO.items():
        old = entry(f"旧-{each}", **changes)
        before = state_of(office, old)
        approve(office, number, **{"has_paper_certificate": "yes", "old_number": f"旧-{each}", **answers})
        [(told, sentence)] = reasons(office, number)
        assert (told, words in sentence) == (code, True), (each, sentence)
        assert office.waiting(number) == ["review"], each
        assert sentence in last_said(office, office.reviewer, number)
        assert (state_of(office, old), office.status(number), office.certificate(number)) == (before, "待审核", None)
    assert nothing_sent(office)
    assert office.incidents(number) == []


@pytest.mark.parametrize("changes", [{"owner_name": "别家租赁有限公司", "owner_code": "91150200MA0MJ00024"}, {"serial_no": "BJ-7731"}])
def test_an_owner_learns_nothing_of_another_s_entry(office, entry, changes):
    """An old number can be guessed: neither the case, its timeline nor the interface tell the one who files what stands under it."""
    old = entry(equipment_no=OLD_MACHINE, **changes)
    number = file(office)
    approve(office, number)
    [(_, sentence)] = reasons(office, number)
    assert last_said(office, office.reviewer, number) == [sentence]
    assert last_said(office, office.owner, number) == []
    with office.runtime.reading() as uow:
        row = uow.cases.by_number(number)
        told = json.dumps(told_variables(uow, office.owner, row), ensure_ascii=False)
        assert told_variables(uow, office.reviewer, row)["legacy"]["entry"] == old
        assert case_record(uow, office.owner, number).obstacles == ()
        assert [each.message.zh for each in case_record(uow, office.reviewer, number).obstacles] == [sentence]
    assert not any(secret in told for secret in (OLD_MACHINE, *changes.values()))


@pytest.mark.parametrize(
    ("changes", "typed"),
    [
        ({}, "　蒙Ａ－２０１６—００８８ "),
        ({}, "蒙a–2016‐0088"),
        ({"serial_no": "ｔｃ 2016 0088", "manufacturer": "中联重科 股份有限公司"}, NUMBER),
        ({"owner_code": "91150100ma0mj0001u", "owner_name": "旧名称"}, NUMBER),
        ({"manufacturer": "", "category": ""}, NUMBER),
        ({"serial_no": "", "model": "ＴＣ５６１０"}, NUMBER),
    ],
)
def test_width_hyphens_blanks_and_gaps_of_the_register_are_no_difference(office, entry, changes, typed):
    entry(**changes)
    number = file(office)
    approve(office, number, old_number=typed)
    assert reasons(office, number) == []
    assert office.certificate(number).replaced_number == NUMBER


def test_the_review_form_opens_with_what_the_owner_said_and_the_reviewer_s_words_count(office, entry):
    """A wrong number of the owner's is corrected by the reviewer, without going back to the owner."""
    entry()
    number = file(office, old_number="蒙A-2016-0080")
    task = office.tasks(number)[0]
    with office.runtime.reading() as uow:
        found = opening_answers(uow, queries.task(uow, office.reviewer, task.id))
    assert found == {"has_paper_certificate": "yes", "old_number": "蒙A-2016-0080"}
    approve(office, number)
    assert [code for code, _ in reasons(office, number)] == ["REISSUE_UNKNOWN"]
    approve(office, number, old_number=NUMBER)
    assert office.certificate(number).replaced_number == NUMBER


@pytest.mark.parametrize("end", ["withdrawn", "refused", "cancelled"])
def test_the_old_entry_is_untouched_when_the_case_comes_to_nothing(office, entry, end):
    old = entry()
    number = file(office)
    if end == "refused":
        office.complete(number, "review", outcome="refuse", opinion="国家明令淘汰", legal_ground="prohibited")
    elif end == "withdrawn":
        with office.runtime.transaction() as uow:
            cases.withdraw(uow, number, office.owner, "不办了")
    else:
        approve(office, number)
        with office.runtime.transaction() as uow:
            cases.cancel_case(uow, number, office.administrator, "误操作")
    assert office.case(number).state in ("ended", "cancelled")
    assert state_of(office, old) == ("valid", None)


def test_an_issue_that_fails_leaves_the_entry_valid(office, entry):
    """Both or neither: when the certificate cannot come into force, the old one counts."""
    old = entry()
    number = file(office)
    office.misbehave("provincial", "wrong-seal-name", "seal-requests", arg="别的单位")
    approve(office, number)
    office.until(lambda: office.waiting(number) == ["seal_trouble"])
    assert state_of(office, old) == ("valid", None)
    office.complete(number, "seal_trouble", outcome="retry")
    office.until(lambda: office.waiting(number) == ["aggregate_button"])
    assert state_of(office, old) == ("reissued", office.certificate(number).identifier)


@pytest.mark.parametrize(("field", "corrected"), [("serial_no", "TC-2016-0099"), ("owner_name", "包头市鹿城建筑工程有限公司")])
def test_an_entry_that_is_corrected_after_the_review_stops_the_issue(office, entry, field, corrected):
    """It is about another machine or owner now: the certificate stays a draft, the entry valid, and the reason is told."""
    old = entry()
    number = file(office)
    office.misbehave("provincial", "wrong-seal-name", "seal-requests", arg="别的单位")
    approve(office, number)
    office.until(lambda: office.waiting(number) == ["seal_trouble"])
    with office.runtime.transaction() as uow:
        held = legacy_register.entry(uow.connection, old)
        legacy_corrections.correct(uow, REGISTRAR, old, {field: corrected}, held.revision, "抄录有误")
    office.complete(number, "seal_trouble", outcome="retry")
    office.until(lambda: office.waiting(number) == ["seal_trouble"])
    assert office.variables(number)["error"]["code"] == "LEGACY_CHANGED"
    assert corrected in office.variables(number)["error"]["message"]["zh"]
    assert (state_of(office, old)[0], office.certificate(number).state) == ("valid", "draft")


def test_of_two_cases_over_one_entry_one_wins(office, entry):
    """An entry that names no serial number fits two machines of its owner: the second to be issued shows who was first, and stays a draft."""
    old = entry(serial_no="")
    numbers = [file(office), file(office, serial_no="TC-2016-0099")]
    office.misbehave("provincial", "wrong-seal-name", "seal-requests", arg="别的单位", times=2)
    for number in numbers:
        approve(office, number)
    office.until(lambda: all(office.waiting(n) == ["seal_trouble"] for n in numbers))
    for number in numbers:
        office.complete(number, "seal_trouble", outcome="retry")
    office.until(lambda: sorted(element for n in numbers for element in office.waiting(n)) == ["aggregate_button", "seal_trouble"])
    [winner] = [n for n in numbers if office.waiting(n) == ["aggregate_button"]]
    [loser] = [n for n in numbers if n != winner]
    assert state_of(office, old) == ("reissued", office.certificate(winner).identifier)
    assert office.variables(loser)["error"]["code"] == "LEGACY_REISSUED"
    assert (office.status(loser), office.certificate(loser).state) == ("签章异常", "draft")


def test_a_certificate_that_comes_to_nothing_before_the_push_gives_the_entry_back(office, entry):
    """In force, refused by the national platform, returned to the owner and withdrawn: the paper counts again."""
    old = entry()
    number = file(office)
    approve(office, number)
    office.until(lambda: office.waiting(number) == ["aggregate_button"])
    office.misbehave("national", "refuse", "gj", arg={"code": "E3001", "message": "企业名称与信用代码不符"})
    office.push(number)
    office.misbehave("provincial", "wrong-seal-name", "seal-requests", arg="别的单位")
    office.complete(number, "aggregate_trouble", outcome="recode")
    office.until(lambda: office.waiting(number) == ["seal_trouble"])
    office.complete(number, "seal_trouble", outcome="return", opinion="请更正")
    assert state_of(office, old)[0] == "reissued"
    given = with_papers(office.runtime, office.owner, answers_of("reissue"))
    office.complete(number, "correct", office.owner, **given)
    office.until(lambda: office.waiting(number) == ["review"])
    with office.runtime.transaction() as uow:
        cases.withdraw(uow, number, office.owner, "设备已出售")
    office.work()
    assert (office.certificate(number).state, state_of(office, old)) == ("cancelled", ("valid", None))


def test_a_new_filing_of_a_machine_in_the_old_register_is_warned(office, entry):
    """该设备在原登记簿中，请办理换发; the reviewer decides. A reissue is not warned of itself."""
    entry()
    new = office.file("tower_crane", serial_no="tc2016－0088")
    office.until(lambda: office.waiting(new) == ["review"])
    [finding] = [f for f in office.variables(new)["precheck"]["findings"] if f["code"] == "LEGACY_ENTRY"]
    assert (finding["severity"], finding["field"]) == ("warn", "serial_no")
    assert "换发" in finding["message"]["zh"] + finding["remedy"]["zh"]
    assert NUMBER not in finding["message"]["zh"]  # who files may be anybody
    with office.runtime.transaction() as uow:
        cases.withdraw(uow, new, office.owner, "改办换发")
    number = file(office)
    assert [f for f in office.variables(number)["precheck"]["findings"] if f["code"] == "LEGACY_ENTRY"] == []


def test_a_case_is_found_by_the_old_number(office, entry):
    entry()
    number = file(office)
    office.file()
    with office.runtime.reading() as uow:
        assert "old_number" in [field.name for field in search_fields(uow)]
        found = worklist.worklist(uow, office.reviewer, Wanted(answers={"old_number": NUMBER}))
    assert [row.number for row in found.rows] == [number]
