"""A running case moves to another version of its business: what it keeps, what it gets, what stands against it."""

from datetime import timedelta

import pytest
from diagrams import boundary, bpmn, call, catch, chain, end, exclusive, first_event, flow, parallel, service, start, subprocess, user
from moves import APPLY, codes, deployed, due_of, forecast, move, reviewed
from workbench import OPERATOR, REVIEWER, SAFETY, form

from workflow_runtime import inbox
from workflow_runtime.audit import entries_of, verify
from workflow_runtime.cases import resume, suspend
from workflow_runtime.errors import Invalid, NotAllowed, NotFound
from workflow_runtime.incidents import retry_incident
from workflow_runtime.messages import receive_message


def waiting(bench, before):
    """A case on this version, and the version."""
    bundle = deployed(bench, before)
    return bench.start(answers={"model": "x"}), bundle


def test_a_case_takes_the_step_that_the_new_version_has(bench):
    case, old = waiting(bench, reviewed())
    new = deployed(bench, reviewed(step="second"))
    report = move(bench)
    assert (report.moved, report.stayed, bench.case(case).bundle_id) == (1, (), new)
    assert new != old
    bench.complete(case, "review", outcome="approve")
    assert bench.waiting(case) == ["second"]
    bench.complete(case, "second")
    bench.work()
    assert (bench.case(case).state, bench.case(case).status) == ("ended", "已办结")


def test_a_renamed_element_is_followed_by_the_map_and_not_without(bench):
    case, old = waiting(bench, reviewed())
    bench.clock.advance(timedelta(days=2))
    due, deadline = due_of(bench, case), bench.task(case, "review").due_at
    deployed(bench, reviewed(name="first_review", variableName="review"))
    assert codes(move(bench)) == ["ELEMENT_GONE"]
    assert bench.case(case).bundle_id == old
    assert move(bench, "review=first_review").moved == 1
    task = bench.task(case, "first_review")
    assert (task.name, task.due_at, due_of(bench, case)) == ("first_review", deadline, due)
    bench.complete(case, "first_review", outcome="approve")
    bench.work()
    assert bench.case(case).state == "ended"


def test_a_timer_keeps_the_time_that_is_left(bench):
    """Five days, two of them gone: three days are left, whatever the new version says the timer is."""
    case, _ = waiting(bench, reviewed())
    before = due_of(bench, case)
    bench.clock.advance(timedelta(days=2))
    deployed(bench, reviewed(timer="P10D"))
    assert [group.reason.code for group in forecast(bench).changing] == ["TIMER_KEPT"]
    move(bench)
    assert due_of(bench, case) == before


def test_a_new_timer_starts_now_and_one_that_is_gone_does_not_fire(bench):
    case, _ = waiting(bench, bpmn(start(form="apply"), user("review", "发证机关"), end(), chain("start", "review", "end")))
    with_timer = bpmn(
        start(form="apply"),
        user("review", "发证机关"),
        boundary("late", "review", timer="P1D"),
        end(),
        end("given_up", status="超期"),
        chain("start", "review", "end"),
        chain("late", "given_up"),
    )
    bench.clock.advance(timedelta(days=3))
    deployed(bench, with_timer)
    move(bench)
    assert due_of(bench, case) == bench.clock.now() + timedelta(days=1)
    other = bench.start(answers={"model": "x"})
    deployed(bench, bpmn(start(form="apply"), user("review", "发证机关"), end(), chain("start", "review", "end")), APPLY)
    move(bench)
    assert (due_of(bench, case), due_of(bench, other)) == (None, None)
    bench.pass_time(days=9)
    assert bench.waiting(case) == bench.waiting(other) == ["review"]


def test_a_reminder_that_has_fired_does_not_fire_again(bench):
    case, _ = waiting(bench, reviewed())
    bench.pass_time(days=6)
    assert due_of(bench, case) is None
    deployed(bench, reviewed(timer="P9D", step="second"))
    move(bench)
    assert due_of(bench, case) is None
    bench.complete(case, "review", outcome="approve")
    assert bench.waiting(case) == ["second"]


