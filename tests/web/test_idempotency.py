"""A program that retries does a thing once: the same key and request get the first answer, whatever happened meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from threading import Barrier

import pytest
from asking import Program
from office import answers_of, product_files

from registry.directory import people
from web.api.replies import REPLAYED
from web.demonstration.filing import with_papers
from web.demonstration.papers import pdf

KEY = "2f1c9a-1"


@pytest.fixture
def owner(office):
    return Program(office.runtime, "zhang", app=office.app)


@pytest.fixture
def administrator(office):
    return Program(office.runtime, "admin", app=office.app)


@pytest.fixture
def filing(office, request):
    """A filing of a machine of this test's own."""
    return {"answers": with_papers(office.runtime, office.owner, answers_of("tower_crane", serial_no=request.node.name[-40:]))}


def count(owner):
    return owner.get("/cases").json["total"]


def test_filing_twice_under_a_key_files_once(owner, filing):
    """The answer is the same to the byte, headers too."""
    before = count(owner)
    first = owner.post("/businesses/new_filing/cases", filing, key=f"{KEY}-f", expect=201)
    again = owner.post("/businesses/new_filing/cases", filing, key=f"{KEY}-f", expect=201)
    assert (again.body, again.tag, again.headers["Location"]) == (first.body, first.tag, first.headers["Location"])
    assert again.headers[REPLAYED] == "true"
    assert REPLAYED not in first.headers
    assert count(owner) == before + 1


def test_without_a_key_twice_is_twice(owner, filing):
    before = count(owner)
    draft = {"business": "new_filing", **filing}
    assert owner.post("/drafts", draft, expect=201).json["id"] != owner.post("/drafts", draft, expect=201).json["id"]
    assert count(owner) == before


def test_a_key_with_another_body_is_refused(owner):
    owner.post("/drafts", {"business": "new_filing", "answers": {}}, key=f"{KEY}-b", expect=201)
    refused = owner.post("/drafts", {"business": "new_filing", "answers": {"model": "x"}}, key=f"{KEY}-b", expect=422)
    assert refused.code == "KEY_REUSED"
    assert owner.post("/drafts?other=1", {"business": "new_filing", "answers": {}}, key=f"{KEY}-b", expect=422).code == "KEY_REUSED"


def test_a_failure_leaves_the_key_free(owner):
    owner.post("/drafts", {"business": "unknown", "answers": {}}, key=f"{KEY}-x", expect=404)
    owner.post("/drafts", {"business": "new_filing", "answers": {}}, key=f"{KEY}-x", expect=201)


def test_a_key_belongs_to_its_person(office, owner):
    other = Program(office.runtime, "wang", app=office.app)
    document = {"business": "new_filing", "answers": {}}
    mine, his = (each.post("/drafts", document, key=f"{KEY}-p", expect=201) for each in (owner, other))
    assert mine.json["id"] != his.json["id"]


@pytest.mark.parametrize("key", ["", "k" * 129, "a\u00e9"], ids=["empty", "long", "latin"])
def test_an_unusable_key_is_refused(owner, key):
    refused = owner.post("/drafts", {"business": "new_filing", "answers": {}}, key=key, expect=422)
    assert [f["field"] for f in refused.json["fields"]] == ["Idempotency-Key"]


def test_a_completed_task_is_completed_once(office, owner, filing):
    """A retry whose ETag is stale by its own first success gets that success, not a conflict."""
    number = owner.post("/businesses/new_filing/cases", filing, expect=201).json["number"]
    reviewer = Program(office.runtime, "li.150100", app=office.app)
    office.until(lambda: "review" in office.waiting(number))
    [waiting] = reviewer.get(f"/tasks?number={number}").json
    task = reviewer.get(f"/tasks/{waiting['task']['id']}")
    said = {"outcome": "reject", "opinion": "请更正出厂编号"}
    path = f"/tasks/{task.json['id']}/completion"
    first = reviewer.post(path, said, match=task.tag, key=f"{KEY}-c", expect=200)
    assert reviewer.post(path, said, match=task.tag, key=f"{KEY}-c", expect=200).body == first.body
    assert reviewer.post(path, said, match=task.tag, expect=412).json["who"] == "李慧敏"


def test_a_file_sent_twice_is_stored_once(owner):
    """In a form, whose boundary differs each time, and as the body itself."""
    for key, more in (("m", {}), ("r", {"raw": True})):
        sent = [_upload(owner, f"{KEY}-{key}", **more) for _ in range(2)]
        assert sent[0].json == sent[1].json
    assert _upload(owner, f"{KEY}-m", content=pdf("another"), expect=422).code == "KEY_REUSED"


def _upload(owner, key, *, raw=False, content=None, expect=201):
    content = content or pdf("licence")
    if raw:
        return owner.ask("POST", "/attachments?name=a.pdf", data=content, content_type="application/octet-stream", key=key, expect=expect)
    form = {"file": (BytesIO(content), "a.pdf")}
    return owner.ask("POST", "/attachments", data=form, content_type="multipart/form-data", key=key, expect=expect)


def test_deploying_twice_under_a_key_is_one_deployment(administrator):
    def deploy(files):
        form = {"files": [(BytesIO(data), name) for name, data in files]}
        return administrator.ask("POST", "/deployments", data=form, content_type="multipart/form-data", key=f"{KEY}-d")

    first, again, other = deploy(product_files()), deploy(product_files()), deploy(product_files()[:1])
    assert first.status == 200
    assert again.body == first.body
    assert again.headers[REPLAYED] == "true"
    assert other.code == "KEY_REUSED"


def test_several_completions_under_a_key_get_the_first_answer(office, owner, filing):
    number = owner.post("/businesses/new_filing/cases", filing, expect=201).json["number"]
    reviewer = Program(office.runtime, "li.150100", app=office.app)
    office.to_the_button(number)
    [row] = reviewer.get("/cases?todo=true&keyword=" + number).json["rows"]
    wanted = {"tasks": [{"id": row["task"]["id"], "revision": row["task"]["revision"]}], "outcome": "push"}
    first = reviewer.post("/completions", wanted, key=f"{KEY}-m", expect=200)
    assert [done["failure"] for done in first.json] == [None]
    assert reviewer.post("/completions", wanted, key=f"{KEY}-m", expect=200).body == first.body
    assert [done["failure"]["code"] for done in reviewer.post("/completions", wanted, expect=200).json] == ["CONFLICT"]


def test_keys_are_forgotten_after_a_week(office, owner):
    document = {"business": "new_filing", "answers": {}}
    first = owner.post("/drafts", document, key=f"{KEY}-w", expect=201)
    office.clock.advance(timedelta(days=7, seconds=1))
    assert owner.post("/drafts", document, key=f"{KEY}-w", expect=201).json["id"] != first.json["id"]


def test_many_at_once_do_it_once(office, administrator):
    """Whoever comes while the first is at work is told so, or waits; nobody does it again."""
    together = Barrier(4)
    programs = [Program(office.runtime, "admin", app=office.app) for _ in range(4)]
    document = {"login": "ma.together", "display_name": "马同", "unit": "system"}

    def add(program):
        together.wait()
        return program.post("/users", document, key=f"{KEY}-t")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(add, programs))
    assert {answer.code or answer.status for answer in answers} <= {201, "IN_FLIGHT"}
    assert len({answer.body for answer in answers if answer.status == 201}) == 1
    with office.runtime.reading() as uow:
        assert [user.login for user in people(uow.connection, containing="ma.together")] == ["ma.together"]
