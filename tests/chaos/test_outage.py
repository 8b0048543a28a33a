"""A platform is down for a day while filings keep coming: it is asked seldom, and afterwards everything goes on, each filing in its order."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from office import Office, furnished
from test_faults import People

DAY = timedelta(hours=24)
PAUSE = 60
"""Seconds for which the platform is left alone at first; twenty times as long at the end."""
AN_HOUR = 11
"""Requests at most that the platform gets in an hour of the outage: five to find out, and probes after 1, 2, 4, 8, 16, 20, 20 … minutes."""
LATER = 4
"""The same from the fifth hour on."""
AFTER = timedelta(hours=4)
"""Within it everything has ended: the longest pause of a job, and its jitter, for each of a filing's first calls."""


@pytest.fixture
def office(new_address, tmp_path, clock):
    settings = {"CRANE_BREAKER_FAILURES": "5", "CRANE_BREAKER_SECONDS": str(PAUSE)}
    with Office(new_address(furnished), tmp_path, clock, **settings) as opened:
        yield opened


@pytest.fixture
def amount(pytestconfig):
    """Filings, minutes of a step of the clock, and the share of them that may end in one step: chance alone may bring a few together."""
    return (200, 1, 0.25) if pytestconfig.getoption("--chaos") else (7, 10, None)


def times(office, platform, since):
    return [at for row in office.held(platform, "received") if (at := datetime.fromisoformat(row["time"])) >= since]


@pytest.mark.in_turn
@pytest.mark.parametrize("platform", ["national", "provincial"])
def test_a_day_without_a_platform_is_survived_without_a_stampede(office, platform, amount, figures):
    filings, minutes, share = amount
    people, numbers, began = People(office), [], office.clock.now()
    office.misbehave(platform, "http-503", "/api/", probability=1)
    while office.clock.now() - began < DAY:
        while len(numbers) < filings * (office.clock.now() - began) / DAY:
            numbers.append(office.file(serial_no=f"O-{len(numbers)}"))
        office.work()
        people.act()
        office.clock.advance(timedelta(minutes=minutes))
    assert people.incidents() == {}, "an outage is no incident of each filing"
    asked = Counter(int((at - began) / timedelta(hours=1)) for at in times(office, platform, began))
    assert 0 < max(asked.values()) <= AN_HOUR, asked
    assert max(asked[hour] for hour in range(4, 24)) <= LATER, asked

    office.behave(platform)
    back, ended = office.clock.now(), Counter()
    while people.unfinished():
        before = people.unfinished()
        office.work()
        people.act()
        office.work()
        ended[office.clock.now()] = len(before - people.unfinished())
        office.clock.advance(timedelta(minutes=minutes))
        assert office.clock.now() - back < AFTER
    assert share is None or max(ended.values()) <= share * filings, "all of them came at once"
    for number in numbers:
        words = [e.status for e in office.timeline(number) if e.status]
        assert words == ["待审核", "审核通过（待赋码）", "待签章", "已签章（待归集）", "已归集"], number
    for kind in office.all_effects():
        assert (len(kind), max(kind.values())) == (filings, 1)
    figures.update(
        {
            platform: {
                "filings": filings,
                "requests in an hour at most": max(asked.values()),
                "drained at most in a step": max(ended.values()),
            }
        }
    )
