"""Receivers: requests of other systems, believed only with a good signature, taken in once."""

import hashlib
import hmac
import json

import pytest
from diagrams import bpmn, chain, end, receive, start
from drawings import APPLY, started, teach

from workflow_runtime import messages
from workflow_runtime.audit import entries_of, verify
from workflow_runtime.errors import NotAllowed, NotFound, Text
from workflow_runtime.handlers import IncomingMessage, IncomingRequest, receives

SECRET = b"shared"


def signed(body, secret=SECRET):
    """A request with a signature over exactly its bytes."""
    raw = json.dumps(body).encode()
    return IncomingRequest("POST", "/callbacks/seal", "", {"signature": hmac.new(secret, raw, hashlib.sha256).hexdigest()}, raw)


@pytest.fixture
def sealing(bench):
    """A case that waits for the seal, and a receiver that knows the secret."""

    @receives("seal.done")
    def sealed(ctx, request):
        expected = hmac.new(SECRET, request.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(request.headers.get("signature", ""), expected):
            raise NotAllowed(Text("签名不符", "the signature is wrong"))
        told = json.loads(request.body)
        return IncomingMessage(told["case"], "sealed", {"by": told["by"]}, told["id"])

    teach(bench, sealed)
    return started(bench, (bpmn(start(form="apply"), receive("wait", "sealed"), end(), chain("start", "wait", "end")), APPLY))


def refusals(bench):
    with bench.runtime.reading() as uow:
        assert verify(uow.audit_rows).breaches == []
        return entries_of(uow.audit_rows, "refusals")


def test_a_well_signed_request_is_a_message_once(bench, sealing):
    """Its repetition is answered alike and changes nothing."""
    request = signed({"case": sealing.number, "by": "省", "id": "7"})
    assert messages.receive(bench.runtime, "seal.done", request).key == "7"
    assert (bench.case(sealing).state, bench.variables(sealing)["wait"]) == ("ended", {"by": "省"})
    before = bench.case(sealing)
    messages.receive(bench.runtime, "seal.done", request)
    assert bench.case(sealing) == before
    assert refusals(bench) == []


def test_a_badly_signed_request_is_refused_and_kept_in_the_audit(bench, sealing):
    """The case does not move; the audit names receiver, path and the body's fingerprint, not the body."""
    request = signed({"case": sealing.number, "by": "secret words", "id": "7"}, secret=b"guessed")
    with pytest.raises(NotAllowed, match="签名不符"):
        messages.receive(bench.runtime, "seal.done", request)
    assert bench.case(sealing) == sealing
    (entry,) = refusals(bench)
    assert (entry.action, entry.subject, entry.details["path"]) == ("request.refused", "seal.done", "/callbacks/seal")
    assert entry.details["sha256"] == hashlib.sha256(request.body).hexdigest()
    assert "secret words" not in str(entry)


def test_a_refused_request_of_any_length_fits_the_audit(bench, sealing):
    """A path of a hundred thousand characters is cut."""
    with pytest.raises(NotAllowed):
        messages.receive(bench.runtime, "seal.done", IncomingRequest("POST", "/x" * 50_000, "", {}, b"\xff\0"))
    assert len(refusals(bench)[0].details["path"]) == 200


def test_an_unknown_receiver_is_not_found(bench, sealing):
    """A request for it is not looked at."""
    with pytest.raises(NotFound):
        messages.receive(bench.runtime, "seal.nobody", signed({}))


def test_a_request_about_no_case_of_ours_is_not_found(bench, sealing):
    """However well it is signed."""
    with pytest.raises(NotFound):
        messages.receive(bench.runtime, "seal.done", signed({"case": "20269999999", "by": "省", "id": "7"}))
