"""Platforms that spoil three calls of ten, at random, in every way they know: each filing ends, by itself or at a person, and nothing is doubled."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from office import Office, furnished
from sqlalchemy import select

from registry.tables import certificate
from sandbox.misbehaviour import MODES
from workflow_runtime.store.tables import cases, incidents, user_tasks

FAULTY = 0.3
"""Of all calls."""
WIRE = [name for name, mode in MODES.items() if mode.scope == "wire" and name not in ("refuse-connections", "http-403")]
"""What passes by itself, call by call; a gateway that does not let us in waits for the operator."""
CALLBACKS = ("duplicate-callback", "early-callback", "foreign-callback", "forged-callback", "no-callback")
WRONG = ("wrong-seal-name", "changed-item", "stale-seal")
RARELY = 0.02
FILINGS = 25
LONGEST = 2_000
"""Rounds of eleven minutes: within them a poll, and most pauses, are over."""
UNDONE = {"code_trouble": "retry", "aggregate_trouble": "retry"}
"""What a person does after a refusal, which had no effect; a wrong seal is left to him."""


@pytest.fixture
def office(new_address, tmp_path, clock):
    with Office(new_address(furnished), tmp_path, clock, CRANE_READ_SECONDS="0.5", CRANE_BREAKER_FAILURES="5") as opened:
        yield opened


def spoil(office, seed):
    """Every call meets a fault of the wire with the same chance, and some requests are worked wrongly."""
    each = 1 - (1 - FAULTY) ** (1 / len(WIRE))
    for platform in ("national", "provincial"):
        for mode in WIRE:
            office.misbehave(platform, mode, "/", probability=each, seed=f"{seed} {platform} {mode}")
    for platform, path in (("national", "fm"), ("national", "gj"), ("provincial", "seal-requests")):
        office.misbehave(platform, "refuse", path, probability=RARELY, seed=f"{seed} {path}", arg={"code": "X1", "message": "平台拒绝"})
    for mode in ("unknown-code", "warn"):
        office.misbehave("national", mode, probability=RARELY, seed=f"{seed} {mode}")
    for mode in (*CALLBACKS, *WRONG):
        chance = RARELY if mode in WRONG else 0.1
        office.misbehave("provincial", mode, "seal-requests", probability=chance, seed=f"{seed} {mode}")


class People:
    """The reviewer decides whatever lies before him."""

    def __init__(self, office):
        self.office = office

    def look(self, query):
        with self.office.runtime.database.reading() as connection:
            return connection.execute(query).all()

    def act(self):
        """Gives the elements of tasks that are left to a person."""
        query = select(cases.c.number, user_tasks.c.element).join(cases, cases.c.id == user_tasks.c.case_id)
        left = set()
        for number, element in self.look(query.where(user_tasks.c.state == "open")):
            outcome = {"review": "approve", "aggregate_button": "push", **UNDONE}.get(element)
            if element == "seal_trouble" and self.office.certificate(number).seal_name is None and not sealing(self.office, number):
                outcome = "retry"
            if outcome is None:
                left.add(number)
            else:
                self.office.complete(number, element, outcome=outcome)
        return left

    def unfinished(self):
        return {number for (number,) in self.look(select(cases.c.number).where(cases.c.state == "running"))}

    def incidents(self):
        """What the operator is told, by case."""
        query = select(cases.c.number, incidents.c.error).join(cases, cases.c.id == incidents.c.case_id)
        return dict(tuple(row) for row in self.look(query.where(incidents.c.state == "open")))


def sealing(office, number):
    """The network took the request whose refusal a person sees: nothing but its answer was wrong."""
    key = office.certificate(number).seal_request
    return any(row["requestKey"] == key for row in office.held("provincial")["seal"])


def trouble_told(office, number):
    """The trouble that a person sees has a code, and words and a remedy in both languages."""
    told = [v for v in office.variables(number).values() if isinstance(v, dict) and {"code", "message", "remedy"} <= v.keys()]
    return any(v["code"] and v["message"]["zh"] and v["message"]["en"] and v["remedy"]["zh"] for v in told)


def test_filings_end_well_or_by_name_though_three_calls_of_ten_go_wrong(office, pytestconfig, figures):
    """已归集 with one effect of each kind, or an incident or 签章异常 with code, words and remedy, and no effect twice."""
    filings, seed = (2_000, random.randrange(10**6)) if pytestconfig.getoption("--chaos") else (FILINGS, random.randrange(10**6))
    print(f"seed {seed}")
    people, chance = People(office), random.Random(seed)
    spoil(office, seed)
    numbers, left, rounds = [], set(), 0
    while len(numbers) < filings or people.unfinished() - left - people.incidents().keys():
        numbers += [office.file(serial_no=f"F-{len(numbers) + n}") for n in range(min(10, filings - len(numbers)))]
        office.work()
        if chance.random() < 0.1:
            office.misbehave(chance.choice(("national", "provincial")), "refuse-connections", arg=0.1)
        left = people.act()
        office.clock.advance(timedelta(minutes=11))
        rounds += 1
        assert rounds < LONGEST, f"seed {seed}"
    named = people.incidents()
    with office.runtime.database.reading() as connection:
        held = {c.case_no: c for c in connection.execute(select(certificate).where(certificate.c.state != "void"))}
    coded, aggregated, sealed = office.all_effects()
    for number in numbers:
        of = held.get(number)
        had = (0, 0, 0) if of is None else (coded[of.number], aggregated[of.identifier], sealed[of.number])
        if office.status(number) == "已归集":
            assert had == (1, 1, 1), f"seed {seed}, case {number}"
        else:
            assert max(had) <= 1, f"seed {seed}, case {number}"
            told = named.get(number)
            assert trouble_told(office, number) if told is None else told["code"] and told["remedy"]["zh"], f"seed {seed}, case {number}"
    ended = Counter(office.status(number) for number in numbers)
    assert ended["已归集"] > 0.5 * filings, f"seed {seed}, {ended}"
    spoilt = [row["fault"] for p in ("national", "provincial") for row in office.held(p, "received")]
    figures.update({"filings": filings, "calls": len(spoilt), "incidents": len(named), "doubled": 0, "lost": 0, **ended})
