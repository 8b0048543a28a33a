"""Every kind of question as HTML, in a business that was just dropped in: shown, posted, read back, refused, explained."""

import json

import pytest
from diagrams import bpmn, chain, end, start, user
from kept import browser
from office import ADMINISTRATOR, product_files

from workflow_runtime.deployment import deploy

FORM = "/start/survey"


def question(kind, key, label, **more):
    return {"type": kind, "id": f"Field_{key}", "key": key, "label": label, **more}


def choices(*labels):
    return [{"label": label, "value": f"v{n}"} for n, label in enumerate(labels)]


COMPONENTS = [
    {"type": "text", "id": "t1", "text": "# 调查", "properties": {"en": "# Survey"}},
    {"type": "text", "id": "t2", "text": "请**如实**填写：\n\n- 一\n- 二 <script>alert(1)</script>"},
    question("textfield", "name", "名称", description="全称", validate={"required": True}, properties={"en": "Name", "hint": "某某公司"}),
    question("textarea", "remark", "说明 <b>", defaultValue="默认说明"),
    question("number", "moment", "力矩", decimalDigits=1, validate={"min": 1}, properties={"unit": "kN·m"}),
    {"type": "datetime", "id": "Field_day", "key": "day", "dateLabel": "日期", "subtype": "date"},
    question("select", "region", "地区", valuesKey="regions"),
    question("radio", "size", "大小", values=choices("大", "小"), validate={"required": True}),
    question("checklist", "colours", "颜色", values=choices("红", "绿", "蓝"), validate={"required": True}),
    question("checkbox", "agreed", "同意", validate={"required": True}),
    question("textfield", "fixed", "固定值", defaultValue="不可改", readonly=True),
    {
        "type": "group",
        "id": "g1",
        "label": "小型",
        "path": "small",
        "conditional": {"hide": '=size != "v1"'},
        "components": [
            question("textfield", "why", "原因", validate={"required": True}),
            question("textfield", "more", "补充", conditional={"hide": "=not agreed"}),
        ],
    },
    question("textfield", "strange", "其他", conditional={"hide": '=len(name) > 3 or moment < 5 and region in ["a", "b"]'}),
]


def prepare(office):
    """The survey's two files are dropped in beside the product's."""
    form = {"type": "default", "id": "survey", "schemaVersion": 18, "components": COMPONENTS}
    lanes = {"lane": "产权单位"}
    diagram = bpmn(
        start(form="survey", **lanes),
        user("look", "产权单位", formMode="survey:edit", outcomes="done=核对; back=退回!"),
        end(status="已办结"),
        chain("start", "look", "end"),
        id="survey",
    )
    with office.runtime.transaction() as uow:
        extra = [("survey.bpmn", diagram), ("survey.form", json.dumps(form, ensure_ascii=False).encode())]
        deploy(uow, ADMINISTRATOR, [*product_files(), *extra])


@pytest.fixture
def zhang(office):
    return browser(office, "zhang")


GOOD = {
    "answers.name": "甲",
    "answers.moment": "６３０.５",
    "answers.day": "2026-01-31",
    "answers.region": "150100",
    "answers.size": "v1",
    "answers.colours": ["v0", "v2"],
    "answers.agreed": "true",
    "answers.small.why": "场地",
}


def submitted(office, page):
    assert page.address.startswith("/cases/"), page.text
    return office.variables(page.address.rpartition("/")[2])["survey"]


def test_a_business_that_was_dropped_in_is_on_the_list_and_its_answers_are_read(office, zhang):
    assert "业务" in [a.text_content() for a in zhang.get("/start").all("//h3/a")]
    page = zhang.submit(zhang.get(FORM), FORM, button=("action", "submit"), **GOOD)
    assert submitted(office, page) == {
        "name": "甲",
        "remark": "默认说明",
        "moment": 630.5,
        "day": "2026-01-31",
        "region": "150100",
        "size": "v1",
        "colours": ["v0", "v2"],
        "agreed": True,
        "fixed": "不可改",
        "small": {"why": "场地"},
    }


def test_the_answers_of_hidden_questions_are_dropped(office, zhang):
    page = zhang.submit(zhang.get(FORM), FORM, button=("action", "submit"), **{**GOOD, "answers.size": "v0"})
    assert "small" not in submitted(office, page)


def test_every_input_has_a_label_and_its_explanations(zhang):
    page = zhang.get(FORM)
    for field in page.all("//main//form//*[self::input[not(@type='hidden')] or self::select or self::textarea]"):
        assert page.all(f"//label[@for='{field.get('id')}']"), field.get("name")
    name = page.one("//input[@name='answers.name']")
    assert [page.one(f"//*[@id='{i}']").text_content() for i in name.get("aria-describedby").split()] == ["全称", "例：某某公司"]
    assert name.get("placeholder") is None
    assert "（必填）" in page.one("//label[@for='answers-name']").text_content()
    assert "kN·m" in page.one("//label[@for='answers-moment']").text_content()
    assert page.one("//textarea[@name='answers.remark']").text.strip() == "默认说明"
    assert page.one("//input[@name='answers.fixed']").get("readonly") is not None
    assert [o.get("value") for o in page.all("//select[@name='answers.region']/option")][:2] == ["", "150000"]


