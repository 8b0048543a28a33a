"""The limit of queries per address."""

from datetime import UTC, datetime, timedelta

import pytest

from web.rate_limit import RateLimit, TooOften

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def taken(limit, address="a", after=0.0):
    """Whether one more query is let through, so many seconds after the beginning."""
    try:
        limit.take(address, NOW + timedelta(seconds=after))
    except TooOften:
        return False
    return True


def test_a_burst_then_one_by_one():
    limit = RateLimit(burst=2, seconds=3)
    assert [taken(limit), taken(limit), taken(limit)] == [True, True, False]
    assert [taken(limit, after=2.9), taken(limit, after=3.0), taken(limit, after=3.1)] == [False, True, False]


def test_a_rest_fills_the_bucket_and_no_more():
    limit = RateLimit(burst=2, seconds=3)
    assert [taken(limit, after=1000) for _ in range(3)] == [True, True, False]


def test_a_refused_query_does_not_prolong_the_wait():
    limit = RateLimit(burst=1, seconds=3)
    assert taken(limit)
    for at in (0.5, 1.0, 1.5):
        with pytest.raises(TooOften) as refused:
            limit.take("a", NOW + timedelta(seconds=at))
    assert refused.value.wait == 2
    assert taken(limit, after=3)


def test_addresses_do_not_hinder_each_other():
    limit = RateLimit(burst=1, seconds=3)
    assert [taken(limit, "a"), taken(limit, "b"), taken(limit, "a")] == [True, True, False]


def test_what_is_given_back_does_not_count():
    limit = RateLimit(burst=1, seconds=3)
    assert taken(limit)
    limit.give_back("a")
    limit.give_back("a")
    assert [taken(limit), taken(limit)] == [True, False]


def test_a_clock_that_goes_back_gives_nothing_away():
    limit = RateLimit(burst=1, seconds=3)
    assert [taken(limit, after=10), taken(limit, after=0), taken(limit, after=0)] == [True, False, False]


def test_only_the_last_addresses_are_remembered():
    """Memory stays bounded whatever comes in."""
    limit = RateLimit(burst=1, seconds=1000, known=2)
    assert [taken(limit, address) for address in ("a", "b", "c")] == [True, True, True]
    assert [taken(limit, "c"), taken(limit, "b"), taken(limit, "a")] == [False, False, True]


def test_a_whole_network_of_version_6_is_one_address():
    """Whoever has one address of it has 2⁶⁴ of them; behind a translator, an address of version 4 is itself."""
    limit = RateLimit(burst=1, seconds=3)
    asked = ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2", "unix:", "")
    assert [taken(limit, address) for address in asked] == [True, False, True, True, False, True, True, True]
