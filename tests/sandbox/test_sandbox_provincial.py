"""The seal network: authorities, seal requests, files, call-backs."""

import io
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import ofdkit
import pytest
from platform_clients import AUTHORITY, CallbackReceiver, ProvincialClient, certificate, seal_request, until
from stdnum.cn import uscc

import sandbox
from sandbox.ofd import FACE_ITEMS
from sandbox.signing import signed_headers, sm3_hex, verify


@pytest.fixture
def by_hand(tmp_path):
    """A network that seals only when told to."""
    running = sandbox.start(tmp_path / "by-hand", provincial=sandbox.ProvincialSettings(seal_delay=None))
    with ProvincialClient(running.provincial) as client:
        yield client
    running.stop()


def test_the_seeded_authorities_meet_every_precondition_and_have_valid_codes(provincial):
    codes = ["11150100MB0000001", "11150200MB0000002", "11150600MB0000003", "11150400MB0000004", "11150000MB0000000"]
    for code in (start + uscc.calc_check_digit(start) for start in codes):
        told = provincial.send("GET", f"/api/authorities/{code}").json()
        assert [told["account"], told["seal"], told["catalogueClaimed"]] == [True] * 3
        assert (told["creditCode"], told["sealName"]) == (uscc.validate(code), told["name"])


def test_an_unknown_authority_is_404(provincial):
    answer = provincial.send("GET", "/api/authorities/11150100MB9999999X")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_an_unknown_address_is_404_and_a_wrong_method_405(provincial):
    assert provincial.send("GET", "/api/nothing").status_code == 404
    assert provincial.send("POST", f"/api/authorities/{AUTHORITY[0]}", body={}).status_code == 405


def test_a_sealed_certificate_can_be_fetched_and_its_digest_fits(provincial):
    asked = provincial.request_seal()
    assert (asked.status_code, asked.json()["status"]) == (202, "pending")
    told = provincial.sealed(asked.json()["requestId"])
    assert (told["sealName"], told["certificateNo"]) == (AUTHORITY[1], certificate()["certificateNo"])
    assert told["items"] == {key: certificate()[key] for key in FACE_ITEMS}
    assert told["identifier"] == certificate()["identifier"]
    assert datetime.fromisoformat(told["sealedAt"]).tzinfo is not None
    file = provincial.send("GET", urlsplit(told["fileUrl"]).path)
    assert file.headers["Content-Type"] == "application/ofd"
    assert sm3_hex(file.content) == told["fileDigest"]
    assert certificate()["certificateNo"] in ofdkit.extract_text(io.BytesIO(file.content))


def test_a_request_is_found_by_its_key(provincial):
    asked = provincial.request_seal().json()
    found = provincial.send("GET", "/api/seal-requests", query=[("requestKey", "case-1/seal")])
    assert found.json()["requestId"] == asked["requestId"]
    assert provincial.send("GET", "/api/seal-requests", query=[("requestKey", "case-2/seal")]).status_code == 404
    assert provincial.send("GET", "/api/seal-requests").status_code == 404


def test_the_same_key_with_the_same_body_makes_no_second_request(provincial):
    first, second = provincial.request_seal(), provincial.request_seal()
    assert (second.status_code, second.json()) == (202, first.json())
    assert provincial.effects()["counts"] == [{"certificateNo": certificate()["certificateNo"], "requests": 1}]


def test_the_same_key_with_another_body_is_refused(provincial):
    provincial.request_seal()
    answer = provincial.request_seal(seal_request(operator="李四"))
    assert (answer.status_code, answer.json()["code"]) == (409, "KEY_REUSED")


def test_two_keys_for_one_certificate_count_as_two_requests(provincial):
    provincial.request_seal()
    provincial.request_seal(seal_request("case-1/seal/2"))
    assert [count["requests"] for count in provincial.effects()["counts"]] == [2]
    assert [row["requestKey"] for row in provincial.effects()["seal"]] == ["case-1/seal", "case-1/seal/2"]


@pytest.mark.parametrize(
    ("key", "value"), [*((key, None) for key in (*FACE_ITEMS, "identifier")), *(("owner", value) for value in ("", " ", 7, "a\0b"))]
)
def test_a_missing_or_unprintable_item_is_refused_by_name(provincial, key, value):
    answer = provincial.request_seal(seal_request(certificate=certificate(**{key: value})))
    assert (answer.status_code, answer.json()["code"], answer.json()["fields"]) == (422, "INCOMPLETE", [f"certificate.{key}"])