def test_words_are_formatted_and_never_html(zhang):
    words = zhang.get(FORM).one("//div[@class='form-words']")
    assert [words.find("p/strong").text, [li.text_content() for li in words.findall("ul/li")]] == [
        "如实",
        ["一", "二 <script>alert(1)</script>"],
    ]
    assert "说明 <b>" in zhang.get(FORM).one("//label[@for='answers-remark']").text_content()


def test_everything_typed_is_kept_whatever_is_wrong(zhang):
    given = {
        "answers.name": '"><b>',
        "answers.moment": "很大",
        "answers.colours": ["v1", "x"],
        "answers.size": "x",
        "answers.region": "000000",
    }
    page = zhang.submit(zhang.get(FORM), FORM, button=("action", "submit"), **given)
    assert page.status == 422
    assert page.one("//input[@name='answers.name']").get("value") == '"><b>'
    assert page.one("//input[@name='answers.moment']").get("value") == "很大"
    assert [i.get("value") for i in page.all("//input[@name='answers.colours'][@checked]")] == ["v1"]
    wrong = {a.get("href")[1:] for a in page.all("//*[@role='alert']//a")}
    assert wrong == {"answers-moment", "answers-size", "answers-colours", "answers-region", "answers-agreed"}
    assert page.one("//fieldset[@id='answers-size']").get("aria-invalid") == "true"
    assert page.one("//fieldset[@id='answers-colours']//input[@value='v1']").get("aria-invalid") == "true"


def test_conditions_are_said_in_words_or_as_they_stand(zhang):
    text = zhang.get(FORM).text
    assert "仅当 大小 为 小 时填写" in text
    assert "仅当 已填写 同意 时填写" in text
    assert "以下条件不成立：len(name) &gt; 3 or moment &lt; 5" in text


def test_a_script_learns_which_groups_and_questions_to_hide(zhang):
    def hidden(**answers):
        sent = {"csrf_token": zhang.token(), **{f"answers.{name}": value for name, value in answers.items()}}
        return zhang.client.post(f"{FORM}/hidden", data=sent).json["hidden"]

    small = ["answers-small-why", "answers-small-more"]
    assert hidden()[1:] == small
    assert hidden(size="v1") == ["answers-small-more"]
    assert hidden(size="v1", agreed="true") == []
    assert hidden(size="v1", agreed="true", name="甲乙丙丁") == ["answers-strange"]


def looking(office, zhang):
    """The address of the task that shows the survey to be edited."""
    number = zhang.submit(zhang.get(FORM), FORM, button=("action", "submit"), **GOOD).address.rpartition("/")[2]
    return number, f"/tasks/{office.tasks(number)[0].id}"


def test_another_form_is_edited_beside_the_tasks_own(office, zhang):
    """What is wrong is linked to its field there; the draft and the completion keep what was typed."""
    number, path = looking(office, zhang)
    page = zhang.get(path)
    assert page.one("//input[@name='edits.survey.name']").get("value") == "甲"
    page = zhang.submit(page, path, outcome="done", **{"edits.survey.name": "", "edits.survey.moment": "0"})
    assert page.status == 422
    assert [a.get("href") for a in page.all("//*[@role='alert']//a")] == ["#edits-survey-name", "#edits-survey-moment"]
    assert page.one("//input[@id='edits-survey-moment']").get("value") == "0"
    values = dict(page.form(path).form_values()) | {"edits.survey.name": "乙", "opinion": "半句"}
    kept = zhang.post(f"{path}/draft", values)
    assert kept.one("//input[@name='edits.survey.name']").get("value") == "乙"
    assert kept.one("//textarea[@name='opinion']").text.strip() == "半句"
    sent = {"csrf_token": zhang.token(), "edits.survey": "1", "edits.survey.size": "v0"}
    assert "edits-survey-small-why" in zhang.client.post(f"{path}/hidden", data=sent).json["hidden"]
    zhang.submit(kept, path, outcome="done", **{"edits.survey.moment": "5"})
    assert office.variables(number)["survey"]["name"] == "乙"


@pytest.mark.parametrize(
    "reference",
    ["x", "{}", "[]", "null", '{"id": 1}', '{"id": "../../x"}', '{"id": ""}', '{"id": "' + "a" * 3000 + '"}', '{"id": "abc", "size": "x"}'],
    ids=["text", "empty", "list", "null", "number", "path", "blank", "long", "unknown"],
)
def test_a_forged_reference_to_a_file_is_refused_in_words(zhang, reference):
    """Never a traceback, nor a file that is not this person's."""
    page = zhang.post("/start/new_filing", {"answers.business_licence": reference, "action": "submit"})
    assert page.status == 422
    assert page.one("//ul[@class='form-files-list'][../input[@name='answers.business_licence']]") is not None


@pytest.mark.parametrize("seen", ["", "x", "-1", "１", "99999999999999999999", "\0"], ids=["none", "text", "minus", "wide", "long", "nul"])
def test_a_revision_that_is_none_is_an_old_one(office, zhang, seen):
    page = zhang.submit(zhang.get(FORM), FORM, button=("action", "draft"), **{"answers.name": "甲"})
    assert zhang.submit(page, FORM, button=("action", "draft"), draft_seen=seen).status == 409


def test_the_form_in_english(zhang):
    zhang.client.set_cookie("language", "en")
    page = zhang.get(FORM)
    assert page.one("//h1").text_content() == "Survey"
    assert page.one("//label[@for='answers-name']").text_content().startswith("Name")
