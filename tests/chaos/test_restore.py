"""A backup is made, work goes on, the backup is restored: `crane reconcile` names what the platforms have, and nothing is done twice."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from office import Office, answers_of, furnished
from restoring import Backup

from web import composition
from web.cli import main
from web.demonstration.filing import with_papers


@pytest.fixture
def office(new_address, tmp_path, clock, monkeypatch):
    monkeypatch.setattr(composition, "SystemClock", lambda: clock)  # the command lives in the office's time
    with Office(new_address(furnished), tmp_path, clock) as opened:
        yield opened


def crane(office, *arguments):
    """Exit status and standard output."""
    ran = CliRunner().invoke(main, arguments, env=office.environment)
    return ran.exit_code, ran.stdout


def reconciled(office, *options):
    status, said = crane(office, "reconcile", "--json", *options)
    report = json.loads(said)
    return status, {(m["effect"], m["case"], m["number"]) for m in report["missing"]}, report


def finish(office, *numbers):
    """People and workers do what is left to do, until the cases have ended."""
    for number in numbers:
        if "review" in office.waiting(number):
            office.approve(number)
    for number in numbers:
        office.work()
        office.clock.advance(timedelta(minutes=11))  # the network calls back about a request once
        office.until(lambda number=number: office.case(number).state == "ended" or "aggregate_button" in office.waiting(number))
        if office.case(number).state != "ended":
            office.push(number)
        assert (office.status(number), office.effects(number), office.incidents(number)) == ("已归集", (1, 1, 1), []), number


def to_review(office, **changes):
    number = office.file(**changes)
    office.until(lambda: "review" in office.waiting(number))
    return number


def test_after_a_restore_every_effect_is_named_and_none_is_had_twice(office, tmp_path):
    """Filings at every stage, and one that the backup does not know: its number is found, and is not given out again."""
    button, pushed, sealing, coding, review = [to_review(office, serial_no=f"R-{n}") for n in range(5)]
    for number in (button, pushed):
        office.to_the_button(number)
    office.misbehave("provincial", "http-503", "seal-requests")
    office.approve(sealing)
    office.work()
    office.complete(coding, "review", outcome="approve")
    office.complete(pushed, "aggregate_button", outcome="push")
    backup = Backup(office.address, tmp_path)

    finish(office, pushed, button, sealing, coding, review)
    after = to_review(office, serial_no="R-after")
    finish(office, after)
    had = {number: office.certificate(number).number for number in (button, pushed, sealing, coding, review, after)}
    previews = {number: office.certificate(number).verification_code for number in had}
    assert reconciled(office)[:2] == (0, set())

    backup.restore()
    office.clock.advance(timedelta(hours=1))  # whatever was sealed is older than what is filed from now on
    status, missing, report = reconciled(office)
    assert report["unasked"] == []
    assert (status, missing) == (
        1,
        {
            ("code", review, had[review]),
            ("sealed", review, had[review]),
            ("code", coding, had[coding]),
            ("sealed", coding, had[coding]),
            ("sealed", sealing, had[sealing]),
            ("number", "", had[after]),
        },
    )
    assert {u["case"] for u in report["unsent"]} == {button, pushed}
    assert crane(office, "db", "restored")[0] == 0
    status, said = crane(office, "reconcile", "--reserve-numbers")
    assert (status, f"编号 {had[review]} · reserved" in said, f"编号 {had[after]} · void" in said) == (1, True, True)

    other, refiled = to_review(office, serial_no="R-other"), to_review(office, serial_no="R-after")
    assert other == after, "the case number of the lost filing is another one's now"
    assert reconciled(office, "--reserve-numbers")[2]["reserved"] == [{"number": had[after], "state": "reserved"}]
    office.approve(review)
    office.approve(refiled)
    finish(office, review, coding, other, sealing, pushed, button)
    office.until(lambda: "seal_trouble" in office.waiting(refiled))
    assert office.effects(refiled) == (1, 1, 1), (
        "that its seal is older than the filing, a person is told; nothing is sealed again by itself"
    )
    back = {number: office.certificate(refiled if number == after else number) for number in had}
    assert {number: found.number for number, found in back.items()} == had
    assert {number: found.verification_code for number, found in back.items()} == previews, (
        "the addresses that the platform keeps are alive"
    )
    coded = [row["certNum"] for row in office.held("national")["fm"]]
    assert sorted(coded) == sorted({*had.values(), office.certificate(other).number})
    assert {m[1] for m in reconciled(office)[1]} <= {refiled}


def test_a_number_that_was_forgotten_and_given_out_again_is_refused_by_name(office, tmp_path):
    """Nobody has asked the platforms: 赋码 is refused, nothing is doubled, and the filing gets another number when it is filed again."""
    lost, other = to_review(office, serial_no="L-1"), to_review(office, serial_no="L-2")
    backup = Backup(office.address, tmp_path)
    finish(office, lost)
    taken = office.certificate(lost).number
    backup.restore()
    office.approve(other)
    office.until(lambda: "code_trouble" in office.waiting(other))
    assert (office.status(other), office.certificate(other).number) == ("赋码失败", taken)
    assert (taken, "number", other) in {(m[2], m[0], m[1]) for m in reconciled(office)[1]}
    office.complete(other, "code_trouble", outcome="return", opinion="换用新编号")
    office.complete(other, "correct", office.owner, **with_papers(office.runtime, office.owner, answers_of("tower_crane", serial_no="L-2")))
    office.until(lambda: "review" in office.waiting(other))
    finish(office, other)
    assert office.certificate(other).number != taken


@pytest.mark.in_turn
def test_a_redone_approval_of_another_day_is_compared_with_what_was_sealed(office, tmp_path):
    """The network has the sealed certificate of the first day: it is not sealed again by itself, the difference is told to a person."""
    number = to_review(office)
    backup = Backup(office.address, tmp_path)
    finish(office, number)
    backup.restore()
    office.clock.advance(timedelta(days=1))
    office.approve(number)
    office.work()
    office.clock.advance(timedelta(minutes=11))
    office.until(lambda: "seal_trouble" in office.waiting(number))
    assert office.effects(number) == (1, 1, 1)
    assert "CERTIFICATE_MISMATCH" in str(office.variables(number))


@pytest.mark.in_turn
def test_a_platform_that_is_down_leaves_its_questions_by_name(office):
    """Exit status 2, and which cases could not be asked about, with the remedy."""
    number = to_review(office)
    office.misbehave("national", "http-503", "check", times=100)
    status, missing, report = reconciled(office)
    assert (status, missing) == (2, set())
    assert number in {u["case"] for u in report["unasked"]}
    assert all(u["remedy"]["zh"] and u["platform"] == "national" for u in report["unasked"])
    status, said = crane(office, "reconcile")
    assert (status, number in said) == (2, True)