@pytest.mark.parametrize("key", ["requestKey", "authorityCode", "authorityName", "operator"])
def test_a_missing_part_of_the_request_is_refused_by_name(provincial, key):
    answer = provincial.request_seal(seal_request() | {key: None})
    assert (answer.status_code, answer.json()["fields"]) == (422, [key])


def test_a_key_that_is_too_long_is_refused(provincial):
    assert provincial.request_seal(seal_request("k" * 201)).json()["fields"] == ["requestKey"]
    assert provincial.request_seal(seal_request("k" * 200)).status_code == 202


@pytest.mark.parametrize("body", [b"{", b"[]", b"null"])
def test_a_body_that_is_no_object_is_refused(provincial, body):
    assert provincial.send("POST", "/api/seal-requests", body=body).status_code == 400


@pytest.mark.parametrize("url", ["ftp://x/", "http://", "nonsense", "http://h:99999/", "http://h/a b", 5])
def test_a_callback_address_that_cannot_be_called_is_refused(provincial, url):
    assert provincial.request_seal(seal_request(callbackUrl=url)).status_code == 400


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"account": False}, "NO_ACCOUNT"),
        ({"seal": False}, "NO_SEAL"),
        ({"catalogueClaimed": False}, "CATALOGUE_NOT_CLAIMED"),
        (None, "UNKNOWN_AUTHORITY"),
    ],
)
def test_an_unmet_precondition_is_refused(provincial, entry, code):
    authority = "11150100MB0000009X"
    if entry is not None:
        assert provincial.control("authorities", [{"creditCode": authority, **entry}]).status_code == 200
    answer = provincial.request_seal(seal_request(authorityCode=authority))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert provincial.effects()["seal"] == []


def test_an_authority_can_be_entered_with_another_seal_name(provincial):
    provincial.control("authorities", [{"creditCode": AUTHORITY[0], "name": AUTHORITY[1], "sealName": "呼和浩特市行政审批局"}])
    assert provincial.sealed(provincial.request_seal().json()["requestId"])["sealName"] == "呼和浩特市行政审批局"


@pytest.mark.parametrize("entries", [None, {}, [{}], ["x"]])
def test_nonsense_authorities_are_refused(provincial, entries):
    assert provincial.control("authorities", entries).status_code == 400


def test_sealing_by_hand(by_hand):
    request_id = by_hand.request_seal().json()["requestId"]
    told = by_hand.status(request_id)
    assert (told["status"], told["sealName"], told["sealedAt"], told["fileUrl"]) == ("pending", None, None, None)
    assert by_hand.send("GET", f"/api/certificates/{request_id}/file").status_code == 404
    assert by_hand.control(f"seal/{request_id}").status_code == 200
    assert by_hand.status(request_id)["status"] == "sealed"
    assert by_hand.control(f"seal/{request_id}").status_code == 409


def test_a_request_can_fail_with_a_reason_and_is_called_back(by_hand, receiver):
    request_id = by_hand.request_seal(seal_request(callbackUrl=receiver.url)).json()["requestId"]
    by_hand.control(f"fail/{request_id}", {"code": "SEAL_LOST", "message": "印章停用"})
    told = by_hand.status(request_id)
    assert (told["status"], told["failure"]) == ("failed", {"code": "SEAL_LOST", "message": "印章停用"})
    body = until(receiver.bodies)[0]
    assert (body["event"], body["failure"]["code"], body["fileUrl"]) == ("failed", "SEAL_LOST", None)
    assert by_hand.control(f"seal/{request_id}").status_code == 409


def test_a_sealed_request_cannot_fail_any_more(provincial):
    request_id = provincial.request_seal().json()["requestId"]
    provincial.sealed(request_id)
    assert provincial.control(f"fail/{request_id}").status_code == 409
    assert provincial.status(request_id)["status"] == "sealed"


