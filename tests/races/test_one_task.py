"""64 reviewers complete one task at the same instant: one of them does, and the others are told who was faster."""

import threading

from asking import Program
from diagrams import bpmn, chain, end, start, user
from drawings import APPLY
from office import Office, furnished
from racers import REVIEWERS, at_once, in_processes, reviewer, rounds_of
from workbench import MONDAY

from registry.users import add_user, grant
from web.app import create_app
from web.server import serving
from workflow_runtime.clock import ManualClock

REVIEW = bpmn(start(form="apply"), user("review", "发证机关"), end(status="通过"), chain("start", "review", "end"))
LEAST, MOST = 2, 100


def rounds(pytestconfig):
    return MOST if pytestconfig.getoption("--chaos") else LEAST


def opened(bench, count):
    """So many cases under review, and what is pressed in each: the task and the revision that everybody saw."""
    bench.deploy(REVIEW, APPLY)
    cases = [bench.start(answers={"model": "x"}) for _ in range(count)]
    return cases, [(task.id, task.revision) for task in (bench.task(case, "review") for case in cases)]


def one_of_each(bench, cases, outcomes):
    """Each round has one winner, whom all others are told of, and one entry in the trail."""
    for case, round_ in zip(cases, outcomes, strict=True):
        winners = [who for how, who in round_ if how == "won"]
        assert len(winners) == 1
        assert [who for how, who in round_ if how == "conflict"] == winners * (REVIEWERS - 1)
        assert [(entry.action, entry.who) for entry in bench.timeline(case)][1:] == [("task.completed", winners[0])]
        assert bench.case(case).status == "通过"


def test_of_64_threads_one_wins(bench, pytestconfig, figures):
    cases, tasks = opened(bench, rounds(pytestconfig))
    outcomes = rounds_of(bench.runtime, tasks, [reviewer(n) for n in range(REVIEWERS)], threading.Barrier(REVIEWERS))
    one_of_each(bench, cases, outcomes)
    figures.update({"rounds": len(cases), "reviewers": REVIEWERS, "winners": 1, "polite conflicts": REVIEWERS - 1, "audit entries": 1})


def test_of_64_in_four_processes_one_wins(bench, pytestconfig, figures):
    cases, tasks = opened(bench, rounds(pytestconfig))
    address = bench.database.engine.url.render_as_string(hide_password=False)
    one_of_each(bench, cases, in_processes(address, bench.clock.now(), tasks, processes=4))
    figures.update({"rounds": len(cases), "reviewers": REVIEWERS, "winners": 1, "polite conflicts": REVIEWERS - 1, "audit entries": 1})


def test_of_64_over_http_one_wins(new_address, tmp_path, pytestconfig, figures):
    """Each with his own account and token: one gets 200, 63 get 412 (what they saw is no more) with the winner's name, and nobody anything else."""
    with Office(new_address(furnished), tmp_path, ManualClock(MONDAY)) as office:
        party = "authority:11150100MB0000001L"
        with office.runtime.transaction() as uow:
            for n in range(REVIEWERS):
                add_user(uow.connection, f"r{n}", f"审核员{n}", party, uow.now)
                grant(uow.connection, f"r{n}", "reviewer", party, uow.now)
        with serving(create_app(office.runtime)) as base:
            programs = [Program(office.runtime, f"r{n}", base=base) for n in range(REVIEWERS)]
            for number in range(rounds(pytestconfig) // 2):
                case = office.file(serial_no=f"RACE-{number}")
                office.work()
                task = next(task for task in office.tasks(case) if task.element == "review")
                tag = programs[0].get(f"/tasks/{task.id}").tag
                press = lambda p, task=task, tag=tag: p.post(  # noqa: E731
                    f"/tasks/{task.id}/completion", {"outcome": "approve", "answers": {}}, match=tag
                )
                answers = at_once([lambda p=p, press=press: press(p) for p in programs], threading.Barrier(REVIEWERS))
                statuses = sorted(answer.status for answer in answers)
                assert statuses == [200] + [412] * (REVIEWERS - 1)
                [winner] = [n for n, answer in enumerate(answers) if answer.status == 200]
                assert {answer.json["who"] for answer in answers if answer.status == 412} == {f"审核员{winner}"}
                completed = [entry for entry in office.timeline(case) if entry.action == "task.completed"]
                assert [(entry.who, entry.name) for entry in completed if entry.name == "审核"] == [(f"审核员{winner}", "审核")]
    figures.update({"rounds": number + 1, "reviewers": REVIEWERS, "winners": 1, "polite conflicts": REVIEWERS - 1, "audit entries": 1})
