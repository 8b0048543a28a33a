"""Real processes are killed with SIGKILL, or stand still, in the middle of a filing: it goes on by itself, with one effect of each kind.

CI takes a sample that changes with the day; `make chaos` takes every moment, and thousands of random ones.
"""

import random
from datetime import date

import deeds
from doomed import FROZEN, KILLED, deed
from sqlalchemy import func, select

from workflow_runtime.jobs import MAX_DELIVERIES
from workflow_runtime.store.tables import jobs

LEASE_OVER = 150.0
"""Seconds after which every lease of a dead worker has expired; everybody's clock moves on by it before the restart."""
SAMPLE = 10
"""Moments that CI takes of all that one filing has."""
SIDE_BY_SIDE = 4


def ended_well(office, serial, among=None):
    """已归集, with one 赋码, one 归集 and one seal request, and nothing for a person to repair. `among`: all effects, already asked for."""
    number = deeds.number_of(office.runtime, serial)
    assert (office.status(number), office.effects(number, among), office.incidents(number)) == ("已归集", (1, 1, 1), []), number


def may_seem_poisonous(office):
    """Chance has killed the workers of one job again and again: a few times more and it is parked for a person, as it should be."""
    with office.runtime.database.engine.connect() as connection:
        without_answer = select(func.max(jobs.c.deliveries - jobs.c.attempts)).where(jobs.c.state.in_(("queued", "running")))
        return (connection.execute(without_answer).scalar_one() or 0) >= MAX_DELIVERIES - 1


def moments_of(doom, office, serial):
    """Plays a filing's story, each deed in a process of its own; gives (number of the deed, moment) for every moment that it has."""
    found = []
    for number, (name, arguments) in enumerate(deeds.STORY):
        if not outside(office, name):
            [ended] = doom.does(office, deed(name, serial=serial, **arguments))
            found += [(number, moment) for moment in range(1, ended["passed"] + 1)]
    return found


def played(doom, office, serial, fatal_deed, fatal):
    """The same story; the process of the chosen deed dies at the chosen moment, and the deed is done again."""
    for number, (name, arguments) in enumerate(deeds.STORY):
        if outside(office, name):
            continue
        if number == fatal_deed:
            [ended] = doom.does(office, deed(name, serial=serial, fatal=fatal, **arguments))
            office.clock.move(LEASE_OVER if ended["status"] == KILLED else 0)
            with office.runtime.transaction() as uow:  # files of an owner who was interrupted wait for him, but not without number
                uow.attachments.forget_loose(office.owner.party, uow.now)
        getattr(deeds, name)(office.runtime, serial=serial, **arguments)
    office.clock.move(LEASE_OVER)  # what a busy machine has put off is tried again by itself
    deeds.work(office.runtime, serial)


def outside(office, name):
    """What happens around the filing: the platform is busy once, and time passes until the next attempt."""
    if name == deeds.BUSY[0]:
        office.misbehave("national", "http-503", "fm")
    if name == deeds.LATER[0]:
        office.clock.move(LEASE_OVER)
    return name in (deeds.BUSY[0], deeds.LATER[0])


def test_a_filing_survives_a_kill_at_any_of_its_moments(doom, office, pytestconfig, figures):
    """Before and after every statement, commit and request, in the owner's, the reviewer's and the workers' processes."""
    first = next(office.serials)
    moments = moments_of(doom, office, first)
    ended_well(office, first)
    assert len(moments) > 600
    chosen = moments if pytestconfig.getoption("--chaos") else random.Random(date.today().toordinal()).sample(moments, SAMPLE)
    for number, moment in chosen:
        serial = next(office.serials)
        played(doom, office, serial, number, moment)
        ended_well(office, serial)
    figures.update({"moments": len(moments), "killed at": len(chosen), "lost": 0, "doubled": 0, "repaired by hand": 0})


