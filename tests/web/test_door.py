"""The door for call-backs, through real HTTP and with the signature of the seal network's stand-in."""

import http.client
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from desk import SECRETS, Desk, settings_of, task_of, until

import sandbox
from sandbox.signing import signed_headers
from web.app import create_app
from web.composition import Settings, open_runtime
from web.incoming import MAX_CALL_BACK
from web.server import serving

PATH = "/incoming/certificate.sealed"


@dataclass
class Door:
    """A case that waits for its seal, the address at which call-backs come in, and what a genuine one says."""

    desk: Desk
    address: str
    provincial: str
    number: str
    told: dict

    def post(self, body=None, path=PATH, secret=SECRETS[1], headers=None, signed_path=None, **changes):
        """A call-back signed as the network signs; `changes` differ from the genuine one."""
        content = json.dumps({**self.told, **changes}).encode() if body is None else body
        now, nonce = datetime.now(UTC), uuid4().hex
        given = headers or signed_headers("crane-demo", secret, "POST", signed_path or path, [], content, now=now, nonce=nonce)
        return requests.post(self.address + path, data=content, headers=given, timeout=60)

    def messages(self):
        """How many messages the case's timeline knows."""
        return sum(e["action"].startswith("message.") for e in self.desk.data("case", self.number)["timeline"])


@pytest.fixture
def door(at, tmp_path):
    """Seals are given by hand, and the network's own call-backs go to the door as well."""
    state = tmp_path / "platforms"
    running = sandbox.start(state, provincial=sandbox.ProvincialSettings(seal_delay=None))
    desk = at("reviewing")
    desk.environment |= settings_of(running, state)
    receiving = open_runtime(Settings.read(desk.environment))
    with serving(create_app(receiving)) as address:
        desk.environment["CRANE_PUBLIC_URL"] = address
        desk.crane("complete", task_of(desk, "li.150100", "review"), "--as", "li.150100", "--outcome", "approve")
        desk.crane("worker", "--drain")
        [request] = requests.get(f"{running.provincial}/effects", timeout=60).json()["seal"]
        [row] = desk.data("cases")
        told = {"event": "sealed", **{name: request[name] for name in ("requestKey", "requestId", "certificateNo", "identifier")}}
        yield Door(desk, address, running.provincial, row["number"], told)
    receiving.database.close()
    running.stop()


def refused(answer, status, code):
    """A refusal as JSON: code, sentence and remedy in both languages."""
    document = answer.json()
    assert (answer.status_code, document["code"]) == (status, code)
    assert all(document[part][language] for part in ("message", "remedy") for language in ("zh", "en"))
    return document


def test_the_networks_own_call_back_moves_the_case_on(door):
    """Sealed by hand at the stand-in, delivered by it, taken in once; the certificate is fetched and the button waits."""
    requests.post(f"{door.provincial}/control/seal/{door.told['requestId']}", json={}, timeout=60)
    until(lambda: door.messages() == 1)
    assert task_of(door.desk, "li.150100", "aggregate_button")


def test_a_genuine_call_back_is_received_and_a_repetition_changes_nothing(door):
    answers = [door.post(), door.post()]
    assert [(a.status_code, a.json()) for a in answers] == [(200, {"code": "RECEIVED", "case": door.number})] * 2
    assert door.messages() == 1


def test_the_very_same_request_again_is_refused(door):
    """A copied request has a nonce that was used before."""
    content = json.dumps(door.told).encode()
    headers = signed_headers("crane-demo", SECRETS[1], "POST", PATH, [], content, now=datetime.now(UTC), nonce=uuid4().hex)
    assert door.post(content, headers=headers).status_code == 200
    refused(door.post(content, headers=headers), 403, "SIGNATURE_INVALID")
    assert door.messages() == 1


