"""What holds for every operation of the interface: problems in words with stable codes, ETags, tokens, and who may do what to whom."""

from io import BytesIO

import pytest
from asking import PREFIX, Program
from kept import browser, in_trouble

from registry.users import add_user, grant, revoke
from web.api.replies import tag
from web.demonstration.papers import pdf
from web.server import serving

AUTHORITY = "11150100MB0000001L"


LOGINS = ("zhang", "wang", "li.150100", "chen.150000", "operator", "admin")


def prepare(office):
    """A filing has ended, another one waits for its review."""
    office.done = office.file()
    office.to_the_button(office.done)
    office.push(office.done)
    office.reviewed = office.file(serial_no="REVIEWED")
    office.until(lambda: "review" in office.waiting(office.reviewed))
    office.people = {login: Program(office.runtime, login, app=office.app) for login in LOGINS}


@pytest.fixture
def as_(office):
    """A function: the program of this person."""
    return office.people.__getitem__


@pytest.fixture
def filed(office):
    """A filing of this test's own that waits for its review."""
    number = office.file(serial_no=f"OWN-{len(office.people['zhang'].get('/cases?limit=200').json['rows'])}")
    office.until(lambda: "review" in office.waiting(number))
    return number


@pytest.fixture
def review(as_, filed):
    """Its review, read by the reviewer."""
    [found] = as_("li.150100").get(f"/tasks?number={filed}").json
    return as_("li.150100").get(f"/tasks/{found['task']['id']}")


# problems