def test_random_kills_of_workers_side_by_side_lose_and_double_nothing(doom, office, pytestconfig, figures):
    """Four workers on one database, each killed at a random moment again and again, while people go on filing and deciding."""
    kills, seed = pytestconfig.getoption("--kills"), random.randrange(1_000_000)
    chance, dead, filed, under_way = random.Random(seed), 0, [], []
    while dead < kills:
        while len(under_way) < 2 * SIDE_BY_SIDE:
            under_way.append(next(office.serials))
            deeds.file(office.runtime, under_way[-1])
        if may_seem_poisonous(office):
            for serial in under_way:
                deeds.work(office.runtime, serial)
        doomed = [deed("work_on_all", fatal=chance.randrange(1, 400), seconds=3.0) for _ in range(SIDE_BY_SIDE)]
        dead += sum(ended["status"] == KILLED for ended in doom.does(office, *doomed))
        office.clock.move(LEASE_OVER)
        for serial in under_way:
            deeds.complete(office.runtime, serial, "review", outcome="approve")
            deeds.complete(office.runtime, serial, "aggregate_button", outcome="push")
        over = [serial for serial in under_way if office.case(deeds.number_of(office.runtime, serial)).state == "ended"]
        filed += over
        under_way = [serial for serial in under_way if serial not in over]
    for serial in under_way:
        deeds.work(office.runtime, serial)
        deeds.complete(office.runtime, serial, "review", outcome="approve")
        deeds.work(office.runtime, serial)
        deeds.complete(office.runtime, serial, "aggregate_button", outcome="push")
        deeds.work(office.runtime, serial)
    effects = office.all_effects()
    for serial in [*filed, *under_way]:
        ended_well(office, serial, effects)
    figures.update({"seed": seed, "kills": dead, "filings": len(filed) + len(under_way), "lost": 0, "doubled": 0, "repaired by hand": 0})


def test_a_worker_that_stood_still_past_its_lease_comes_too_late(doom, office, pytestconfig, figures):
    """Another one has finished meanwhile: the answer of the first is refused, and nothing has happened twice."""
    rounds = 200 if pytestconfig.getoption("--chaos") else 4
    for _ in range(rounds):
        serial = next(office.serials)
        deeds.file(office.runtime, serial)
        deeds.work(office.runtime, serial)
        deeds.complete(office.runtime, serial, "review", outcome="approve")
        [ended] = doom.does(office, deed("work", serial=serial, frozen=random.randrange(1, 9)))
        assert ended["status"] == FROZEN
        office.clock.move(LEASE_OVER)
        deeds.work(office.runtime, serial)
        assert doom.goes_on()[0]["status"] == 0
        deeds.complete(office.runtime, serial, "aggregate_button", outcome="push")
        deeds.work(office.runtime, serial)
        ended_well(office, serial)
    figures.update({"rounds": rounds, "doubled": 0})


def test_a_job_that_kills_its_worker_each_time_is_parked_and_others_go_on(doom, office):
    """After five deliveries without an answer it waits for a person; a filing beside it reaches its end."""
    poisonous, other = next(office.serials), next(office.serials)
    for serial in (poisonous, other):
        deeds.file(office.runtime, serial)
        deeds.work(office.runtime, serial)
    deeds.complete(office.runtime, poisonous, "review", outcome="approve")
    number = deeds.number_of(office.runtime, poisonous)
    for _ in range(5):
        [ended] = doom.does(office, deed("work", serial=poisonous, path="crane/fm"))
        assert ended["status"] == KILLED
        office.clock.move(LEASE_OVER)
    deeds.work(office.runtime, other)
    doom.does(office, deed("work", serial=poisonous, path="crane/fm"))
    assert [incident.error["code"] for incident in office.incidents(number)] == ["POISON_JOB"]
    deeds.complete(office.runtime, other, "review", outcome="approve")
    deeds.work(office.runtime, other)
    deeds.complete(office.runtime, other, "aggregate_button", outcome="push")
    deeds.work(office.runtime, other)
    ended_well(office, other)
