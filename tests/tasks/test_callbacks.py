"""Call-backs of the seal network: only a genuine one about the current seal request becomes a message."""

import json
from datetime import timedelta

import pytest
from listening import listening
from offices import until

from tasks.platforms.signing import signed_headers
from workflow_runtime.clock import ManualClock
from workflow_runtime.errors import Failure, NotAllowed, NotFound
from workflow_runtime.handlers import IncomingRequest


@pytest.fixture
def desk(office):
    """The public address: hands every call-back to the receiver at once, and keeps what came of it."""
    outcomes = []

    def answer(*delivered):
        try:
            outcomes.append((office.receive(delivered), delivered))
        except Failure as failure:
            outcomes.append((failure, delivered))
            return 403, {}, b""
        return 200, {}, b""

    with listening(answer) as url:
        office.restart(CRANE_PUBLIC_URL=url)
        yield outcomes


def test_a_genuine_call_back_becomes_a_message_for_the_case(office, desk):
    office.requested()
    [(message, _)] = until(lambda: desk)
    assert (message.case, message.message) == ("C1", "certificate.sealed")
    assert message.payload["request_key"] == office.certificate().seal_request
    assert message.payload["event"] == "sealed"


def test_a_call_back_that_overtakes_the_answer_is_known(office, desk):
    office.provincial.misbehave("early-callback", "seal")
    office.requested()
    assert desk[0][0].case == "C1"


def test_a_doubled_call_back_has_the_same_key(office, desk):
    office.provincial.misbehave("duplicate-callback", "seal")
    office.requested()
    until(lambda: len(desk) == 2)
    assert len({message.key for message, _ in desk}) == 1


def test_a_call_back_after_a_failure_says_so_under_another_key(office, desk):
    office.provincial.misbehave("never-seal", "seal")
    office.requested()
    [request] = office.provincial.effects("seal")
    office.provincial.control(f"fail/{request['requestId']}")
    [(message, _)] = until(lambda: desk)
    assert message.payload["event"] == "failed"
    assert message.key == f"{request['requestId']}-failed"


@pytest.mark.parametrize(("mode", "refusal"), [("forged-callback", NotAllowed), ("foreign-callback", NotFound)])
def test_a_forged_or_foreign_call_back_is_refused(office, desk, mode, refusal):
    office.provincial.misbehave(mode, "seal")
    office.requested()
    [(outcome, _)] = until(lambda: desk)
    assert type(outcome) is refusal
    assert all([outcome.message.zh, outcome.message.en, outcome.remedy.zh, outcome.remedy.en])


def test_a_call_back_about_another_cases_request_is_refused(office, desk):
    """The other case's request key with this certificate's identifier: both exist, but do not belong together."""
    from offices import FILING

    office.requested(case="C2", filing={**FILING, "serial_no": "ZL-0002"})
    until(lambda: desk)
    office.provincial.misbehave("foreign-callback", "seal", arg="C2-seal")
    office.requested(case="C1")
    until(lambda: len(desk) == 2)
    assert type(desk[1][0]) is NotFound


def test_a_call_back_of_an_older_seal_request_is_refused(office, desk):
    number = office.requested()
    [(_, delivered)] = until(lambda: desk)
    office.once("certificate.assign_code", token="code-again", certificate_no=number)
    office.once("certificate.seal", token="seal-again", certificate_no=number)
    with pytest.raises(NotFound):
        office.receive(_signed_anew(office, delivered))


def test_the_same_signed_request_is_good_once(office, desk):
    office.requested()
    [(_, delivered)] = until(lambda: desk)
    with pytest.raises(NotAllowed, match="随机数"):
        office.receive(delivered)


def test_a_refused_signature_does_not_use_the_nonce_up(office, desk):
    office.requested()
    [(_, delivered)] = until(lambda: desk)
    method, path, query, headers, body = _signed_anew(office, delivered)
    with pytest.raises(NotAllowed, match="摘要或签名"):
        office.receive((method, path, query, headers, body + b" "))
    assert office.receive((method, path, query, headers, body)).case == "C1"


