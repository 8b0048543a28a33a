"""An effect that is there already is taken over, not asked for a second time."""

import pytest
from offices import until

from registry import tables


def test_a_seal_that_is_still_to_come_is_not_asked_for_twice(office):
    """After thirty days without a seal a person asks anew: the request of then goes on."""
    office.provincial.misbehave("never-seal", "seal-requests")
    number = office.requested()
    again = office.once("certificate.seal", token="again", certificate_no=number)
    [request] = office.provincial.effects("seal")
    assert (again["request_id"], again["request_key"]) == (request["requestId"], office.certificate().seal_request)
    office.provincial.control(f"seal/{request['requestId']}")
    assert office.once("certificate.seal", token="once more", certificate_no=number)["request_id"] == request["requestId"]
    assert office.once("certificate.fetch", certificate_no=number)["accepted"]
    assert len(office.provincial.effects("seal")) == 1


@pytest.mark.parametrize("end", ["failed", "fetched", "recoded"])
def test_a_seal_that_led_to_nothing_is_asked_for_anew(office, end):
    if end == "failed":
        office.provincial.misbehave("never-seal", "seal-requests")
    number = office.requested()
    [request] = office.provincial.effects("seal")
    if end == "failed":
        office.provincial.control(f"fail/{request['requestId']}", {"code": "X", "message": "印章故障"})
    if end == "fetched":
        until(lambda: office.once("certificate.inquire_seal", token="ask", certificate_no=number)["sealed"])
        office.once("certificate.fetch", certificate_no=number)
    if end == "recoded":
        office.once("certificate.assign_code", token="recode", certificate_no=number)
    office.once("certificate.seal", token="again", certificate_no=number)
    assert len(office.provincial.effects("seal")) == 2


def test_an_aggregation_that_is_in_the_books_is_not_sent_again_and_keeps_its_warnings(office):
    """A worker that dies after the books were written and before its job was: the next one asks the books first."""
    number = office.issued()
    first = office.once("certificate.aggregate", token="gj", certificate_no=number)
    again = office.once("certificate.aggregate", token="gj", certificate_no=number, unsure=True)
    assert len(office.national.received("gj")) == 1
    assert {**again, "aggregated_at": None} == {**first, "aggregated_at": None}
    assert again["warnings"]
    assert len(office.rows(tables.certificate)) == 1
