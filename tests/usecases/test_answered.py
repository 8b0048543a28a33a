"""What has been said in a case: answers, files, findings, obstacles."""

import json

import pytest
from counter import APPLY, one_task
from diagrams import boundary, bpmn, chain, end, service, start, user
from workbench import OPERATOR, OTHER_OWNER, OWNER, REVIEWER, SAFETY

from workflow_runtime.actors import SYSTEM
from workflow_runtime.answered import answered, obstacles, remarks
from workflow_runtime.errors import NotFound
from workflow_runtime.told import told_variables
from workflow_runtime.uploads import upload

FILED = (
    "filed.form",
    json.dumps(
        {
            "schemaVersion": 18, "type": "default", "id": "filed",
            "components": [
                {"type": "textfield", "id": "a", "key": "maker", "label": "制造单位", "properties": {"searchable": "true", "en": "Maker"}},
                {"type": "textfield", "id": "b", "key": "telephone", "label": "电话", "validate": {"validationType": "phone"}},
                {"type": "select", "id": "c", "key": "kind", "label": "类别", "values": [{"value": "T", "label": "塔式"}]},
                {"type": "filepicker", "id": "d", "key": "papers", "label": "材料", "multiple": True},
                {"type": "textfield", "id": "e", "key": "note", "label": "备注"},
            ],
        },
        ensure_ascii=False,
    ).encode(),
)  # fmt: skip
PDF = b"%PDF-1.4\n%%EOF\n"


def told(bench, case, actor=OWNER):
    with bench.runtime.reading() as uow:
        return answered(uow, actor, case.number)


@pytest.fixture
def case(bench):
    bench.deploy(one_task(form="filed"), FILED)
    paper = bench.use(upload, OWNER, "合格证.pdf", PDF)
    return bench.start(answers={"maker": "甲厂", "telephone": "13812345678", "kind": "T", "papers": [{"id": paper.id}]})


def test_answers_are_facts_under_their_labels(bench, case):
    """Choices by their words, unanswered questions left out, files with their size."""
    [form] = told(bench, case)
    assert [(f.label.zh, f.value.zh, f.searchable) for f in form.facts] == [
        ("制造单位", "甲厂", True),
        ("电话", "13812345678", False),
        ("类别", "塔式", False),
    ]
    assert form.facts[0].label.en == "Maker"
    assert [(p.label.zh, p.name, p.size) for p in form.papers] == [("材料", "合格证.pdf", len(PDF))]


@pytest.mark.parametrize(("who", "seen"), [(OWNER, True), (REVIEWER, True), (SAFETY, True), (OPERATOR, False)])
def test_telephones_are_for_those_who_work_on_the_case(bench, case, who, seen):
    """The owner, the authority and its departments; others who may see the case read everything else."""
    [form] = told(bench, case, who)
    assert ("13812345678" in str(form.facts)) is seen
    assert "甲厂" in str(form.facts)


def test_strangers_see_no_answers(bench, case):
    """As if the case did not exist."""
    with pytest.raises(NotFound):
        told(bench, case, OTHER_OWNER)


def test_findings_of_every_check_are_remarks(bench, case):
    """The blocking ones first, with the label of their question; what is no finding is left alone."""
    with bench.runtime.reading() as uow:
        row = uow.cases.by_number(case.number)
        found = [
            {"code": "A", "severity": "warn", "field": "maker", "message": {"zh": "甲", "en": "a"}, "remedy": {"zh": "改", "en": "mend"}},
            {"code": "B", "severity": "block", "field": "", "message": {"zh": "乙", "en": "b"}},
            "nonsense",
        ]
        row.variables.update(check={"findings": found}, other={"findings": None}, more=[1])
        first, second = remarks(uow, OWNER, row)
    assert (first.code, first.label, first.message.en, first.remedy.zh) == ("B", None, "b", "")
    assert (second.code, second.label.zh, second.remedy.en) == ("A", "制造单位", "mend")


@pytest.mark.parametrize(("who", "sees"), [(OWNER, False), (REVIEWER, True), (OPERATOR, True)])
def test_a_finding_names_another_case_to_those_who_may_see_it(bench, case, who, sees):
    """The other case is another owner's: his competitor learns no number of it, neither on a page nor as a program."""
    other = bench.start(actor=OTHER_OWNER, answers={"maker": "甲厂"}).number
    finding = {"code": "A", "severity": "block", "field": "maker", "message": {"zh": "甲", "en": "a"}, "case": other}
    with bench.runtime.reading() as uow:
        row = uow.cases.by_number(case.number)
        row.variables.update(check={"findings": [finding, "nonsense"]})
        [remark] = remarks(uow, who, row)
        told = told_variables(uow, who, row)["check"]["findings"]
    assert (remark.case, told[0]["case"]) == ((other, other) if sees else ("", ""))
    assert told[1] == "nonsense"


def test_an_error_stands_in_the_way_until_its_task_is_done(bench):
    """With its words and remedy; afterwards it is history."""
    bench.outside.plan = ["refuse"]
    bench.deploy(
        bpmn(
            start(form="apply"),
            service("send", "outside.send"),
            boundary("caught", "send", error=""),
            user("mend", "发证机关"),
            end(),
            chain("start", "send", "end"),
            chain("caught", "mend", "send"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    bench.work()

    def standing():
        with bench.runtime.reading() as uow:
            row = uow.cases.by_number(case.number)
            return obstacles(SYSTEM, row, tuple(uow.tasks.of_case(row.id)))

    [obstacle] = standing()
    assert (obstacle.code, obstacle.message.zh, obstacle.remedy.en) == ("REFUSED", "对方拒绝", "mend it")
    bench.pass_time(hours=1)
    bench.complete(case, "mend")
    assert standing() == ()
