"""Deploying: what is refused, what changes, what running cases keep, and what several analysts do at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from counter import APPLY, REVIEW, REVIEWED, one_task
from diagrams import bpmn, call, chain, end, exclusive, flow, rule, start, user
from sqlalchemy import text
from workbench import ANALYST, OWNER, Workbench, form

from workflow_runtime import deployment, queries
from workflow_runtime.audit import entries_of
from workflow_runtime.bundles import BundleUnreadable
from workflow_runtime.errors import DiagramRefused, Invalid, NotAllowed, NotFound
from workflow_runtime.forms import FormRules
from workflow_runtime.migration.rehearsal import rehearse

TWO_TABLES = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">{}</definitions>"""
TABLE = """<decision id="{0}" name="{0}"><decisionTable hitPolicy="FIRST"><input id="i{0}"><inputExpression><text>apply.model</text></inputExpression></input>
<output id="o{0}" name="years"/><rule id="r{0}"><inputEntry><text>-</text></inputEntry><outputEntry><text>{1}</text></outputEntry></rule></decisionTable></decision>"""


def tables(**years):
    return TWO_TABLES.format("".join(TABLE.format(name, value) for name, value in years.items())).encode()


def inner(*names, id="inner"):  # noqa: A002 BPMN's own word
    """A process to be called: one task after the other."""
    return bpmn(start(), *(user(name, "发证机关") for name in names), end(), chain("start", *names, "end"), id=id)


def caller(business, *called):
    return bpmn(
        start(form="apply"),
        *(call(f"call_{c}", c) for c in called),
        end(),
        chain("start", *(f"call_{c}" for c in called), "end"),
        id=business,
    )


def refusal(bench, *files):
    with pytest.raises(DiagramRefused) as refused:
        bench.deploy(*files)
    return refused.value.findings


def entries(bench):
    with bench.runtime.reading() as uow:
        return entries_of(uow.audit_rows, deployment.STREAM)


def changed(done):
    return {b.business for b in done.businesses if b.changed}


def test_a_case_stays_on_its_bundle(bench):
    """A new deployment is for new cases; also in a process that has never opened the old bundle."""
    bench.deploy(one_task(), APPLY)
    old = bench.start(answers={"model": "x"})
    bench.deploy(
        bpmn(start(form="apply"), user("other", "发证机关"), user("more", "发证机关"), end(), chain("start", "other", "more", "end"))
    )
    new = bench.start(answers={"model": "x"})
    fresh = bench.again()
    assert (fresh.waiting(old), fresh.waiting(new)) == (["task"], ["other"])
    assert fresh.complete(old, "task").state == "ended"
    assert fresh.complete(new, "other").state == "running"


def test_a_form_changes_for_new_cases_only(bench):
    """The old case is asked the old questions."""
    bench.deploy(REVIEWED, APPLY, REVIEW)
    old = bench.start(answers={"model": "x"})
    assert changed(bench.deploy(form("review", "remark!", "extra"))) == {"business"}
    assert bench.complete(old, "review", outcome="approve").state == "ended"


def test_a_faulty_diagram_is_refused_and_the_old_one_goes_on(bench):
    """Every finding names file, element and line; nothing of the deployment is kept, also not its good files."""
    bench.deploy(one_task(), APPLY)
    faulty = bpmn(
        start(form="apply"), user("task", "发证机关", form="nothing"), user("lost", "无此泳道"), end(), chain("start", "task", "end")
    )
    findings = refusal(bench, ("faulty.bpmn", faulty), form("apply", "other!"))
    where = {(f.file, f.element) for f in findings}
    assert ("faulty.bpmn", "task") in where
    assert all(f.line > 0 for f in findings if f.element == "task")
    case = bench.start(answers={"model": "x"})
    assert bench.complete(case, "task").state == "ended"


@pytest.mark.parametrize(
    "file", [("x.bpmn", b""), ("x.bpmn", b"<a"), ("x.form", b"{"), ("x.dmn", b"\xff"), ("x.py", b"print()"), ("x", b"")]
)
def test_files_that_are_none_of_ours(bench, file):
    """Broken or foreign files are findings, not tracebacks."""
    assert {f.file for f in refusal(bench, file)} == {file[0]}


def test_the_same_content_changes_nothing(bench):
    """No new bundle, no entry in the audit, whoever deploys it under whatever file name."""
    first = bench.deploy(one_task(), APPLY)
    assert changed(first) == {"business"}
    again = bench.deploy(("renamed.bpmn", one_task()), APPLY)
    assert changed(again) == set()
    assert [b.bundle_id for b in again.businesses] == [b.bundle_id for b in first.businesses]
    assert [(e.actor, e.action, e.subject) for e in entries(bench)] == [("zheng", "deployed", "business")]


