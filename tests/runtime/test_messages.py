"""Messages: each is taken once, whenever it comes; withdrawal is a message that only the owner may send."""

import pytest
from diagrams import boundary, bpmn, catch, chain, end, exclusive, flow, parallel, receive, send, service, start, user
from drawings import APPLY, started
from workbench import OPERATOR, OTHER_OWNER, OWNER, REVIEWER

from workflow_runtime.cases import cancel_case, resume, suspend, withdraw
from workflow_runtime.engine.tokens import RunawayError
from workflow_runtime.errors import Invalid, NotFound, WrongState
from workflow_runtime.messages import receive_message


def waits():
    """A review, and then a wait for the seal."""
    return (
        bpmn(start(form="apply"), user("review", "发证机关"), receive("wait", "sealed"), end(), chain("start", "review", "wait", "end")),
        APPLY,
    )


def test_a_message_goes_to_the_token_that_waits(bench):
    """Its payload is the element's variable, and the trail says what came."""
    case = started(bench, waits())
    bench.complete(case, "review")
    case = bench.message(case, "sealed", {"by": "省"}, key="s-1")
    assert (case.state, bench.variables(case)["wait"]) == ("ended", {"by": "省"})
    assert [(e.action, e.element, e.details["key"]) for e in bench.timeline(case)[-1:]] == [("message.received", "sealed", "s-1")]


def test_a_repetition_changes_nothing(bench):
    """The same name and key again: no second entry in the trail, no second delivery, however late."""
    case = started(bench, waits())
    bench.message(case, "sealed", {"n": 1}, key="k")
    before = bench.case(case)
    assert bench.message(case, "sealed", {"n": 2}, key="k") == before
    bench.complete(case, "review")
    after = bench.case(case)
    assert bench.variables(case)["wait"] == {"n": 1}
    assert bench.message(case, "sealed", {"n": 3}, key="k") == after


