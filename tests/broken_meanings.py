"""Diagrams that are drawn well but name what does not exist or contradict themselves. Each with the code and the element of its finding."""

from broken_shapes import NOTIFY, U, beside, between, condition, mutated, on_task, parameter, timer
from diagrams import (
    boundary,
    bpmn,
    call,
    catch,
    chain,
    element,
    end,
    event_definition,
    exclusive,
    flow,
    manual,
    rule,
    send,
    service,
    start,
    subprocess,
    user,
)
from test_contract import FILING, ISSUE

REFERENCES = {
    "an unknown operator": ("OPERATOR_UNKNOWN", "s", between(service("s", "certificate.sael"), via="s")),
    "an unknown operator of a send task": ("OPERATOR_UNKNOWN", "s", between(send("s", handler="nothing"), via="s")),
    "an unknown parameter": ("PARAMETER_UNKNOWN", "s", parameter("1", "owner_cod")),
    "a missing parameter": ("PARAMETER_MISSING", "s", between(service("s", "filing.precheck", {"year": "1"}), via="s")),
    "a number for a text": ("PARAMETER_TYPE", "s", parameter("17")),
    "a text for a number": ("PARAMETER_TYPE", "s", parameter("'x'", year="'soon'")),
    "null for a required parameter": ("PARAMETER_TYPE", "s", parameter("null")),
    "an unknown form of a task": ("FORM_UNKNOWN", "u", on_task("formKey", "aply")),
    "an unknown form of the start event": ("FORM_UNKNOWN", "start", bpmn(start(form="nothing"), end(), chain("start", "end"))),
    "an unknown form beside the task's own": ("FORM_UNKNOWN", "u", on_task("formMode", "aply:read")),
    "an unknown form mode": ("FORM_MODE_INVALID", "u", on_task("formMode", "apply:write")),
    "a form beside the task's own whose answers are elsewhere": (
        "FORM_MODE_VARIABLE",
        "u",
        between(
            user("v", "authority", "review", variableName="first"),
            user("u", "authority", formMode="review:read"),
            via="v",
            then=(chain("u", "end_2"), end("end_2")),
        ),
    ),
    "an unknown decision table": ("DECISION_UNKNOWN", "d", between(rule("d", "lief"), via="d")),
    "a business rule task without a table": ("DECISION_UNKNOWN", "d", between(element("businessRuleTask", "d"), via="d")),
    "an unknown called process": ("CALL_UNKNOWN", "c", between(call("c", "issue_certificat"), via="c")),
    "a call activity that calls nothing": ("CALL_UNKNOWN", "c", between(element("callActivity", "c"), via="c")),
    "a user task in two lanes": (
        "LANE_AMBIGUOUS",
        "u",
        mutated(
            between(user("u", "authority"), via="u"),
            "</bpmn:laneSet>",
            '<bpmn:lane id="second" name="safety"><bpmn:flowNodeRef>u</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>',
        ),
    ),
    "a user task in no lane": ("LANE_MISSING", "u", between(user("u", None), via="u")),
    "a manual task in no lane": ("LANE_MISSING", "u", between(manual("u", None), via="u")),
    "a user task of a subprocess in no lane": (
        "LANE_MISSING",
        "u",
        between(subprocess("s", start("i"), user("u", None), end("e"), chain("i", "u", "e")), via="s"),
    ),
    "a lane that the role table does not know": ("LANE_UNKNOWN", "u", between(user("u", "authorty"), via="u")),
    "a lane of a party that the case does not have": ("LANE_PARTY_MISSING", "u", between(user("u", "authority"), via="u", parties=None)),
    "a lane of a department whose authority the case does not have": (
        "LANE_PARTY_MISSING",
        "u",
        between(user("u", "safety"), via="u", parties="deputy=apply.authority"),
    ),
    "a lane of a called process, of a party that the caller's cases do not have": (
        "LANE_PARTY_MISSING",
        "remind",
        between(call("c", "issue_certificate"), via="c", parties=None),
        ISSUE,
    ),
    "a start event in no lane": ("START_WITHOUT_LANE", "start", bpmn(start(form="apply"), end(), chain("start", "end"))),
    "a message that nobody sends": ("MESSAGE_NEVER_SENT", "m", between(catch("m", message="certificate.seal"), via="m")),
}
PROPERTIES = {
    **{
        f"due days {text!r}": ("DUE_DAYS_INVALID", "u", on_task("dueWorkingDays", text))
        for text in ("", "0", "-1", "366", "1.5", "seven", "P7D", "９", "9" * 5000)
    },
    **{f"bulk {text!r}": ("BULK_INVALID", "u", on_task("bulk", text)) for text in ("", "yes", "True", "1")},
    **{
        f"outcomes {text!r}": ("OUTCOMES_INVALID", "u", on_task("outcomes", text))
        for text in ("", ";", "同意=通过", "a=1; a=2", "1st=x", "a b=x", "=x", "import os", "a-b=x", "a" * 65)
    },
    **{f"toolbar {text!r}": ("TOOLBAR_INVALID", "u", on_task("toolbar", text)) for text in ("", ",", "approve", "done, approve", "完成")},
    "a form key in lower case": ("PROPERTY_UNKNOWN", "u", on_task("formkey", "apply")),
    "a misspelt due date": ("PROPERTY_UNKNOWN", "u", on_task("dueWorkingDay", "7")),
    "misspelt parties": ("PROPERTY_UNKNOWN", "business", between(U, via="u", partys="authority=apply.authority")),
}
TIMERS = {
    **{
        f"the timer {text!r}": ("TIMER_INVALID", "t", timer(text))
        for text in (
            "",
            "soon",
            "P",
            "PT",
            "5 days",
            "R3",
            "2026-13-01",
            "timedelta(days=5)",
            "__import__('os')",
            "=1 +",
            "P" + "9" * 3000 + "D",
        )
    },
    "a timer without a text": (
        "TIMER_INVALID",
        "t",
        between(element("intermediateCatchEvent", "t", "<bpmn:timerEventDefinition/>"), via="t"),
    ),
    "a due date without a task": ("TIMER_WITHOUT_DUE", "t", timer("due-WD1")),
    "a due date on a task that has none": (
        "TIMER_WITHOUT_DUE",
        "b",
        between(U, boundary("b", "u", timer="due"), via="u", then=(chain("b", "end"),)),
    ),
    "a due date on a service task": (
        "TIMER_WITHOUT_DUE",
        "b",
        between(
            service("s", "notify", NOTIFY, dueWorkingDays="3"), boundary("b", "s", timer="due+P1D"), via="s", then=(chain("b", "end"),)
        ),
    ),
    "a repeating catch event": ("TIMER_FIRES_ONCE", "t", timer("R3/PT1H")),
    "a repeating interrupting event": (
        "TIMER_FIRES_ONCE",
        "b",
        between(U, boundary("b", "u", timer="R/PT1H"), via="u", then=(chain("b", "end"),)),
    ),
}
HOSTILE_EXPRESSIONS = (
    "",
    "__import__('os').system('id')",
    "().__class__.__base__.__subclasses__()",
    "open('/etc/passwd')",
    "[x for x in apply]",
    "lambda: 1",
    "apply['owner_code']",
    "apply.owner_code * 99999999",
    "9 ** 9 ** 9",
    "${apply.getOwner()}",
    "apply.owner_code; 1",
    "(" * 3000 + ")" * 3000,
    "apply.category = 'T' " * 500,
    "exec('1')",
    "f'{apply}'",
    "'unfinished",
)
CONDITIONS = {
    **{f"the condition {text[:40]!r}": ("EXPRESSION_INVALID", "asked", condition(text)) for text in HOSTILE_EXPRESSIONS},
    **{f"the parameter {text[:40]!r}": ("EXPRESSION_INVALID", "s", parameter(text)) for text in HOSTILE_EXPRESSIONS[:6]},
    "a party that is no expression": ("EXPRESSION_INVALID", "business", between(U, via="u", parties="authority=apply[")),
    "a party without a name": ("PARTIES_INVALID", "business", between(U, via="u", parties="=apply.authority")),
    "a condition on what nobody writes": ("NAME_UNKNOWN", "asked", condition("reveiw.outcome = 'approve'")),
    "a parameter that nobody writes": ("NAME_UNKNOWN", "s", parameter("aply.owner_code")),
    "a party that nobody writes": ("NAME_UNKNOWN", "business", between(U, via="u", parties="authority=aply.authority")),
    "a timer that reads what nobody writes": ("NAME_UNKNOWN", "t", timer("=nobody.when")),
    "a decision table that reads what nobody writes": (
        "NAME_UNKNOWN",
        "d",
        bpmn(start(form="correct"), rule("d", "life"), end(), chain("start", "d", "end")),
    ),
    "the variable of a task that the result does not have": (
        "NAME_UNKNOWN",
        "f",
        bpmn(
            start(form="apply"),
            service("p", "certificate.prepare"),
            exclusive("g", default="d"),
            end(),
            end("e2"),
            chain("start", "p", "g"),
            flow("g", "e2", "p.number = '1'", id="f"),
            flow("g", "end", id="d"),
        ),
    ),
    "a field that the form does not have": ("FIELD_UNKNOWN", "s", parameter("apply.owner_cod")),
    "a field that the handler does not return": (
        "FIELD_UNKNOWN",
        "n",
        between(
            service("p", "certificate.prepare", result="certificate"),
            service("n", "notify", {"text": "certificate.nubmer"}),
            via="p",
            then=(),
        )
        .replace(b'sourceRef="p" targetRef="end"', b'sourceRef="p" targetRef="n"')
        .replace(b"</bpmn:process>", flow("n", "end").xml.encode() + b"</bpmn:process>"),
    ),
    "the whole answers of a task compared with a text": ("WHOLE_COMPARED", "asked", condition("review = 'approve'")),
    "the whole result of a decision compared with a number": (
        "WHOLE_COMPARED",
        "f",
        bpmn(
            start(form="apply"),
            rule("life", "life"),
            exclusive("g", default="d"),
            end(),
            end("e2"),
            chain("start", "life", "g"),
            flow("g", "e2", "life > 10", id="f"),
            flow("g", "end", id="d"),
        ),
    ),
    "an output that the decision does not have": (
        "FIELD_UNKNOWN",
        "f",
        bpmn(
            start(form="apply"),
            rule("life", "life"),
            exclusive("g", default="d"),
            end(),
            end("e2"),
            chain("start", "life", "g"),
            flow("g", "e2", "life.year > 1", id="f"),
            flow("g", "end", id="d"),
        ),
    ),
    "an answer of a task without a form": (
        "FIELD_UNKNOWN",
        "f",
        bpmn(
            start(),
            U,
            exclusive("g", default="d"),
            end(),
            end("e2"),
            chain("start", "u", "g"),
            flow("g", "e2", "u.answer = 1", id="f"),
            flow("g", "end", id="d"),
        ),
    ),
    "an outcome that the task does not have": ("OUTCOME_UNKNOWN", "asked", condition("review.outcome = 'aprove'")),
    "an unknown outcome on the left": ("OUTCOME_UNKNOWN", "asked", condition("'aprove' = review.outcome")),
    "an unknown outcome in a list": ("OUTCOME_UNKNOWN", "asked", condition("review.outcome in ['approve', 'maybe']")),
    "an outcome compared with a number": ("OUTCOME_UNKNOWN", "asked", condition("review.outcome = 1")),
    "an outcome that no gateway reads": ("OUTCOME_UNREAD", "r", condition("review.opinion = ''")),
    "a third outcome that no gateway reads": ("OUTCOME_UNREAD", "r", condition("review.outcome = 'a'", outcomes="a; b; c")),
}
DATA = {
    "two departments with one variable": ("PARALLEL_WRITERS", "b", beside(user("a", "owner", "review"), user("b", "authority", "review"))),
    "two handlers with one result": (
        "PARALLEL_WRITERS",
        "b",
        beside(service("a", "certificate.prepare", result="x"), service("b", "certificate.prepare", result="x")),
    ),
    "a handler beside a task": (
        "PARALLEL_WRITERS",
        "b",
        beside(service("a", "certificate.prepare", result="review"), user("b", "authority", "review")),
    ),
    "a form that is edited beside its own task": (
        "PARALLEL_WRITERS",
        "b",
        beside(user("a", "owner", "apply"), user("b", "authority", formMode="apply:edit")),
    ),
    "a subprocess beside a task": (
        "PARALLEL_WRITERS",
        "b",
        beside(subprocess("a", start("i"), user("u", "owner", "review"), end("e"), chain("i", "u", "e")), user("b", "authority", "review")),
    ),
    "a called process beside a task": (
        "PARALLEL_WRITERS",
        "b",
        beside(call("a", "shared"), user("b", "authority", "review")),
        bpmn(start("i"), user("u", "owner", "review"), end("e"), chain("i", "u", "e"), id="shared"),
    ),
    "a reminder's branch beside its task": (
        "PARALLEL_WRITERS",
        "v",
        bpmn(
            start(),
            user("u", "owner", "review"),
            boundary("b", "u", timer="P1D", interrupting=False),
            user("v", "authority", "review"),
            end(),
            end("e2"),
            chain("start", "u", "end"),
            chain("b", "v", "e2"),
        ),
    ),
    "a message on the border of a parallel branch": (
        "PARALLEL_WRITERS",
        "m",
        beside(
            user("a", "owner"),
            user("b", "authority", "review"),
            boundary("m", "a", message="m", variableName="review"),
            end("over", terminate=True),
            chain("m", "over"),
        ),
    ),
    "two reminders with one variable": (
        "PARALLEL_WRITERS",
        "w",
        bpmn(
            start(),
            U,
            boundary("b", "u", timer="P1D", interrupting=False),
            boundary("c", "u", timer="P2D", interrupting=False),
            user("v", "authority", "review"),
            user("w", "authority", "review"),
            end(),
            end("e2"),
            chain("start", "u", "end"),
            chain("b", "v", "e2"),
            chain("c", "w", "e2"),
        ),
    ),
    "a variable called case": ("VARIABLE_RESERVED", "u", on_task("variableName", "case")),
    "a result called case": ("VARIABLE_RESERVED", "s", between(service("s", "certificate.prepare", result="case"), via="s")),
    "a variable that begins with _": ("VARIABLE_RESERVED", "u", on_task("variableName", "_secret")),
    "a message variable called case": ("VARIABLE_RESERVED", "c", between(catch("c", message="m", variableName="case"), via="c")),
    **{
        f"the variable {name[:20]!r}": ("VARIABLE_INVALID", "u", on_task("variableName", name))
        for name in ("a.b", "a-b", "1a", "a b", "not", "true", "len(a)", "a" * 101)
    },
    "a result with brackets": ("VARIABLE_INVALID", "s", between(service("s", "certificate.prepare", result="a[0]"), via="s")),
    "a decision's result with a dot": ("VARIABLE_INVALID", "d", between(rule("d", "life", result="a.b"), via="d")),
    "two forms with one variable": ("VARIABLE_SHARED", "u", between(user("u", "owner", "correct", variableName="apply"), via="u")),
}
CALLED = "issue_certificate"
CALLS = {
    "a process that calls itself": ("CALL_CYCLE", "c", between(call("c", "business"), via="c")),
    "two processes that call each other": (
        "CALL_CYCLE",
        "c",
        between(call("c", "other"), via="c"),
        bpmn(start("s"), call("d", "business"), end("e"), chain("s", "d", "e"), id="other"),
    ),
    "an error that the handler never raises": (
        "ERROR_NEVER_RAISED",
        "b",
        between(service("s", "notify", NOTIFY), boundary("b", "s", error="SEAL_REFUSED"), via="s", then=(chain("b", "end"),)),
    ),
    "an error that the called process never raises": (
        "ERROR_NEVER_RAISED",
        "seal_wrong",
        FILING.replace(b"SEAL_NAME_MISMATCH", b"SEAL_NAME_MISMACTH"),
        ISSUE,
    ),
    "an error that the called process catches itself": (
        "ERROR_NEVER_RAISED",
        "b",
        between(call("c", "shared"), boundary("b", "c", error="SEAL_REFUSED"), via="c", then=(chain("b", "end"),)),
        bpmn(
            start("s"),
            service("n", "certificate.seal", {"number": "case.number"}),
            boundary("all", "n", error=""),
            end("e"),
            chain("s", "n", "e"),
            chain("all", "e"),
            id="shared",
        ),
    ),
    "an error that the subprocess never raises": (
        "ERROR_NEVER_RAISED",
        "b",
        between(
            subprocess("s", start("i"), end("e"), chain("i", "e")), boundary("b", "s", error="ODD"), via="s", then=(chain("b", "end"),)
        ),
    ),
    "an error end event of a business": ("ERROR_UNCAUGHT", "end", bpmn(start(form="apply"), end(error="ODD"), chain("start", "end"))),
    "an error in a subprocess that catches another": (
        "ERROR_UNCAUGHT",
        "e",
        between(
            subprocess(
                "s", start("i"), service("n", "filing.precheck", {"owner_code": "'a'"}), end("e", error="ODD"), chain("i", "n", "e")
            ),
            boundary("b", "s", error="BLOCKED"),
            via="s",
            then=(chain("b", "end"),),
        ),
    ),
    "an error of a called process that its caller does not catch": (
        "ERROR_UNCAUGHT",
        "failed",
        mutated(FILING, event_definition(error=""), event_definition(timer="P9D")),
        ISSUE,
    ),
    "an error that climbs through two calls": (
        "ERROR_UNCAUGHT",
        "e",
        bpmn(start("s"), end("e", error="ODD"), chain("s", "e"), id="inner"),
        bpmn(start("s"), call("c", "inner"), end("e2"), chain("s", "c", "e2"), id="middle"),
        between(call("c", "middle"), via="c"),
    ),
}

MEANINGS = REFERENCES | PROPERTIES | TIMERS | CONDITIONS | DATA | CALLS
