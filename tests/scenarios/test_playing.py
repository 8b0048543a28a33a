"""Scenarios that cannot be played, or go otherwise than they say: each ends with words that tell where and why."""

from dataclasses import dataclass

import pytest
from diagrams import boundary, bpmn, chain, end, exclusive, first_event, flow, parallel, receive, send, service, start, user
from diagrams import catch as catching
from workbench import form

from workflow_runtime.contents import read_files
from workflow_runtime.diagram.contract import Parts
from workflow_runtime.forms import FormRules
from workflow_runtime.handlers import service_task
from workflow_runtime.scenarios.reading import read_scenarios
from workflow_runtime.scenarios.running import play
from workflow_runtime.scenarios.stage import Stage
from workflow_runtime.scenarios.trace import Deed
from workflow_runtime.working_days import WorkingDays


@dataclass(frozen=True)
class Checked:
    """What the check says."""

    blocked: bool
    reason: str | None


@service_task("check", replay="key", errors=("REFUSED",))
def check(ctx, model: str | None = None) -> Checked:
    """Never called here."""


@service_task("tell", replay="key")
def tell(ctx, text: str) -> None:
    """Never called here."""


HANDLERS = {"check": check.__handler__, "tell": tell.__handler__}
REVIEW = {"outcomes": "approve=通过; reject=不通过!", "dueWorkingDays": "7", "status": "待审核"}
DIAGRAM = bpmn(
    start(form="apply"),
    exclusive("again"),
    service("check", "check", {"model": "apply.model"}, "checked"),
    exclusive("blocked", default="blocked-review"),
    user("review", "发证机关", form="review", name="审核", **REVIEW),
    boundary("withdraw", "review", message="withdraw"),
    boundary("refused", "check", error="REFUSED"),
    exclusive("decision", default="decision-again"),
    service("tell", "tell", {"text": "apply.model"}),
    end("done", status="已办结"),
    end("stopped", status="已终止"),
    end("withdrawn", status="已撤回"),
    end("failed", status="已退回"),
    chain("start", "again", "check", "blocked", "review", "decision"),
    flow("blocked", "stopped", "checked.blocked"),
    flow("decision", "tell", 'review.outcome = "approve"'),
    chain("decision", "again"),
    chain("tell", "done"),
    chain("withdraw", "withdrawn"),
    chain("refused", "failed"),
)
FORMS = (form("apply", "model!", "note"), form("review", "remark"))


def stage_of(*files, handlers=HANDLERS):
    contents = read_files(files, FormRules())
    assert contents.findings == ()
    return Stage("business", Parts(contents.processes, contents.forms, contents.decisions, handlers, {}), WorkingDays())


BUSINESS = stage_of(("business.bpmn", DIAGRAM), *FORMS)


def played(text, stage=BUSINESS, results='check = { blocked = false, reason = "" }'):
    """One scenario, whose lines are given."""
    head = f'process = "business"\n[results]\n{results}\n'
    (scenario,) = read_scenarios("s.toml", f'{head}[[scenario]]\nname = "一"\n{text}'.encode())
    return play(stage, scenario)


def path(play):
    return [node.id for node in play.trace.nodes]


def test_the_plain_way():
    """A handler that keeps no result needs no answer; a task with partial answers is completed."""
    play = played('steps = [{ complete = "review", outcome = "approve" }]\nends = "done"\nstatus = ["待审核", "已办结"]')
    assert play.passed
    assert path(play) == ["start", "again", "check", "blocked", "review", "decision", "tell", "done"]


def test_a_decision_tells_which_condition_held_and_what_it_read():
    play = played('steps = [{ result = "check", value = { blocked = true } }]\nends = "stopped"')
    assert play.passed
    (decision,) = [entry.decision for entry in play.trace.entries if getattr(entry, "decision", None)]
    assert (decision.flow.id, decision.condition, dict(decision.read)) == ("blocked-stopped", "checked.blocked", {"checked.blocked": True})


def test_a_default_branch_is_taken_because_no_condition_held():
    play = played("waits = ['review']")
    (decision,) = [entry.decision for entry in play.trace.entries if getattr(entry, "decision", None)]
    assert (decision.flow.id, decision.condition, dict(decision.read)) == ("blocked-review", None, {"checked.blocked": False})


APPROVE = '{ complete = "review", outcome = "approve" }'