def test_two_senders_may_count_alike(bench):
    """The same key under another name is another message; keys of any length and any letters are told apart."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            receive("one", "sealed"),
            receive("two", "printed"),
            receive("three", "printed"),
            end(),
            chain("start", "one", "two", "three", "end"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    bench.message(case, "printed", {"n": 1}, key="长" * 500)
    bench.message(case, "printed", {"n": 2}, key="长" * 500 + "\0")
    case = bench.message(case, "sealed", {"n": 3}, key="长" * 500)
    assert case.state == "ended"
    assert [bench.variables(case)[v]["n"] for v in ("one", "two", "three")] == [3, 1, 2]


def test_the_diagrams_own_messages_are_never_taken_for_a_senders(bench):
    """A key that an outsider made up does not shadow a message that the diagram throws."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            parallel("split"),
            user("work", "发证机关"),
            send("tell", message="ready"),
            receive("wait", "ready"),
            parallel("join"),
            end(),
            chain("start", "split", "work", "tell", "join", "end"),
            chain("split", "wait", "join"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    for number in range(3):
        bench.message(case, "other", key=f"ready-{number}-0")
    assert bench.complete(case, "work").state == "ended"


def test_a_message_thrown_because_of_a_message_is_delivered(bench):
    """Three branches hand on to each other in one step."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            parallel("split"),
            receive("one", "first"),
            send("tell_two", message="second"),
            receive("two", "second"),
            send("tell_three", message="third"),
            receive("three", "third"),
            parallel("join"),
            end(),
            chain("start", "split", "one", "tell_two", "join", "end"),
            chain("split", "two", "tell_three", "join"),
            chain("split", "three", "join"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    assert bench.message(case, "first").state == "ended"


def test_branches_that_answer_each_other_for_ever_are_stopped(bench):
    """A defect of the diagram that no check can see ends in an error, not in an endless transaction."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            exclusive("again"),
            receive("wait", "ping"),
            send("tell", message="ping"),
            exclusive("on", default="on-again"),
            end(),
            chain("start", "again", "wait", "tell", "on", "again"),
            flow("on", "end", "apply.model = 'stop'"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    with pytest.raises(RunawayError):
        bench.message(case, "ping")
    assert bench.case(case) == case


def test_an_unknown_case_is_told_so(bench):
    """A message about no case of ours is not kept."""
    with pytest.raises(NotFound):
        bench.use(receive_message, "20269999999", "sealed", {}, "k")


@pytest.mark.parametrize("end_of_case", ["ended", "cancelled"])
def test_a_message_after_the_end_is_noted_and_changes_nothing(bench, end_of_case):
    """The sender is not refused, the case stays as it is, and the trail knows that something came late."""
    case = started(bench, waits())
    if end_of_case == "cancelled":
        bench.use(cancel_case, case.number, OPERATOR, "x")
    else:
        bench.complete(case, "review")
        bench.message(case, "sealed", {"n": 1})
    before = bench.case(case)
    after = bench.message(case, "sealed", {"n": 2}, key="late")
    assert (after.state, after.variables, after.tokens) == (end_of_case, before.variables, before.tokens)
    assert bench.timeline(case)[-1].action == "message.late"
    entries = len(bench.timeline(case))
    bench.message(case, "sealed", {"n": 2}, key="late")
    assert len(bench.timeline(case)) == entries


def test_several_that_wait_for_one_message_all_get_it(bench):
    """One seal, two branches: both go on, and the message is used up."""
    bench.deploy(
        bpmn(
            start(form="apply"),
            parallel("split"),
            receive("one", "sealed"),
            receive("two", "sealed"),
            parallel("join"),
            receive("three", "sealed"),
            end(),
            chain("start", "split", "one", "join", "three", "end"),
            chain("split", "two", "join"),
        ),
        APPLY,
    )
    case = bench.start(answers={"model": "x"})
    case = bench.message(case, "sealed", {"n": 1})
    assert (case.state, case.kept_messages) == ("running", 0)
    assert [bench.variables(case)[v] for v in ("one", "two")] == [{"n": 1}] * 2
    assert bench.message(case, "sealed", {"n": 2}, key="2").state == "ended"


def test_messages_are_kept_while_the_case_is_suspended(bench):
    """They move nothing until the case is resumed, and then all of it at once."""
    case = started(bench, waits())
    bench.complete(case, "review")
    bench.use(suspend, case.number, OPERATOR, "核查")
    case = bench.message(case, "sealed", {"n": 1})
    assert (case.state, case.kept_messages, "wait" in bench.variables(case)) == ("suspended", 1, False)
    assert bench.use(resume, case.number, OPERATOR, "完").state == "ended"


@pytest.mark.parametrize("payload", [{"n": 2**70}, {"n": "\ud800"}, {"n": object()}])
def test_a_payload_that_is_no_json_is_refused_in_words(bench, payload):
    """Nothing is kept of it: the sender may send it again, mended, under the same key."""
    case = started(bench, waits())
    with pytest.raises(Invalid, match="不是 JSON"):
        bench.message(case, "sealed", payload, key="k")
    bench.message(case, "sealed", {"n": 1}, key="k")
    assert bench.case(case).kept_messages == 1


@pytest.mark.parametrize("name", ["", "x" * 129, "a\0b"])
def test_a_name_that_no_diagram_could_have_is_refused_in_words(bench, name):
    """On every database alike."""
    case = started(bench, waits())
    with pytest.raises(Invalid, match="消息名称"):
        bench.message(case, name)


def test_a_message_without_a_payload_is_an_empty_object(bench):
    """The element's variable is there all the same."""
    case = started(bench, waits())
    bench.use(receive_message, case.number, "sealed", None, "k")
    bench.complete(case, "review")
    assert bench.variables(case)["wait"] == {}


def withdrawable():
    """The owner may withdraw during the review, and not any more while the seal is awaited."""
    return (
        bpmn(
            start(form="apply"),
            user("review", "发证机关", status="审核中"),
            boundary("withdrawn", "review", message="withdraw"),
            service("send", "outside.send"),
            catch("wait", message="sealed", status="待签章"),
            end(),
            end("back", status="已撤回"),
            chain("start", "review", "send", "wait", "end"),
            chain("withdrawn", "back"),
        ),
        APPLY,
    )


def test_the_owner_withdraws_where_the_diagram_catches_it(bench):
    """The review is gone; reason, person and time are in the variable and in the trail."""
    case = started(bench, withdrawable())
    case = bench.use(withdraw, case.number, OWNER, "信息有误")
    assert (case.state, case.status, bench.waiting(case)) == ("ended", "已撤回", [])
    told = bench.variables(case)["withdrawn"]
    assert (told["reason"], told["by"]) == ("信息有误", "张三")
    assert (bench.timeline(case)[-1].action, bench.timeline(case)[-1].opinion) == ("case.withdrawn", "信息有误")


def test_nobody_withdraws_where_the_diagram_does_not_catch_it(bench):
    """The sentence names the present status; the wish is not kept for later."""
    case = started(bench, withdrawable())
    bench.complete(case, "review")
    bench.work()
    with pytest.raises(WrongState, match="待签章"):
        bench.use(withdraw, case.number, OWNER, "x")
    assert bench.case(case).kept_messages == 0
    bench.message(case, "sealed")
    with pytest.raises(WrongState):
        bench.use(withdraw, case.number, OWNER, "x")


@pytest.mark.parametrize("actor", [OTHER_OWNER, REVIEWER, OPERATOR])
def test_only_the_owner_withdraws(bench, actor):
    """To everybody else the case does not exist here."""
    case = started(bench, withdrawable())
    with pytest.raises(NotFound):
        bench.use(withdraw, case.number, actor, "x")
    assert bench.waiting(case) == ["review"]


def test_a_message_that_interrupts_nothing_may_come_again(bench):
    """As BPMN has it: each one sends a token out for as long as the activity lasts; the next one after that is kept."""
    asked = [boundary("asked", "review", message="asked", interrupting=False), user("reply", "发证机关"), end("replied")]
    flows = [chain("start", "review", "rest", "end"), chain("asked", "reply", "replied")]
    case = started(bench, (bpmn(start(form="apply"), user("review", "发证机关"), user("rest", "发证机关"), *asked, end(), *flows), APPLY))
    for n in (1, 2):
        bench.message(case, "asked", {"n": n}, key=str(n))
        assert bench.variables(case)["asked"] == {"n": n}
    assert bench.waiting(case) == ["reply", "reply", "review"]
    bench.complete(case, "review")
    bench.message(case, "asked", {"n": 3}, key="3")
    assert (bench.waiting(case), bench.case(case).kept_messages) == (["reply", "reply", "rest"], 1)
    for element in ("reply", "reply", "rest"):
        bench.complete(case, element)
    assert bench.case(case).state == "ended"