def test_a_cycle_goes_on_counting(bench):
    """Three reminders, one of them sent; the new version has four: three more come."""

    def reminding(text):
        return bpmn(
            start(form="apply"),
            user("review", "发证机关"),
            boundary("remind", "review", timer=text, interrupting=False),
            service("tell", "outside.keyed", {"value": "apply.model"}),
            end(),
            end("told"),
            chain("start", "review", "end"),
            chain("remind", "tell", "told"),
        )

    case, _ = waiting(bench, reminding("R3/P1D"))
    bench.pass_time(days=1, minutes=1)
    assert len(bench.outside.effects) == 1
    deployed(bench, reminding("R4/P1D"), APPLY)
    move(bench)
    for _ in range(9):
        bench.pass_time(days=1)
    assert len(bench.outside.effects) == 4
    assert bench.waiting(case) == ["review"]


def test_a_date_that_was_changed_is_the_new_one(bench):
    def until(day):
        return bpmn(start(form="apply"), catch("wait", timer=day), end(), chain("start", "wait", "end"))

    case, _ = waiting(bench, until("2026-04-01"))
    deployed(bench, until("2026-05-01"), APPLY)
    move(bench)
    assert due_of(bench, case).isoformat() == "2026-04-30T16:00:00+00:00"


def test_the_due_date_follows_the_new_number_of_days_from_when_the_task_came_up(bench):
    """And a reminder that is reckoned from the due date follows it."""
    case, _ = waiting(bench, reviewed(timer="due-WD1"))
    begun = bench.clock.now()
    bench.clock.advance(timedelta(days=2))
    deployed(bench, reviewed(timer="due-WD1", days="10"))
    move(bench)
    calendar = bench.runtime.calendar
    assert bench.task(case, "review").due_at == calendar.add(begun, 10)
    assert due_of(bench, case) == calendar.add(calendar.add(begun, 10), -1)


def test_a_claimed_task_keeps_its_claimant_and_his_draft(bench):
    case, _ = waiting(bench, reviewed())
    task = bench.task(case, "review")
    bench.use(inbox.save_draft, task.id, REVIEWER, {"note": "看过"}, task.revision, outcome="approve")
    deployed(bench, reviewed(step="second"))
    move(bench)
    task = bench.task(case, "review")
    assert (task.claimed_by, task.draft) == (REVIEWER.id, {"note": "看过", "outcome": "approve"})


def test_a_task_that_others_work_now_is_let_go_of(bench):
    """The draft was its writer's; the others find an empty form, and the task in their inbox."""
    case, _ = waiting(bench, reviewed())
    task = bench.task(case, "review")
    bench.use(inbox.save_draft, task.id, REVIEWER, {"note": "看过"}, task.revision)
    deployed(bench, reviewed(lane="安全科"))
    assert [group.reason.code for group in forecast(bench).changing] == ["LANE_CHANGED"]
    move(bench)
    task = bench.task(case, "review")
    assert (task.claimed_by, task.draft) == (None, None)
    assert bench.tasks(case, SAFETY) == [task]
    assert bench.tasks(case, REVIEWER) == []


def test_a_person_who_has_the_old_form_open_is_told_that_it_has_changed(bench):
    case, _ = waiting(bench, reviewed())
    same, other = bench.task(case, "review"), None
    deployed(bench, reviewed(step="second"))
    move(bench)
    assert bench.task(case, "review").revision == same.revision
    deployed(bench, reviewed(step="second"), APPLY, form("review", "note", "ground!"))
    move(bench)
    other = bench.task(case, "review")
    assert other.revision == same.revision + 1
    with pytest.raises(Invalid):
        bench.complete(case, "review", outcome="approve")
    bench.complete(case, "review", outcome="approve", answers={"ground": "x"})


def test_the_status_word_is_the_new_one_of_the_element(bench):
    case, _ = waiting(bench, reviewed())
    assert bench.case(case).status == "待审核"
    changed = reviewed().replace("待审核".encode(), "初审中".encode())
    deployed(bench, changed)
    move(bench)
    assert bench.case(case).status == "初审中"


def test_a_job_that_has_not_begun_is_queued_anew_under_its_key(bench):
    case, _ = waiting(bench, reviewed())
    bench.complete(case, "review", outcome="approve")
    before = bench.jobs(case)[0]
    deployed(bench, reviewed(handler="outside.keyed"))
    assert [group.reason.code for group in forecast(bench).changing] == ["JOB_ANEW"]
    move(bench)
    after = bench.jobs(case)[0]
    assert (after.handler, after.token, after.state) == ("outside.keyed", before.token, "queued")
    bench.work()
    assert bench.outside.effects == [(f"{case.number}-{before.token}", "x")]
    assert bench.case(case).state == "ended"