def test_forged_call_backs_are_refused(door):
    """A wrong secret, no signature, a signature for another address, an old one: 403, and the audit keeps each refusal."""
    before = door.desk.data("audit", "verify")["entries"]
    old = signed_headers("crane-demo", SECRETS[1], "POST", PATH, [], b"{}", now=datetime.now(UTC) - timedelta(hours=1), nonce="old")
    for answer in (
        door.post(secret="guess"),
        door.post(headers={"X-None": "1"}),
        door.post(signed_path="/incoming/other"),
        door.post(b"{}", headers=old),
    ):
        refused(answer, 403, "SIGNATURE_INVALID")
    assert door.messages() == 0
    assert door.desk.data("audit", "verify")["entries"] == before + 4


def test_a_call_back_about_something_foreign_is_not_found(door):
    """Another certificate, another request, another number."""
    refused(door.post(identifier="1.2.156.3005.2.X"), 404, "SEAL_REQUEST_UNKNOWN")
    refused(door.post(requestKey="other"), 404, "SEAL_REQUEST_UNKNOWN")
    refused(door.post(certificateNo="蒙AA-T202699999"), 404, "SEAL_REQUEST_UNKNOWN")
    assert door.messages() == 0


def test_unknown_addresses_and_wrong_methods_are_told(door):
    refused(door.post(path="/incoming/nobody"), 404, "NOT_FOUND")
    refused(requests.get(f"{door.address}/incoming/certificate.sealed/else", timeout=60), 404, "NOT_FOUND")
    refused(requests.get(door.address + PATH, timeout=60), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"event": "exploded"}', b"[" * 100_000])
def test_a_signed_call_back_that_cannot_be_read_is_a_bad_request(door, body):
    refused(door.post(body), 400, "CALLBACK_UNREADABLE")
    assert door.messages() == 0


def test_too_large_a_call_back_is_refused_before_it_is_read(door):
    """At once with a length, and also when it comes in chunks without one."""
    refused(door.post(b" " * (MAX_CALL_BACK + 1)), 413, "TOO_LARGE")
    chunks = requests.post(door.address + PATH, data=iter([b" " * 600_000] * 2), timeout=60)
    refused(chunks, 413, "TOO_LARGE")


def test_the_signature_is_over_the_path_as_it_stands_on_the_wire(door):
    """A percent-encoded path is checked encoded, as the network signs it."""
    content, path = json.dumps(door.told).encode(), "/incoming/certificate%2Esealed"
    headers = signed_headers("crane-demo", SECRETS[1], "POST", path, [], content, now=datetime.now(UTC), nonce=uuid4().hex)
    address = urlsplit(door.address)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request("POST", path, content, headers)
    assert connection.getresponse().status == 200
    connection.close()


def test_a_database_that_is_gone_asks_the_network_to_come_again(empty, tmp_path):
    """503, so that the call-back is delivered later; what is inside is not told."""
    gone = {
        "CRANE_DATABASE_URL": f"sqlite:///{tmp_path}",
        "CRANE_PROVINCIAL_APP_KEY": "crane-demo",
        "CRANE_PROVINCIAL_APP_SECRET": SECRETS[1],
    }
    receiving = open_runtime(Settings.read({**empty.environment, **gone}))
    with serving(create_app(receiving)) as address:
        door = Door(empty, address, "", "", {"event": "sealed", "identifier": "x"})
        refused(door.post(), 503, "DATABASE_UNAVAILABLE")
    receiving.database.close()


def test_a_defect_of_ours_is_told_without_its_inside(at, caplog):
    """500 as JSON; the log has the traceback, the answer has nothing of it."""
    desk = at("prepared")
    receiving = open_runtime(Settings.read({**desk.environment}))

    def broken(*_):
        raise ZeroDivisionError("inside")

    receiving.catalogue.receivers["certificate.sealed"] = type("Receiver", (), {"function": staticmethod(broken)})
    with serving(create_app(receiving)) as address:
        answer = requests.post(address + PATH, data=b"{}", timeout=60)
    receiving.database.close()
    refused(answer, 500, "INTERNAL")
    assert "inside" not in answer.text
    assert "ZeroDivisionError" in caplog.text