def test_one_file_is_deployed_over_what_is_there(bench):
    """Calls, tables and forms of the new file are found among those deployed before."""
    bench.deploy(("inner.bpmn", inner("task")), APPLY, ("life.dmn", tables(life=20)))
    bench.deploy(bpmn(start(form="apply"), rule("d", "life"), call("c", "inner"), end(), chain("start", "d", "c", "end")))
    case = bench.start(answers={"model": "x"})
    assert bench.waiting(case) == ["task"]
    assert bench.variables(case)["life"] == {"years": 20}


def test_files_of_one_name_are_kept_apart(bench):
    """Two people may each have a `tables.dmn`: a bundle holds both."""
    drawn = bpmn(start(form="apply"), rule("a", "life"), rule("b", "term"), end(), chain("start", "a", "b", "end"))
    bench.deploy(drawn, APPLY, ("tables.dmn", tables(life=20)), ("tables.dmn", tables(term=5)))
    case = bench.again().start(answers={"model": "x"})
    assert (bench.variables(case)["life"], bench.variables(case)["term"]) == ({"years": 20}, {"years": 5})


def test_one_file_name_for_two_processes_is_refused(bench):
    """What a file of this name defines would be doubtful."""
    bench.deploy(("process.bpmn", inner("task")), APPLY)
    assert "SEVERAL_PROCESSES" in {f.code for f in refusal(bench, ("process.bpmn", caller("business", "inner")))}


def test_nothing_disappears_silently(bench):
    """A file that replaces one of two tables of another file is refused; the same file without one of them is a warning."""
    bench.deploy(("tables.dmn", tables(life=20, term=5)), APPLY)
    assert [(f.code, f.element) for f in refusal(bench, ("life.dmn", tables(life=21)))] == [("LEFT_OUT", "term")]
    done = bench.deploy(("tables.dmn", tables(life=21)))
    assert [(f.code, f.element, f.severity) for f in done.warnings] == [("LEFT_OUT", "term", "warning")]


def test_a_called_process_that_changes_gives_all_its_callers_a_new_bundle(bench):
    """Also those that call it through another one; not the rest."""
    files = [caller("one", "inner"), caller("two", "middle"), one_task(business="three"), inner("task")]
    middle = bpmn(start(), call("c", "inner"), end(), chain("start", "c", "end"), id="middle")
    bench.deploy(*files, middle, APPLY)
    old = bench.start("two", answers={"model": "x"})
    assert changed(bench.deploy(("inner.bpmn", inner("task", "second")))) == {"one", "two"}
    new = bench.start("two", answers={"model": "x"})
    assert bench.complete(old, "task").state == "ended"
    assert bench.complete(new, "task").state == "running"


def test_a_process_that_owners_start_no_longer(bench):
    """Without the form at its start it is a process to be called, and leaves the list of businesses."""
    bench.deploy(one_task(), APPLY)
    with bench.runtime.reading() as uow:
        assert rehearse(uow, ANALYST, [("business.bpmn", one_task(form=None))]).retired == ("business",)
        assert rehearse(uow, ANALYST, [("business.bpmn", one_task())]).retired == ()
    bench.deploy(one_task(form=None))
    with bench.runtime.reading() as uow:
        assert [d.startable for d in uow.library.deployed()] == [False]
        assert queries.businesses(uow) == []
    with pytest.raises(NotFound):
        bench.start(answers={"model": "x"})
    assert entries(bench)[-1].details["retired"] == ["business"]
    assert changed(bench.deploy(one_task())) == {"business"}
    assert bench.start(answers={"model": "x"}).state == "running"


def test_a_form_in_another_file(bench):
    """The key counts, not the file's name."""
    bench.deploy(one_task(), APPLY)
    name, content = form("apply", "other!")
    assert changed(bench.deploy((f"forms/{name}", content))) == {"business"}
    assert bench.start(answers={"other": "x"}).state == "running"


def test_a_file_with_two_tables(bench):
    """Both are found; a new version that has only one of them and is still needed for both is refused."""
    drawn = bpmn(start(form="apply"), rule("a", "life"), rule("b", "term"), end(), chain("start", "a", "b", "end"))
    bench.deploy(drawn, APPLY, ("tables.dmn", tables(life=20, term=5)))
    case = bench.start(answers={"model": "x"})
    assert (bench.variables(case)["life"], bench.variables(case)["term"]) == ({"years": 20}, {"years": 5})
    assert refusal(bench, ("tables.dmn", tables(term=6)))
    bench.deploy(("term.dmn", tables(term=6)), ("life.dmn", tables(life=21)))
    case = bench.start(answers={"model": "x"})
    assert (bench.variables(case)["life"], bench.variables(case)["term"]) == ({"years": 21}, {"years": 6})
    with bench.runtime.reading() as uow:
        assert sorted(name for name, _ in uow.library.files().values() if name.endswith(".dmn")) == ["life.dmn", "term.dmn"]