def test_a_job_that_has_begun_stays_with_what_it_calls(bench):
    """With another handler the case stays; with the same one it moves, and the answer is taken in there."""
    case, old = waiting(bench, reviewed())
    bench.complete(case, "review", outcome="approve")
    bench.outside.plan = ["transient"]
    bench.one_job()
    deployed(bench, reviewed(handler="outside.keyed"))
    assert codes(move(bench)) == ["JOB_STARTED"]
    assert bench.case(case).bundle_id == old
    deployed(bench, reviewed(step="second"))
    assert move(bench).moved == 1
    bench.pass_time(minutes=5)
    assert bench.case(case).state == "ended"
    assert len(bench.outside.effects) == 1


def test_a_job_in_trouble_moves_with_its_incident(bench):
    case, _ = waiting(bench, reviewed())
    bench.complete(case, "review", outcome="approve")
    bench.outside.plan = ["bug"]
    bench.work()
    renamed = (
        reviewed()
        .replace(b'id="send"', b'id="push"')
        .replace(b'"decision-send"', b'"d-p"')
        .replace(b'targetRef="send"', b'targetRef="push"')
    )
    deployed(bench, renamed.replace(b'sourceRef="send"', b'sourceRef="push"'))
    assert move(bench, "send=push").moved == 1
    [incident] = bench.incidents(case)
    assert (incident.element, bench.jobs(case)[0].element) == ("push", "push")
    bench.use(retry_incident, incident.id, OPERATOR)
    bench.work()
    assert bench.case(case).state == "ended"


def test_a_local_handler_that_failed_is_mended_by_moving(bench):
    """Its effect was rolled back, so it begins anew as the new diagram says; the incident is settled."""

    def noting(fail):
        return bpmn(
            start(form="apply"),
            user("review", "发证机关"),
            service("note", "local.note", {"fail": fail}),
            end(),
            chain("start", "review", "note", "end"),
        )

    case, _ = waiting(bench, noting('"bug"'))
    bench.complete(case, "review")
    assert len(bench.incidents(case)) == 1
    deployed(bench, noting("null"), APPLY)
    move(bench)
    assert bench.incidents(case) == []
    bench.work()
    assert bench.case(case).state == "ended"


def test_timers_that_nobody_could_read_are_asked_anew(bench):
    def waits(text):
        return bpmn(start(form="apply"), catch("wait", timer=text), end(), chain("start", "wait", "end"))

    case, _ = waiting(bench, waits("=apply.model"))
    assert [i.error["code"] for i in bench.incidents(case)] == ["TIMER_INVALID"]
    deployed(bench, waits("P1D"), APPLY)
    move(bench)
    assert bench.incidents(case) == []
    bench.pass_time(days=1, minutes=1)
    assert bench.case(case).state == "ended"


def test_a_suspended_case_moves_and_stays_suspended(bench):
    """Its jobs wait, its timers do not fire, until it is resumed on the new version."""
    case, _ = waiting(bench, reviewed())
    bench.use(suspend, case.number, OPERATOR, "核查")
    deployed(bench, reviewed(step="second"))
    assert move(bench).moved == 1
    assert (bench.case(case).state, due_of(bench, case)) == ("suspended", None)
    bench.use(resume, case.number, OPERATOR, "核查完毕")
    bench.complete(case, "review", outcome="approve")
    assert bench.waiting(case) == ["second"]


def test_cases_that_are_over_or_of_another_business_are_left_alone(bench):
    case, old = waiting(bench, reviewed())
    bench.complete(case, "review", outcome="approve")
    bench.work()
    deployed(bench, reviewed(step="second"))
    assert (forecast(bench).total, move(bench).moved, bench.case(case).bundle_id) == (0, 0, old)


def joined(*branches, join=None):
    """A split and a join around these user tasks; the branches in `join` only meet."""
    meeting = branches if join is None else join
    return bpmn(
        start(form="apply"),
        parallel("split"),
        *[user(each, "发证机关") for each in branches],
        parallel("join"),
        user("after", "发证机关"),
        end(),
        *[end(f"end_{each}") for each in branches if each not in meeting],
        chain("start", "split"),
        *[chain("split", each, "join" if each in meeting else f"end_{each}") for each in branches],
        chain("join", "after", "end"),
    )