def test_a_problem_is_told_in_both_languages_with_a_stable_code(as_):
    told = as_("zhang").get("/cases/none", expect=404)
    assert told.headers["Content-Type"] == "application/problem+json"
    assert told.json["code"] == "NOT_FOUND"
    assert told.json["status"] == 404
    assert told.json["message"]["zh"].startswith("案件 none")
    assert told.json["remedy"]["en"]


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "NOT_FOUND"),
        ("DELETE", "/cases", {}, 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/drafts", {"data": b"{", "content_type": "application/json"}, 400, "MALFORMED_JSON"),
        ("POST", "/drafts", {"data": b"[" * 100_000, "content_type": "application/json"}, 400, "MALFORMED_JSON"),
        ("POST", "/drafts", {"data": b'{"business": "\\ud800"}', "content_type": "application/json"}, 400, "MALFORMED_JSON"),
        ("POST", "/drafts", {"data": b"a=1", "content_type": "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", "/drafts", {"json": []}, 422, "INVALID"),
        ("POST", "/attachments", {"data": b"x", "content_type": "application/pdf"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", "/attachments?name=a.exe", {"data": b"MZ", "content_type": "application/octet-stream"}, 422, "ATTACHMENT_NOT_ALLOWED"),
        ("GET", "/cases?limit=0", {}, 422, "INVALID"),
        ("GET", "/cases?answer=x", {}, 422, "INVALID"),
    ],
    ids=["path", "method", "json", "depth", "surrogate", "form", "list", "media", "kind", "limit", "answer"],
)
def test_what_cannot_be_served_is_a_problem(as_, method, path, more, status, code):
    assert as_("zhang").ask(method, path, expect=status, **more).code == code


def test_a_wrong_method_is_told_the_right_ones(as_):
    assert set(as_("zhang").delete("/cases", expect=405).headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_every_wrong_field_is_told_at_once(as_):
    told = as_("zhang").post("/drafts", {"business": 1, "answers": [], "more": True}, expect=422).json
    assert {f["field"]: f["message"]["zh"] for f in told["fields"]} == {
        "business": "应为文本。",
        "answers": "应为 JSON 对象。",
        "more": "没有这个字段。",
    }


def test_wrong_answers_of_a_form_are_told_as_the_form_tells_them(as_):
    told = as_("zhang").post("/businesses/new_filing/cases", {"answers": {"owner_code": "x", "model": ""}}, expect=422).json
    assert {"owner_code", "model", "manufacturer"} <= {f["field"] for f in told["fields"]}


def test_too_large_a_body_is_refused(office, as_):
    told = as_("zhang").ask("POST", "/drafts", data=b"x" * (64 * 1024 * 1024 + 1), content_type="application/json", expect=413)
    assert told.code == "TOO_LARGE"


# tokens


def test_nobody_gets_in_without_a_token(office):
    told = Program(office.runtime, app=office.app).get("/cases", expect=401)
    assert told.headers["WWW-Authenticate"].startswith("Bearer")
    assert told.code == "NOT_SIGNED_IN"


def test_the_token_says_for_whom_it_acts(as_):
    account = as_("zhang").get("/account").json
    assert (account["login"], account["display_name"]) == ("zhang", "张建国")
    assert account["grants"] == [{"role": "applicant", "party": "owner:91150100MA0MJ0001U"}]


def test_the_document_is_open_to_all(office):
    document = Program(office.runtime, app=office.app).get("/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert document["security"] == [{"bearer": []}]
    assert document["paths"][f"{PREFIX}/certificates/verification/{{code}}"]["get"]["security"] == []


def test_a_browsers_cookie_says_nothing_here(office):
    """So no page of somebody else can act through it, and no token against forgery is needed."""
    assert browser(office, "zhang").client.get("/api/v1/cases").status_code == 401


# revisions


def test_reading_again_what_has_not_changed_is_a_304(as_, filed, review):
    for program, path in ((as_("zhang"), f"/cases/{filed}"), (as_("li.150100"), f"/tasks/{review.json['id']}")):
        read = program.get(path)
        again = program.get(path, headers={"If-None-Match": read.tag}, expect=304)
        assert (again.body, again.tag) == (b"", read.tag)
        assert "Authorization" in again.headers["Vary"]


def test_a_change_is_read_anew(as_, filed, review):
    before = as_("zhang").get(f"/cases/{filed}")
    as_("li.150100").put(f"/tasks/{review.json['id']}/claim", match=review.tag, expect=200)
    after = as_("zhang").get(f"/cases/{filed}", headers={"If-None-Match": before.tag})
    assert [t["claimed_name"] for t in after.json["tasks"] if t["state"] == "open"] == ["李慧敏"]


def test_what_changes_without_the_case_is_read_anew(office, as_, filed):
    """Who gets more rights reads more; the revision, which is that of the case, still stands in the tag for changing it."""
    above = "authority:11150000MB0000000C"
    with office.runtime.transaction() as uow:
        add_user(uow.connection, "reader", "旁观者", above, uow.now)
        grant(uow.connection, "reader", "supervisor", above, uow.now)
    before = Program(office.runtime, "reader", app=office.app).get(f"/cases/{filed}")
    with office.runtime.transaction() as uow:
        grant(uow.connection, "reader", "reviewer", "authority:11150100MB0000001L", uow.now)
    after = Program(office.runtime, "reader", app=office.app).get(f"/cases/{filed}", headers={"If-None-Match": before.tag})
    assert ["legal_phone" in read.json["variables"]["apply"] for read in (before, after)] == [False, True]
    assert before.tag.split("-")[0] == after.tag.split("-")[0]
    with office.runtime.transaction() as uow:
        revoke(uow.connection, "reader", "reviewer", "authority:11150100MB0000001L")


@pytest.mark.parametrize("element", ["completion", "claim", "draft", "delegation"])
def test_a_change_names_the_revision_that_was_seen(as_, review, element):
    """428 without it, 400 for what is none, 412 for an older one."""
    ask, bodies = as_("li.150100").ask, {"completion": {"outcome": "approve"}, "draft": {"answers": {}}, "delegation": {"to": "li.150100"}}
    method, path = "PUT" if element in ("claim", "draft") else "POST", f"/tasks/{review.json['id']}/{element}"
    more = {"json": bodies[element]} if element in bodies else {}
    assert ask(method, path, expect=428, **more).code == "IF_MATCH_REQUIRED"
    assert ask(method, path, expect=400, match="*", **more).code == "IF_MATCH_MALFORMED"
    assert ask(method, path, expect=412, match=tag(review.json["revision"] + 1), **more).code == "PRECONDITION_FAILED"


def test_the_slower_one_is_told_who_was_faster_and_when(office, as_, review):
    path = f"/tasks/{review.json['id']}/completion"
    as_("li.150100").post(path, {"outcome": "reject", "opinion": "更正"}, match=review.tag, expect=200)
    told = as_("li.150100").post(path, {"outcome": "approve"}, match=review.tag, expect=412).json
    assert told["who"] == "李慧敏"
    assert told["when"] == office.clock.now().isoformat()


def test_a_claim_is_kept_handed_on_and_given_back(office, as_, review):
    ask, path = as_("li.150100"), f"/tasks/{review.json['id']}"
    claimed = ask.put(f"{path}/claim", match=review.tag, expect=200)
    assert claimed.json["claimed_by"] == "li.150100"
    drafted = ask.put(f"{path}/draft", {"answers": {"legal_ground": "x"}}, match=claimed.tag, expect=200)
    assert ask.get(path).json["draft"] == {"legal_ground": "x"}
    told = ask.post(f"{path}/delegation", {"to": "zhang"}, match=drafted.tag, expect=403)
    assert ask.post(f"{path}/delegation", {"to": "nobody"}, match=drafted.tag, expect=403).json["detail"] == told.json["detail"]
    assert as_("wang").post(f"{path}/delegation", {"to": "nobody"}, match=drafted.tag, expect=404).code == "NOT_FOUND"
    assert told.code == "NOT_ALLOWED"
    assert as_("admin").post(f"{path}/unassignment", {"reason": " "}, match=drafted.tag, expect=422).code == "INVALID"
    freed = as_("admin").post(f"{path}/unassignment", {"reason": "调离"}, match=drafted.tag, expect=200)
    again = ask.put(f"{path}/claim", match=freed.tag, expect=200)
    assert ask.delete(f"{path}/claim", match=again.tag, expect=200).json["claimed_by"] is None
    assert ask.get(f"{path}/colleagues").json == []


# what a person does to a case


def test_an_operator_suspends_resumes_and_cancels(as_, filed):
    operator = as_("operator")
    state = operator.get(f"/cases/{filed}")
    for empty in ({}, {"reason": ""}, {"reason": " "}):
        assert operator.post(f"/cases/{filed}/suspension", empty, match=state.tag, expect=422).code == "INVALID"
    for act, expected in (("suspension", "suspended"), ("resumption", "running"), ("cancellation", "cancelled")):
        assert as_("zhang").post(f"/cases/{filed}/{act}", {"reason": "核查"}, match=state.tag, expect=403).code == "NOT_ALLOWED"
        state = operator.post(f"/cases/{filed}/{act}", {"reason": "核查"}, match=state.tag, expect=200)
        assert state.json["state"] == expected
    assert [e["opinion"] for e in operator.get(f"/cases/{filed}/timeline").json[-3:]] == ["核查"] * 3


def test_an_owner_withdraws_as_he_saw_it(as_, filed):
    owner = as_("zhang")
    told = owner.post(f"/cases/{filed}/withdrawal", {"reason": "重报"}, match='"1"', expect=412).json
    assert told["who"]
    read = owner.get(f"/cases/{filed}")
    assert owner.post(f"/cases/{filed}/withdrawal", {"reason": "重报"}, match=read.tag, expect=200).json["status"] == "已撤回"


def test_telephone_numbers_are_for_those_who_work_on_the_case(office, as_):
    told = {login: as_(login).get(f"/cases/{office.done}").json["variables"]["apply"] for login in ("zhang", "li.150100", "chen.150000")}
    assert told["zhang"]["legal_phone"] == told["li.150100"]["legal_phone"] == "13800000001"
    assert not {"legal_phone", "contact_phone"} & told["chen.150000"].keys()
    assert told["chen.150000"]["model"]


def test_where_a_case_stands_in_its_diagram(office, as_):
    drawings = as_("zhang").get(f"/cases/{office.reviewed}/diagram").json
    states = {place["element"]: place["state"] for place in drawings[0]["places"]}
    assert states["review"] == "waiting"
    file = as_("zhang").get(f"/cases/{office.reviewed}/diagram/{drawings[0]['process']}.bpmn")
    assert b"bpmn:process" in file.body
    as_("wang").get(f"/cases/{office.reviewed}/diagram/{drawings[0]['process']}.bpmn", expect=404)


def test_the_push_log_is_not_for_owners(office, as_):
    assert as_("zhang").get(f"/cases/{office.done}/exchanges", expect=403).code == "NOT_ALLOWED"
    calls = as_("li.150100").get(f"/cases/{office.done}/exchanges").json
    assert {call["outcome"] for call in calls} <= {"accepted", "warned"}
    assert {call["platform"] for call in calls} == {"national", "provincial"}


def test_a_file_keeps_its_chinese_name(office, as_):
    """Over a real server: headers are Latin-1 there."""
    form = {"file": (BytesIO(pdf("licence")), "营业执照.pdf")}
    made = as_("zhang").ask("POST", "/attachments", data=form, content_type="multipart/form-data", expect=201)
    with serving(office.app) as base:
        got = Program(office.runtime, "zhang", base=base).get(made.headers["Location"])
    assert "filename*=UTF-8''%E8%90%A5%E4%B8%9A%E6%89%A7%E7%85%A7.pdf" in got.headers["Content-Disposition"]
    assert got.body == pdf("licence")
    as_("wang").get(made.headers["Location"], expect=404)


# drafts


def test_a_draft_is_kept_changed_submitted_or_discarded(office, as_):
    owner = as_("zhang")
    made = owner.post("/drafts", {"business": "new_filing", "answers": {"model": "QTZ80"}}, expect=201)
    where = made.headers["Location"]
    owner.put(where, {"answers": {}}, match='"9"', expect=412)
    changed = owner.put(where, {"answers": {"model": "QTZ63"}}, match=made.tag, expect=200)
    assert owner.get(where).json["answers"] == {"model": "QTZ63"}
    assert owner.get(where, headers={"If-None-Match": changed.tag}, expect=304).body == b""
    assert made.json["id"] in [each["id"] for each in owner.get("/drafts").json]
    as_("wang").get(where, expect=404)
    assert owner.delete(where, expect=204).body == b""
    owner.get(where, expect=404)


# the installation


def test_an_administrator_enters_an_authority_and_has_it_checked(as_):
    administrator = as_("admin")
    [known] = [a for a in as_("zhang").get("/authorities").json if a["code"] == AUTHORITY]
    assert all(each["ok"] for each in known["preconditions"])
    facts = {name: value for name, value in known.items() if name not in ("code", "preconditions")}
    told = administrator.put(f"/authorities/{AUTHORITY}", {**facts, "region": "1"}, expect=422).json
    assert [f["field"] for f in told["fields"]] == ["region"]
    changed = administrator.put(f"/authorities/{AUTHORITY}", {**facts, "has_seal": False}, expect=200).json
    assert [each["key"] for each in changed["preconditions"] if not each["ok"]] == ["seal"]
    checked = administrator.post(f"/authorities/{AUTHORITY}/check", expect=200).json
    assert (checked["known"], checked["changed"]) == (True, True)
    assert administrator.post("/authorities", {"code": AUTHORITY, **facts}, expect=409).code == "AUTHORITY_EXISTS"


def test_a_platform_in_trouble_is_a_502(office, as_):
    office.misbehave("provincial", "http-503")
    assert as_("admin").post(f"/authorities/{AUTHORITY}/check", expect=502).code == "REMOTE_TRANSIENT"


def test_an_administrator_lets_people_in_and_out(as_):
    administrator = as_("admin")
    made = administrator.post("/users", {"login": "he", "display_name": "何", "unit": "system"}, expect=201)
    path = made.headers["Location"]
    operator = {"role": "operator", "party": "system"}
    assert administrator.post(f"{path}/grants", operator, expect=200).json == {"changed": True}
    assert administrator.get(path).json["grants"] == [operator]
    assert administrator.delete(f"{path}/grants?role=operator&party=system", expect=200).json == {"changed": True}
    assert administrator.put(f"{path}/disabled", {"disabled": True}, expect=200).json == {"changed": True}
    assert administrator.put(f"{path}/disabled", {"disabled": True}, expect=200).json == {"changed": False}
    assert administrator.get("/users?containing=he&limit=1").json[0]["login"]
    administrator.put(f"{path}/password", {"password": "short"}, expect=422)
    assert administrator.put(f"{path}/password", {"password": "a long enough one"}, expect=200).json == {"changed": True}


def test_a_lane_gets_its_role(as_):
    lane = {"role": "reviewer", "party": "authority"}
    assert as_("admin").put("/lanes/会审", lane, expect=200).json == {"changed": True}
    assert as_("admin").put("/lanes/会审", lane, expect=200).json == {"changed": False}
    assert {"name": "会审", **lane} in as_("admin").get("/lanes").json


def test_findings_of_a_faulty_diagram_are_told(as_):
    def send(path, name, data):
        return as_("admin").ask("POST", path, data={"files": [(BytesIO(data), name)]}, content_type="multipart/form-data")

    found = send("/lint", "broken.bpmn", b"<x/>")
    assert found.status == 200
    assert found.json[0]["severity"] == "error"
    refused = send("/deployments", "broken.bpmn", b"<x/>")
    assert (refused.status, refused.code) == (422, "DIAGRAM_REFUSED")
    assert refused.json["findings"] == found.json


def test_an_auditor_reads_and_verifies_the_trail(office, as_):
    auditor = as_("admin")
    assert "deployments" in {each["stream"] for each in auditor.get("/trail").json}
    entries = auditor.get(f"/trail/entries?stream=case:{office.done}&limit=2").json
    assert [e["seq"] for e in entries] == sorted((e["seq"] for e in entries), reverse=True)
    assert auditor.get("/trail/verification").json["breaches"] == []


def test_statistics_are_of_the_cases_that_one_may_see(office, as_):
    rows = as_("li.150100").get("/statistics").json
    assert {row["authority"] for row in rows} == {f"authority:{AUTHORITY}"}
    assert sum(row["number"] for row in rows if row["status"] == "已归集") == 1


def test_an_incident_is_told_and_settled(office, as_):
    operator = as_("operator")
    number = office.file(serial_no="INCIDENT")
    [incident_id] = in_trouble(office, number)
    [found] = [i for i in operator.get("/incidents").json if i["number"] == number]
    assert found["id"] == incident_id
    told = operator.get(f"/incidents/{found['id']}").json
    assert told["job"]["state"] == "incident"
    assert number in [job["number"] for job in operator.get("/jobs?state=incident").json]
    operator.post(f"/incidents/{found['id']}/retry", {"reason": "平台已恢复"}, expect=200)
    assert operator.post(f"/incidents/{found['id']}/retry", {"reason": "又一次"}, expect=409).code == "WRONG_STATE"
    office.until(lambda: "review" in office.waiting(number))


# cost


@pytest.mark.parametrize(
    ("login", "path", "most"),
    [
        ("zhang", "/businesses", 12),
        ("li.150100", "/cases?limit=200", 16),
        ("li.150100", "/cases?todo=true", 16),
        ("zhang", "/cases/{number}", 14),
        ("zhang", "/cases/{number}/timeline", 10),
        ("zhang", "/cases/{number}/diagram", 14),
        ("li.150100", "/tasks", 8),
        ("zhang", "/authorities", 6),
        ("operator", "/incidents", 8),
        ("operator", "/jobs", 8),
        ("admin", "/users", 8),
        ("admin", "/deployments", 10),
        ("admin", "/trail", 6),
        ("li.150100", "/statistics", 8),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("/") else None,
)
def test_the_sql_statements_of_a_read_are_few(office, as_, statements, login, path, most):
    """Bounded whatever the number of rows: the token's, the transactions' own and the query's."""
    path = path.format(number=office.done)
    as_(login).get(path)
    with statements(office.runtime) as sent:
        as_(login).get(path)
    assert len(sent) <= most, "\n".join(sent)