@pytest.mark.parametrize(("seconds", "ok"), [(299, True), (301, False), (-299, True), (-301, False)])
def test_a_call_back_is_good_for_five_minutes(office, desk, seconds, ok):
    office.requested()
    [(_, delivered)] = until(lambda: desk)
    signed = _signed_anew(office, delivered)
    office.clock = ManualClock(office.clock.now() + timedelta(seconds=seconds))
    if ok:
        assert office.receive(signed).case == "C1"
    else:
        with pytest.raises(NotAllowed, match="时间戳"):
            office.receive(signed)


@pytest.mark.parametrize("change", ["method", "path", "query", "key", "header"])
def test_every_signed_part_counts(office, desk, change):
    office.requested()
    [(_, delivered)] = until(lambda: desk)
    method, path, query, headers, body = _signed_anew(office, delivered)
    changed = {
        "method": ("PUT", path, query, headers, body),
        "path": (method, path + "/", query, headers, body),
        "query": (method, path, "a=b", headers, body),
        "key": (method, path, query, {**headers, "X-App-Key": "another"}, body),
        "header": (method, path, query, {k: v for k, v in headers.items() if k != "X-Nonce"}, body),
    }
    with pytest.raises(NotAllowed):
        office.receive(changed[change])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"event": "sealed"}',
        b'{"event": "odd", "identifier": "x", "requestId": "r"}',
        b"\xff",
        b'{"event": "sealed", "identifier": "x"}',
        b'{"event": "sealed", "identifier": "x", "requestId": null}',
        b'{"event": "sealed", "identifier": "a\\u0000b", "requestId": "r"}',
        b'{"event": "sealed", "identifier": "x", "requestId": "' + b"r" * 101 + b'"}',
    ],
)
def test_a_signed_call_back_that_cannot_be_read_is_refused(office, body):
    with pytest.raises(Failure) as refusal:
        office.receive(_signed(office, body))
    assert refusal.value.code == "CALLBACK_UNREADABLE"


def test_a_call_back_about_nothing_that_we_know_is_refused(office):
    body = b'{"event": "sealed", "identifier": "1.2.3", "requestId": "r", "certificateNo": "x", "requestKey": null}'
    with pytest.raises(NotFound):
        office.receive(_signed(office, body))


def test_identifier_number_and_key_must_belong_together(office, desk):
    number = office.coded()
    identifier = office.certificate().identifier

    def told(**changes):
        parts = {
            "event": "sealed",
            "requestId": "r",
            "identifier": identifier,
            "certificateNo": number,
            "requestKey": office.certificate().seal_request,
            **changes,
        }
        return office.receive(_signed(office, json.dumps(parts).encode()))

    with pytest.raises(NotFound):
        told(requestKey=None)
    office.once("certificate.seal", token="seal", certificate_no=number)
    assert told().case == "C1"
    with pytest.raises(NotFound):
        told(certificateNo="蒙AA-T202600099")


def test_without_a_secret_nobody_can_sign(office):
    office.restart(CRANE_PROVINCIAL_APP_SECRET="", CRANE_PROVINCIAL_APP_KEY="")
    headers = signed_headers("", "", "POST", "/x", [], b"{}", now=office.clock.now(), nonce="n")
    with pytest.raises(NotAllowed):
        office.catalogue.receivers["certificate.sealed"].function(
            office.context(), IncomingRequest("POST", "/x", "", {k.lower(): v for k, v in headers.items()}, b"{}")
        )


def _signed(office, body, path="/incoming/certificate.sealed"):
    key, secret = office.environment["CRANE_PROVINCIAL_APP_KEY"], office.environment["CRANE_PROVINCIAL_APP_SECRET"]
    nonce = f"n{office.clock.now().timestamp()}".replace(".", "")
    return "POST", path, "", signed_headers(key, secret, "POST", path, [], body, now=office.clock.now(), nonce=nonce), body


def _signed_anew(office, delivered):
    _, path, _, _, body = delivered
    return _signed(office, body, path)