def test_one_thing_defined_twice_in_a_deployment(bench):
    """Neither wins."""
    assert "DEFINED_TWICE" in {f.code for f in refusal(bench, ("a.bpmn", one_task()), ("b.bpmn", one_task()), APPLY)}


def test_only_analysts_deploy(bench):
    """Looking for findings is free, deploying is not."""
    with pytest.raises(NotAllowed):
        bench.deploy(one_task(), APPLY, actor=OWNER)
    with bench.runtime.reading() as uow:
        found = deployment.lint(uow, [("a.bpmn", one_task()), APPLY])
        assert [finding.code for finding in found] == ["START_WITHOUT_LANE"]
        assert uow.library.files() == {}


def test_lint_knows_the_parties_of_the_role_table(bench):
    """A lane of a party that the case will not have is refused when the diagram is deployed, not when somebody files."""
    with bench.runtime.reading() as uow:
        found = deployment.lint(uow, [("a.bpmn", bpmn(user("task", "安全科"), start(form="apply"), end(), parties=None)), APPLY])
    assert ("LANE_PARTY_MISSING", "task") in {(finding.code, finding.element) for finding in found}


def test_two_analysts_at_once_lose_nothing(bench):
    """Each deploys its own process that all businesses call: the last bundles contain all of them."""
    names = [f"inner{n}" for n in range(6)]
    bench.deploy(caller("business", *names), *(inner("old", id=name) for name in names), APPLY)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: bench.deploy((f"{name}.bpmn", inner("new", id=name))), names))
    case = bench.start(answers={"model": "x"})
    for _ in names:
        assert bench.waiting(case) == ["new"]
        case = bench.complete(case, "new")
    assert case.state == "ended"
    assert len(entries(bench)) == 7


def test_what_changed_is_told(bench):
    """Also a file that no business needs yet leaves its entry."""
    bench.deploy(("inner.bpmn", inner("task")))
    assert [(e.subject, e.details["files"]) for e in entries(bench)] == [("", ["inner.bpmn"])]


def test_a_damaged_library_is_no_traceback(bench):
    """Whoever has changed a stored file by hand is told by the next deployment."""
    bench.deploy(one_task(), APPLY)
    with bench.database.transaction() as connection:
        connection.execute(text("UPDATE library_file SET content = :c WHERE kind = 'form'"), {"c": b"{"})
    assert refusal(bench, ("b.bpmn", one_task(business="other")))


def test_conditions_read_what_is_deployed(bench):
    """A gateway of a new diagram is checked against the form that is already there."""
    bench.deploy(APPLY)
    pieces = (start(form="apply"), exclusive("g", default="g-end"), end(), end("o"), chain("start", "g", "end"))
    assert refusal(bench, bpmn(*pieces, flow("g", "o", "apply.modle = 'x'")))
    assert bench.deploy(bpmn(*pieces, flow("g", "o", "apply.model = 'x'")), actor=ANALYST).businesses


def test_a_bundle_that_a_later_release_does_not_understand_stops_its_cases(bench):
    """The validator of a form is gone: nobody completes the task without its form; with the validator back the case goes on."""
    field = {"type": "textfield", "id": "f", "key": "seal", "label": "印章", "properties": {"validate": "seal"}}
    rules = FormRules(validators={"seal": lambda value, context: None})
    before = Workbench(bench.database, bench.clock, rules=rules)
    before.deploy(one_task(form="apply", formKey="sealed"), APPLY, form("sealed", components=[field]))
    case = before.start(answers={"model": "x"})
    with pytest.raises(BundleUnreadable, match="seal"):
        bench.complete(case, "task")
    assert Workbench(bench.database, bench.clock, rules=rules).complete(case, "task", answers={"seal": "x"}).state == "ended"


@pytest.mark.parametrize("name", ["x" * 300 + ".bpmn", "a\0.bpmn", "\udcff.bpmn"])
def test_a_file_name_that_cannot_be_kept(bench, name):
    """Refused in words like any other fault of a file."""
    assert "FILE_NAME" in [finding.code for finding in refusal(bench, (name, one_task()), APPLY)]


def test_a_party_name_that_cannot_be_kept(bench):
    """Whoever starts the business is told so."""
    party = {"parties": f"{'p' * 40}=apply.model"}
    bench.deploy(bpmn(start(form="apply"), user("task", "产权单位"), end(), chain("start", "task", "end"), **party), APPLY)
    with pytest.raises(Invalid):
        bench.start(answers={"model": "x"})