def test_a_request_is_sealed_after_the_delay_and_not_before(tmp_path):
    clock = [datetime.now(UTC)]
    settings = sandbox.ProvincialSettings(seal_delay=600)
    running = sandbox.start(tmp_path, provincial=settings, now=lambda: clock[0])
    with ProvincialClient(running.provincial) as provincial:
        first = provincial.request_seal().json()["requestId"]
        clock[0] += timedelta(seconds=250)
        provincial.request_seal(seal_request("later"))
        clock[0] += timedelta(seconds=350)
        asked_at = clock[0]
        until(lambda: provincial.ask("/effects")["seal"][0]["status"] == "sealed")
        assert provincial.ask("/effects")["seal"][1]["status"] == "pending"
        told = provincial.send("GET", f"/api/seal-requests/{first}", now=clock[0]).json()
        assert told["sealedAt"] == asked_at.isoformat()
    running.stop()


def check_signature(received):
    path, headers, body, at = received
    address = urlsplit(path)
    secrets = {"crane-demo": "crane-demo-seal-secret"}
    query = parse_qsl(address.query)
    assert verify(secrets, headers, "POST", address.path, query, body, now=at, is_new=lambda *_: True) == "crane-demo"


def test_a_sealed_certificate_is_called_back_once_with_a_good_signature(provincial, receiver):
    request_id = provincial.request_seal(seal_request(callbackUrl=receiver.url)).json()["requestId"]
    told = provincial.sealed(request_id)
    until(lambda: provincial.ask(f"/control/callbacks/{request_id}")[0]["state"] == "delivered")
    assert receiver.bodies() == [{"event": "sealed", **{key: told[key] for key in told if key not in ("status", "items")}}]
    check_signature(receiver.received[0])


def test_a_callback_is_repeated_until_it_is_taken(provincial, receiver):
    receiver.answers = [500, 404]
    request_id = provincial.request_seal(seal_request(callbackUrl=receiver.url)).json()["requestId"]
    until(lambda: [row["state"] for row in provincial.ask(f"/control/callbacks/{request_id}")] == ["delivered"])
    assert len(receiver.received) == 3
    assert len({headers["X-Nonce"] for _, headers, _, _ in receiver.received}) == 3


def test_a_callback_is_given_up_after_the_last_attempt(provincial, receiver):
    receiver.answers = [500] * 9
    request_id = provincial.request_seal(seal_request(callbackUrl=receiver.url)).json()["requestId"]
    callbacks = until(lambda: [row for row in provincial.ask(f"/control/callbacks/{request_id}") if row["state"] == "given-up"])
    assert callbacks[0]["attempts"] == len(receiver.received) == 4


def test_sealing_and_callbacks_go_on_after_a_restart(tmp_path):
    settings = sandbox.ProvincialSettings(seal_delay=0.2)
    first = sandbox.start(tmp_path, provincial=settings)
    with CallbackReceiver() as receiver:
        with ProvincialClient(first.provincial) as provincial:
            request_id = provincial.request_seal(seal_request(callbackUrl=receiver.url)).json()["requestId"]
        first.stop()
        second = sandbox.start(tmp_path, provincial=settings)
        with ProvincialClient(second.provincial) as provincial:
            assert provincial.sealed(request_id)["status"] == "sealed"
            assert provincial.request_seal(seal_request(callbackUrl=receiver.url)).json()["requestId"] == request_id
            assert until(receiver.bodies)[0]["fileUrl"].startswith(second.provincial)
        second.stop()


def test_a_nonce_is_remembered_over_a_restart(tmp_path):
    path = f"/api/authorities/{AUTHORITY[0]}"
    headers = signed_headers("crane-demo", "crane-demo-seal-secret", "GET", path, (), b"", now=datetime.now(UTC), nonce="n")
    statuses = []
    for _ in range(2):
        running = sandbox.start(tmp_path)
        with ProvincialClient(running.provincial) as provincial:
            statuses.append(provincial.session.get(provincial.url + path, headers=headers, timeout=60).status_code)
        running.stop()
    assert statuses == [200, 401]


def test_everything_received_is_kept_and_can_be_filtered(provincial):
    provincial.request_seal()
    provincial.request_seal(seal_request("case-2", certificate=certificate(certificateNo="蒙AA-T202500002")))
    provincial.session.get(f"{provincial.url}/api/authorities/x", timeout=60)
    kept = provincial.ask("/received", certificateNo="蒙AA-T202500002")
    assert [(row["status"], row["effect"], row["request"]["requestKey"]) for row in kept] == [(202, True, "case-2")]
    assert len(provincial.ask("/received", kind="POST seal-requests")) == 2
    assert [row["status"] for row in provincial.ask("/received", kind="GET authorities")] == [401]
    assert len(provincial.ask("/received", requestKey="case-1/seal")) == 1
