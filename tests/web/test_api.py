"""The interface for programs: what the pages can do, by HTTP requests alone."""

import os
import re
import shutil
import subprocess

import pytest
from asking import Program, token_of
from office import ROOT, Office, answers_of, furnished

from web.app import create_app
from web.demonstration.filing import PAPERS
from web.demonstration.papers import pdf
from web.server import serving


@pytest.fixture
def office(new_address, clock, tmp_path):
    with Office(new_address(furnished), tmp_path, clock) as opened:
        yield opened


def my_task(program, number, element):
    """The first task of this kind in the case, with its ETag; None while there is none."""
    found = program.get(f"/tasks?number={number}&element={element}").json
    return program.get(f"/tasks/{found[0]['task']['id']}") if found else None


def complete(program, task, **given):
    return program.post(f"/tasks/{task.json['id']}/completion", given, match=task.tag, expect=200)


def test_a_filing_from_upload_to_verification_by_api_only(office):
    """Filed with attachments, rejected with an opinion, corrected, approved, sealed, 归集, verified: HTTP requests against a real server."""
    with serving(create_app(office.runtime)) as base:
        owner, reviewer = (Program(office.runtime, login, base=base) for login in ("zhang", "li.150100"))
        [business] = [b for b in owner.get("/businesses").json if b["business"] == "new_filing"]
        assert business["may_start"]
        assert "manufacturer" in business["form"]["properties"]

        answers = answers_of("tower_crane")
        for paper, title in PAPERS.items():
            sent = owner.ask("POST", "/attachments", files={"file": (f"{paper}.pdf", pdf(title))}, expect=201)
            answers[paper] = [{"id": sent.json["id"]}]
        filed = owner.post("/businesses/new_filing/cases", {"answers": answers}, key="filing-1", expect=201)
        number, where = filed.json["number"], filed.headers["Location"]

        office.until(lambda: my_task(reviewer, number, "review"))
        task = my_task(reviewer, number, "review")
        refused = reviewer.post(f"/tasks/{task.json['id']}/completion", {"outcome": "reject"}, match=task.tag, expect=422)
        assert [f["field"] for f in refused.json["fields"]] == ["opinion"]
        complete(reviewer, task, outcome="reject", opinion="出厂编号与合格证不一致")

        office.until(lambda: my_task(owner, number, "correct"))
        variables = owner.get(where).json["variables"]
        assert variables["review"]["opinion"] == "出厂编号与合格证不一致"
        complete(owner, my_task(owner, number, "correct"), answers={**answers, "serial_no": "QTZ80-2024-0099"})

        office.until(lambda: my_task(reviewer, number, "review"))
        complete(reviewer, my_task(reviewer, number, "review"), outcome="approve")
        office.until(lambda: my_task(reviewer, number, "aggregate_button"))
        [row] = reviewer.get("/cases?todo=true").json["rows"]
        assert row["outcomes"][0]["code"] == "push"
        waiting = {"id": row["task"]["id"], "revision": row["task"]["revision"]}
        [done] = reviewer.post("/completions", {"tasks": [waiting], "outcome": "push"}, expect=200).json
        assert done["failure"] is None

        office.until(lambda: owner.get(where).json["state"] == "ended")
        case = owner.get(where).json
        assert case["status"] == "已归集"
        assert case["certificate"]["aggregated_at"]
        certificate = case["certificate"]
        assert owner.get(f"/certificates/{certificate['number']}/file").body.startswith(b"PK")
        found = Program(office.runtime, base=base).get(f"/certificates/verification/{certificate['verification_code']}").json
        assert found["in_force"]
        assert found["number"] == certificate["number"]
        opinions = [e["opinion"] for e in owner.get(f"{where}/timeline").json if e["opinion"]]
        assert opinions == ["出厂编号与合格证不一致"]


@pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl", "jq"))), reason="the documented commands need bash, curl and jq")
def test_the_documented_filing_runs_as_it_stands(office, tmp_path):
    """docs/api.md, its commands in order, while the product works."""
    commands = "".join(re.findall(r"```bash\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.DOTALL))
    file = tmp_path / "certificate.ofd"
    with serving(create_app(office.runtime)) as base:
        tokens = {"OWNER": token_of(office.runtime, "zhang"), "REVIEWER": token_of(office.runtime, "li.150100")}
        given = {"PATH": os.environ["PATH"], "CRANE": base, "DOWNLOAD": str(file), **tokens}
        script = subprocess.Popen(["bash", "-euo", "pipefail", "-c", commands], cwd=ROOT, env=given, stdout=-1, stderr=-1, text=True)
        with script:
            office.until(lambda: script.poll() is not None)
            said, trouble = script.stdout.read().splitlines(), script.stderr.read()
    assert script.returncode == 0, trouble
    assert said[-2:] == ["已归集", "true"]
    assert "出厂编号与产品合格证不一致" in said
    assert file.read_bytes().startswith(b"PK")
