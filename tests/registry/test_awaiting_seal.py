"""Which certificates wait for a seal, and which certificate belongs to which case."""

from datetime import timedelta

import pytest

from registry.awaiting_seal import authorities_of, awaiting_seal
from registry.case_certificates import cases_of_number, numbers_of_cases
from registry.certificates import by_identifier, change_state, draft_certificate
from registry.exchanges import close_exchange, open_exchange
from registry.issuing import record_code, record_seal_request
from workflow_runtime.actors import Actor, Grant

HOUR = timedelta(hours=1)
NETWORK = "provincial"


def coded(connection, make, facts, case, serial_no, at):
    made = draft_certificate(connection, make.draft(connection, case, make.machine(connection, serial_no)), facts.now)
    record_code(connection, made.identifier, ecert_id="e" * 32, qr_text="https://national.example/q", now=facts.now + at)
    return by_identifier(connection, made.identifier)


def waiting(connection, facts, authority=None):
    return [each.case for each in awaiting_seal(connection, {authority or facts.authority}, NETWORK)]


def test_who_has_a_code_and_no_seal_waits_the_longest_first(connection, make, facts):
    """From the code on, until a seal has passed the check; of one's own authorities only."""
    draft_certificate(connection, make.draft(connection, "C0", make.machine(connection, "A-0")), facts.now)
    second = coded(connection, make, facts, "C2", "A-2", HOUR)
    coded(connection, make, facts, "C1", "A-1", timedelta())
    assert waiting(connection, facts) == ["C1", "C2"]
    assert waiting(connection, facts, "11150200MB0000002W") == list(awaiting_seal(connection, set(), NETWORK)) == []
    record_seal_request(connection, second.identifier, "R", facts.now + 2 * HOUR)
    first, last = awaiting_seal(connection, {facts.authority}, NETWORK)
    assert (first.since, first.asked_at) == (facts.now, None)
    assert (last.since, last.asked_at, last.owner, last.number) == (facts.now + 2 * HOUR, facts.now + 2 * HOUR, "甲租赁公司", second.number)


@pytest.mark.parametrize("verified", [True, False], ids=["passed", "failed"])
def test_a_seal_ends_the_waiting_when_it_has_passed_the_check(connection, make, facts, verified):
    """One that has not is told by its name."""
    made = draft_certificate(connection, make.draft(connection), facts.now)
    make.sealed(connection, made.identifier, verified=verified, seal_name="别的单位")
    found = awaiting_seal(connection, {facts.authority}, NETWORK)
    assert [each.seal_name for each in found] == ([] if verified else ["别的单位"])


def test_a_void_draft_waits_for_nothing(connection, make, facts):
    made = coded(connection, make, facts, "C1", "A-1", timedelta())
    change_state(connection, made.identifier, "void", "x", facts.now)
    assert waiting(connection, facts) == []
    assert numbers_of_cases(connection, ["C1"]) == {}


def test_the_last_trouble_with_the_network_is_told(connection, make, facts):
    """Only of the last call, only of this platform, only when it did not end well."""
    coded(connection, make, facts, "C1", "A-1", timedelta())

    def call(platform, outcome, at):
        opened = open_exchange(connection, platform=platform, operation="seal", case="C1", key="k", request={}, now=at)
        close_exchange(connection, opened, status=200, answer="{}", outcome=outcome, duration_ms=1)
        [each] = awaiting_seal(connection, {facts.authority}, NETWORK)
        return each.trouble, each.trouble_at

    assert call("national", "refused", facts.now) == ("", None)
    assert call(NETWORK, "transient", facts.now) == ("transient", facts.now)
    assert call(NETWORK, "refused", facts.now + HOUR) == ("refused", facts.now + HOUR)
    assert call("national", "accepted", facts.now + HOUR) == ("refused", facts.now + HOUR)
    assert call(NETWORK, "accepted", facts.now + 2 * HOUR) == ("", None)


def test_the_authorities_of_a_reviewer_are_those_of_his_grants_and_departments(facts):
    party = f"authority:{facts.authority}"
    for granted in (party, f"{party}/质量安全科"):
        assert authorities_of(Actor("x", "x", party, frozenset({Grant("reviewer", granted)})), "reviewer") == {facts.authority}
    others = frozenset({Grant("supervisor", party), Grant("reviewer", f"owner:{facts.owner}"), Grant("reviewer", "region:X")})
    assert authorities_of(Actor("x", "x", party, others), "reviewer") == frozenset()


PARTS = {
    "蒙AA-T202600001": 1,
    "蒙ａａ—t2026": 2,
    "T2026": 2,
    "00002": 1,
    "A-T2026": 0,
    "T2": 0,
    "%%%": 0,
    "___": 0,
    "": 0,
    "\0\0\0": 0,
    "9" * 41: 0,
}


def test_a_case_is_found_by_part_of_its_certificates_number(connection, make, facts):
    """However typed; too short a part would find everything, so it finds nothing."""
    for case, serial_no in (("C1", "A-1"), ("C2", "A-2")):
        draft_certificate(connection, make.draft(connection, case, make.machine(connection, serial_no)), facts.now)
    for part, found in PARTS.items():
        assert len(cases_of_number(connection, part)) == found, part
    assert cases_of_number(connection, "T202600002") == ["C2"]
    assert numbers_of_cases(connection, ["C1", "C2", "C3"]) == {"C1": "蒙AA-T202600001", "C2": "蒙AA-T202600002"}
    assert numbers_of_cases(connection, []) == {}