@pytest.mark.parametrize(
    ("steps", "at", "code", "words"),
    [
        ('{ complete = "reveiw" }', 1, "STEP_IMPOSSIBLE", ["reveiw", "是不是 review"]),
        ('{ complete = "review" }', 1, "STEP_IMPOSSIBLE", ["outcome", "approve"]),
        ('{ complete = "review", outcome = "aprove" }', 1, "STEP_IMPOSSIBLE", ["aprove", "是不是 approve"]),
        (f"{APPROVE}, {APPROVE}", 2, "STEP_IMPOSSIBLE", ["审核", "已经办结"]),
        ('{ complete = "check" }', 1, "STEP_IMPOSSIBLE", ["check"]),
        ('{ complete = "review", outcome = "approve", answers = { remrak = "x" } }', 1, "INVALID", ["remrak"]),
        ('{ complete = "review", outcome = "approve", answers = { remark = 7 } }', 1, "INVALID", ["remark", "应为文字"]),
        ('{ complete = "review", outcome = "approve", edits = { apply = { model = "x" } } }', 1, "STEP_IMPOSSIBLE", ["apply"]),
        ('{ result = "chekc", value = {} }', 1, "STEP_IMPOSSIBLE", ["chekc", "是不是 check"]),
        ('{ result = "review", value = {} }', 1, "STEP_IMPOSSIBLE", ["review", "服务任务"]),
        ('{ result = "check", value = { bloked = true } }', 1, "STEP_IMPOSSIBLE", ["bloked", "是不是 blocked"]),
        ('{ result = "check", value = { blocked = "yes" } }', 1, "STEP_IMPOSSIBLE", ["blocked", "是否"]),
        ('{ error = "check", code = "REFUSD" }', 1, "STEP_IMPOSSIBLE", ["REFUSD", "是不是 REFUSED"]),
        ('{ error = "check", code = "PARAMETER_INVALID" }', 1, "STEP_IMPOSSIBLE", ["没有人接住", "incident"]),
        ('{ error = "check", code = "REFUSED", incident = true }', 1, "STEP_IMPOSSIBLE", ["接住", "incident"]),
        ('{ message = "withdrow" }', 1, "STEP_IMPOSSIBLE", ["withdrow", "是不是 withdraw"]),
        (f'{APPROVE}, {{ message = "withdraw" }}', 2, "STEP_IMPOSSIBLE", ["没有人等待", "已经办结"]),
        ('{ wait = "soon" }', 1, "TIMER_INVALID", ["soon"]),
        ('{ wait = "R3/PT1H" }', 1, "TIMER_INVALID", ["循环"]),
        ('{ wait = "2020-01-01" }', 1, "STEP_IMPOSSIBLE", ["已经过去", "2026-03-02 09:00"]),
        ('{ wait = "next" }', 1, "STEP_IMPOSSIBLE", ["没有定时", "review"]),
        (f'{APPROVE}, {{ wait = "due" }}', 2, "STEP_IMPOSSIBLE", ["时限"]),
    ],
)
def test_a_step_that_cannot_happen_tells_why(steps, at, code, words):
    """The step's number, what is wrong with it, and where the tokens are instead or what was meant."""
    play = played(f"steps = [{steps}]")
    assert (play.stopped_at, play.failure.code) == (at, code), play.failure
    told = play.failure.message.zh + play.failure.remedy.zh
    assert [word for word in words if word not in told] == []


def test_a_service_task_without_an_answer_is_told_with_the_cure():
    play = played(f"steps = [{APPROVE}]", results="")
    assert "check = { … }" in play.failure.remedy.zh


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("results = { chek = {} }", ["chek", "check"]),
        ('held = ["review"]', ["review"]),
        ('start = { modle = "x" }', ["modle"]),
        ("results = { check = { blocked = 1 } }", ["blocked"]),
    ],
)
def test_what_stands_above_the_steps_is_checked_first(head, words):
    play = played(head)
    assert play.stopped_at == 0
    assert not play.passed
    assert [word for word in words if word not in play.failure.message.zh + play.failure.remedy.zh] == []


@pytest.mark.parametrize(
    ("expected", "what", "got"),
    [
        ('status = "待审"', "status", "待审核"),
        ('status = ["待审核", "已办结"]', "statuses", ["待审核"]),
        ('path = ["start", "check"]', "path", ["start", "again", "check", "blocked", "review"]),
        ('path = ["start", "…", "check"]', "path", ["start", "again", "check", "blocked", "review"]),
        ('ends = "done"', "ends", False),
        ("ends = true", "ends", False),
        ('waits = ["check"]', "waits", ["review"]),
        ("accepts = []", "accepts", ["withdraw"]),
        ("variables = { checked = { blocked = true } }", "variable checked.blocked", False),
        ('calls = { check = { model = "y" } }', "parameter model of check", None),
        ("calls = { tell = {} }", "parameters of tell", None),
    ],
)
def test_what_comes_otherwise_is_told_side_by_side(expected, what, got):
    """At the end, and at a check in between."""
    for text in (expected, f"steps = [{{ check = {{ {expected} }} }}]"):
        play = played(text)
        assert not play.passed
        assert [(d.what.en, d.got) for d in play.differences] == [(what, got)]