def test_a_join_at_which_a_branch_has_arrived_must_be_the_same(bench):
    case, _ = waiting(bench, joined("a", "b"))
    bench.complete(case, "a")
    deployed(bench, joined("a", "b", "c"), APPLY)
    assert codes(move(bench)) == ["JOIN_CHANGED"]
    bench.complete(case, "b")
    assert bench.waiting(case) == ["after"]
    assert move(bench).moved == 1


def test_a_join_that_would_wait_for_ever_is_foreseen(bench):
    """No branch has arrived yet, but the new join waits for one that this case was never on."""
    case, old = waiting(bench, joined("a", "b"))
    deployed(bench, joined("a", "b", "c"), APPLY)
    assert codes(move(bench)) == ["WOULD_STICK"]
    assert bench.case(case).bundle_id == old


def test_branches_that_stand_one_after_the_other_now_are_not_done_twice(bench):
    waiting(bench, joined("a", "b"))
    deployed(bench, bpmn(start(form="apply"), user("a", "发证机关"), user("b", "发证机关"), end(), chain("start", "a", "b", "end")), APPLY)
    assert codes(move(bench)) == ["WOULD_REPEAT"]


def test_a_case_in_a_half_arrived_join_finishes_on_the_new_version(bench):
    case, _ = waiting(bench, joined("a", "b"))
    bench.complete(case, "a")
    deployed(bench, joined("a", "b").replace("业务".encode(), "新业务".encode()).replace(b'name="after"', b'name="After"'), APPLY)
    assert move(bench).moved == 1
    bench.complete(case, "b")
    bench.complete(case, "after")
    assert bench.case(case).state == "ended"


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (user("x", "发证机关"), service("x", "outside.send", {"value": "apply.model"}), "ELEMENT_RETYPED"),
        (catch("x", timer="P1D"), catch("x", message="m"), "ELEMENT_RETYPED"),
        (user("x", "发证机关"), subprocess("part", start("s"), user("x", "发证机关"), end("e"), chain("s", "x", "e")), "ELEMENT_MOVED"),
        (user("x", "发证机关"), user("y", "发证机关"), "ELEMENT_GONE"),
    ],
)
def test_a_token_needs_the_same_kind_of_place_in_the_same_scope(bench, before, after, code):
    def drawn(piece):
        name = next(name for name in ("part", "x", "y") if f'id="{name}"' in piece.xml)
        return bpmn(start(form="apply"), piece, end(), chain("start", name, "end"))

    waiting(bench, drawn(before))
    deployed(bench, drawn(after), APPLY)
    assert [group.reason.code for group in forecast(bench).staying] == [code]
    assert codes(move(bench)) == [code]


def test_a_case_inside_a_called_process_and_a_subprocess_moves(bench):
    """The inner diagrams have a step more each; the call must be of the same process."""

    def inner(*steps, id="inner"):  # noqa: A002 BPMN's own word
        return bpmn(start(), *[user(each, "发证机关") for each in steps], end(), chain("start", *steps, "end"), id=id)

    def outer(*steps, called="inner"):
        part = subprocess(
            "part", start("s"), call("c", called), *[user(each, "发证机关") for each in steps], end("e"), chain("s", "c", *steps, "e")
        )
        return bpmn(start(form="apply"), part, end(), chain("start", "part", "end"))

    bench.deploy(outer(), inner("one"), APPLY)
    case = bench.start(answers={"model": "x"})
    bench.deploy(outer("three"), inner("one", "two"), APPLY)
    assert move(bench).moved == 1
    for step in ("one", "two", "three"):
        assert bench.waiting(case) == [step]
        bench.complete(case, step)
    assert bench.case(case).state == "ended"
    again = bench.start(answers={"model": "x"})
    bench.deploy(outer(called="other"), inner("one", id="other"), ("other.bpmn", inner("one")), APPLY)
    assert codes(move(bench)) == ["CALL_CHANGED"]
    assert bench.waiting(again) == ["one"]