@pytest.mark.parametrize(
    "expected",
    [
        'path = ["…"]',
        'path = ["start", "…"]',
        'path = ["…", "review"]',
        'path = ["start", "…", "check", "blocked", "…"]',
        'path = ["start", "again", "check", "blocked", "review"]',
        'path = ["…", "again", "…", "review", "…"]',
    ],
)
def test_a_path_may_leave_elements_out(expected):
    assert played(expected).passed


WHOLE = 'whole = true\nstart = { model = "x" }\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("whole = true", "model"),
        (WHOLE + 'steps = [{ complete = "review", outcome = "reject" }]', "意见"),
        (WHOLE + 'steps = [{ complete = "review", outcome = "approve", answers = { remark = 1 } }]', "remark"),
    ],
)
def test_whole_answers_are_those_that_the_form_would_take(text, words):
    """Nothing required may be missing; without `whole` it may."""
    play = played(text)
    assert play.failure is not None
    assert words in play.failure.message.zh
    assert played(WHOLE + f"steps = [{APPROVE}]\nends = true").passed


def test_a_form_that_comes_back_is_found_filled_in():
    """Answers that a step does not give are those of the time before."""
    text = """steps = [{ complete = "review", outcome = "reject", answers = { remark = "一" } }, { complete = "review", outcome = "approve" }]
variables = { review = { remark = "一", outcome = "approve" } }"""
    assert played(text).passed


def test_messages_come_early_only_if_it_is_said():
    """Kept until somebody waits; a thrown one reaches the branch that waits."""
    diagram = bpmn(
        start(form="apply"), user("review", "发证机关"), receive("wait", "ready"), end(), chain("start", "review", "wait", "end")
    )
    stage = stage_of(("b.bpmn", diagram), FORMS[0])
    early = 'steps = [{ message = "ready", payload = { n = 1 }, early = true }, { complete = "review" }]\nends = true\nvariables = { wait = { n = 1 } }'
    assert played(early, stage, "").passed
    assert played('steps = [{ message = "ready" }]', stage, "").failure.code == "STEP_IMPOSSIBLE"
    branches = bpmn(
        start(form="apply"),
        parallel("split"),
        user("work", "发证机关"),
        send("told", message="ready"),
        receive("wait", "ready"),
        parallel("join"),
        end(),
        chain("start", "split", "work", "told", "join", "end"),
        chain("split", "wait", "join"),
    )
    assert played('steps = [{ complete = "work" }]\nends = true', stage_of(("b.bpmn", branches), FORMS[0]), "").passed


POLLING = bpmn(
    start(form="apply"),
    exclusive("again"),
    first_event("either"),
    catching("sealed", message="sealed"),
    catching("later", timer="PT10M"),
    service("poll", "tell", {"text": '"x"'}),
    end(),
    chain("start", "again", "either", "sealed", "end"),
    chain("either", "later", "poll", "again"),
)


def test_timers_fire_in_turn_while_time_passes():
    """Every ten minutes over an hour, each at its own time."""
    play = played('steps = [{ wait = "PT1H" }, { message = "sealed" }]\nends = true', stage_of(("b.bpmn", POLLING), FORMS[0]), "")
    assert play.passed
    assert play.trace.elements["business", "poll"] == 6
    assert next(entry.what.zh for entry in play.trace.entries if isinstance(entry, Deed)) == "时间到 2026-03-02 09:10"


def test_a_scenario_that_runs_away_is_stopped(monkeypatch):
    """A poll every ten minutes over a hundred years is cut off with words."""
    monkeypatch.setattr("workflow_runtime.scenarios.case.MOST_MOVES", 300)
    play = played('steps = [{ wait = "P36000D" }]', stage_of(("b.bpmn", POLLING), FORMS[0]), "")
    assert (play.failure.code, play.stopped_at) == ("SCENARIO_RUNAWAY", 1)


def test_the_reviewers_days_are_counted_over_rounds():
    """`due` is that of the open task: a second round has the days that are left."""
    text = f"""steps = [
  {{ wait = "WD2" }}, {{ complete = "review", outcome = "reject" }},
  {{ wait = "due" }}, {{ check = {{ waits = ["review"] }} }}, {APPROVE},
]
ends = true"""
    play = played(text)
    assert play.passed
    told = [entry.what.zh for entry in play.trace.entries if isinstance(entry, Deed)]
    assert "时间到 2026-03-11 18:00" in told