def test_an_event_based_gateway_keeps_its_times_and_takes_new_events(bench):
    def race(*events):
        return bpmn(
            start(form="apply"),
            first_event("race"),
            *events,
            end(),
            *[end(f"end_{n}", status=f"第{n}") for n in range(len(events))],
            chain("start", "race"),
            *[flow("race", name) for name in ("slow", "fast", "told")[: len(events)]],
            *[flow(name, f"end_{n}") for n, name in enumerate(("slow", "fast", "told")[: len(events)])],
        ).replace(b'<bpmn:endEvent id="end"></bpmn:endEvent>', b"")

    case, _ = waiting(bench, race(catch("slow", timer="P5D"), catch("fast", timer="P3D")))
    bench.clock.advance(timedelta(days=1))
    deployed(bench, race(catch("slow", timer="P5D"), catch("fast", timer="P9D"), catch("told", message="m")), APPLY)
    move(bench)
    assert due_of(bench, case) == bench.clock.now() + timedelta(days=2)
    bench.message(case, "m")
    assert bench.case(case).status == "第2"


def test_a_message_that_was_kept_is_delivered_to_who_waits_for_it_now(bench):
    case, _ = waiting(bench, bpmn(start(form="apply"), user("review", "发证机关"), end(), chain("start", "review", "end")))
    bench.use(receive_message, case.number, "m", {}, "k")
    deployed(
        bench,
        bpmn(
            start(form="apply"),
            user("review", "发证机关"),
            boundary("told", "review", message="m"),
            end(),
            end("stopped", status="已停办"),
            chain("start", "review", "end"),
            chain("told", "stopped"),
        ),
    )
    move(bench)
    assert bench.case(case).status == "已停办"


def test_a_variable_that_the_new_way_reads_and_the_case_lacks_is_told(bench):
    """Only where nothing on the way writes it first, and not when the old way read it as well."""

    def drawn(condition, *first):
        return bpmn(
            start(form="apply"),
            user("review", "发证机关", form="review"),
            *[user(each, "发证机关", form="review", variableName=each) for each in first],
            exclusive("g", default="no"),
            end(),
            end("other"),
            chain("start", "review", *first, "g"),
            flow("g", "end", condition),
            flow("g", "other", id="no"),
        )

    first, _ = waiting(bench, drawn("review.note = 'x'"))
    deployed(bench, drawn("level.note = 'x'", "level"))
    assert forecast(bench).changing == ()
    before_review = bpmn(
        start(form="apply"),
        user("level", "发证机关", form="review"),
        user("review", "发证机关", form="review"),
        exclusive("g", default="no"),
        end(),
        end("other"),
        chain("start", "level", "review", "g"),
        flow("g", "end", "level.note = 'x'"),
        flow("g", "other", id="no"),
    ).replace(b'name="formKey" value="review"/></spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>\n<bpmn:userTask id="review"', b'name="formKey" value="review"/><spiffworkflow:property name="variableName" value="level"/></spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>\n<bpmn:userTask id="review"')  # fmt: skip
    deployed(bench, before_review)
    [group] = forecast(bench).changing
    assert (group.reason.code, "level" in group.reason.message.zh, group.numbers) == ("VARIABLE_MISSING", True, [first.number])
    assert move(bench).moved == 1


def test_the_move_is_in_the_audit_with_its_reason_and_the_chain_holds(bench):
    case, old = waiting(bench, reviewed())
    new = deployed(bench, reviewed(name="first", variableName="review"))
    report = move(bench, "review=first", reason="法规修订")
    with bench.runtime.reading() as uow:
        told = entries_of(uow.audit_rows, f"case:{case.number}")[-1]
        assert verify(uow.audit_rows).breaches == []
    assert (told.action, told.reason) == ("case.migrated", "法规修订")
    details = {key: told.details[key] for key in ("from", "to", "mapping", "batch")}
    assert details == {"from": old, "to": new, "mapping": {"review": "first"}, "batch": report.batch.id}


def test_a_migration_needs_an_analyst_a_reason_a_version_of_the_business_and_a_sound_map(bench):
    waiting(bench, reviewed())
    deployed(bench, reviewed(step="second"))
    for actor in (REVIEWER, OPERATOR):
        with pytest.raises(NotAllowed):
            move(bench, actor=actor)
        with pytest.raises(NotAllowed):
            forecast(bench, actor=actor)
    for pairs in (["review"], ["=x"], ["review=nowhere"], ["nowhere=second"], ["review=second", "review=x"]):
        with pytest.raises(Invalid):
            move(bench, *pairs)
    with pytest.raises(Invalid):
        move(bench, reason=" ")
    with pytest.raises(NotFound):
        move(bench, to="0" * 64)
    with pytest.raises(Invalid):
        move(bench, numbers=[])
