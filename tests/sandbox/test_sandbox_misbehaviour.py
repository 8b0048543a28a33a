"""Every way of misbehaving, as a client sees it."""

import contextlib
import threading
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import ofdkit
import pytest
import requests
from platform_clients import AUTHORITY, NationalClient, certificate, fm_record, seal_request, until
from seals import BAD_SEALS

import sandbox
from registry.sealed_ofd.trust import read_trust
from registry.sealed_ofd.verdict import judge
from sandbox.misbehaviour import MODES
from sandbox.signing import SignatureRefused, verify


def effects(national):
    return len(national.effects()["fm"])


def cause(error):
    """The innermost reason of a failed request."""
    while error.__cause__ or error.__context__ or (error.args and isinstance(error.args[-1], Exception)):
        error = error.__cause__ or error.__context__ or error.args[-1]
    return error


@pytest.mark.parametrize("status", [403, 500, 502, 503])
def test_an_error_status_has_no_effect_and_strikes_once(national, status):
    national.misbehave(f"http-{status}", path="fm")
    assert national.send("fm", fm_record()).status_code == status
    assert effects(national) == 0
    assert national.send("fm", fm_record()).status_code == 200


@pytest.mark.parametrize(("arg", "seconds"), [(None, "1"), (7, "7")])
def test_429_names_the_seconds_to_wait(national, arg, seconds):
    national.misbehave("http-429", arg=arg, path="fm")
    answer = national.send("fm", fm_record())
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, seconds)
    assert effects(national) == 0


def test_refused_connections_are_refused_by_the_kernel_and_end_by_themselves(national):
    def refused():
        try:
            national.send("fm", fm_record())
        except requests.ConnectionError as error:
            return "Connection refused" in str(error)
        return False

    national.login()
    national.misbehave("refuse-connections", arg=0.3)
    assert refused()
    until(lambda: not refused())
    assert effects(national) == 1


def test_refusing_cuts_the_connections_that_are_open(running, national):
    national.misbehave("silence", path="fm")
    errors = []

    def wait_in_vain():
        with NationalClient(running.national) as other, pytest.raises(requests.ConnectionError) as failed:
            other.send("fm", fm_record(), timeout=4)
        errors.append(failed.value)

    waiting = threading.Thread(target=wait_in_vain)
    waiting.start()
    until(lambda: national.ask("/received", kind="fm"))
    national.misbehave("refuse-connections", arg=0.1)
    waiting.join(60)
    assert len(errors) == 1


def test_a_stop_during_refusal_is_clean(tmp_path):
    running = sandbox.start(tmp_path)
    with NationalClient(running.national) as national:
        national.misbehave("refuse-connections", arg=60)
    running.stop()


def test_reset_before_is_a_reset_without_effect(national):
    national.login()
    national.misbehave("reset-before", path="fm")
    with pytest.raises(requests.ConnectionError) as failed:
        national.send("fm", fm_record())
    assert isinstance(cause(failed.value), ConnectionResetError)
    assert effects(national) == 0


def test_reset_after_is_a_reset_with_effect_behind_the_head(national):
    national.misbehave("reset-after", path="fm")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)) as failed:
        national.send("fm", fm_record())
    assert isinstance(cause(failed.value), ConnectionResetError)
    assert effects(national) == 1


@pytest.mark.parametrize(("arg", "done"), [(None, 0), ("without-effect", 0), ("with-effect", 1), ({"effect": True}, 1)])
def test_silence_lasts_until_the_client_gives_up(national, arg, done):
    national.misbehave("silence", path="fm", arg=arg)
    with pytest.raises(requests.ReadTimeout):
        national.send("fm", fm_record(), timeout=0.2)
    assert effects(national) == done


def test_a_truncated_answer_has_effect(national):
    national.misbehave("truncated", path="fm")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        national.send("fm", fm_record())
    assert effects(national) == 1


def test_an_answer_that_is_not_json_has_effect(national):
    national.misbehave("not-json", path="fm")
    answer = national.send("fm", fm_record())
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()
    assert effects(national) == 1


def test_an_html_page_comes_with_status_200_and_no_effect(national):
    national.misbehave("html", path="fm")
    answer = national.send("fm", fm_record())
    assert (answer.status_code, answer.text[:6]) == (200, "<html>")
    assert effects(national) == 0


def test_an_empty_answer_has_effect(national):
    national.misbehave("empty", path="fm")
    answer = national.send("fm", fm_record())
    assert (answer.status_code, answer.content) == (200, b"")
    assert effects(national) == 1


def test_a_lost_answer_has_effect_and_the_same_ecertid_learns_it(national):
    national.misbehave("answer-lost", path="fm")
    record = fm_record()
    with pytest.raises(requests.ConnectionError, match="without response"):
        national.send("fm", record)
    code, errors, _, success = national.call("fm", record)
    assert (code, errors, success[0]["eCertID"]) == ("0", ["E2006"], record["eCertID"])
    assert effects(national) == 1


def test_an_effect_can_be_chosen_for_any_mode_of_the_wire(national):
    national.misbehave("http-500", path="fm", arg={"effect": True})
    assert national.send("fm", fm_record()).status_code == 500
    assert effects(national) == 1


def test_an_unknown_return_code_has_effect(national):
    national.misbehave("unknown-code", path="fm")
    assert national.call("fm", fm_record()) == ("7", [], [], [])
    assert effects(national) == 1


def test_a_business_refusal_with_a_chosen_code_has_no_effect(national):
    national.misbehave("refuse", path="fm", arg={"code": "E7777", "message": "外省注销信息未到达"})
    answer = national.send("fm", fm_record()).json()
    assert answer["ReturnCode"] == "0"
    assert answer["ReturnData"]["ErrorData"] == [{"ErrorGuid": "E7777", "ErrorMsg": "外省注销信息未到达"}]
    assert effects(national) == 0


def test_a_warning_with_a_chosen_code_has_effect(national):
    national.misbehave("warn", path="fm", arg={"code": "W7777", "message": "请核对"})
    code, _, warnings, success = national.call("fm", fm_record())
    assert (code, warnings, len(success)) == ("2", ["W7777"], 1)
    assert effects(national) == 1


def test_what_was_spoilt_without_effect_is_on_record_as_received(national):
    national.misbehave("reset-before", path="fm")
    with pytest.raises(requests.ConnectionError):
        national.send("fm", fm_record())
    (row,) = national.ask("/received", kind="fm")
    assert (row["effect"], row["fault"], row["status"]) == (False, "reset-before", None)


def test_a_fault_strikes_only_paths_that_contain_its_text(national):
    national.misbehave("http-500", path="gj")
    assert national.send("fm", fm_record()).status_code == 200
    assert national.send("gj", {}).status_code == 500


def test_a_fault_strikes_as_often_as_told(national):
    national.misbehave("http-500", times=2, path="check")
    assert [national.send("check", fm_record()).status_code for _ in range(3)] == [500, 500, 200]


def test_a_probability_strikes_repeatably_by_its_seed(national):
    def pattern():
        national.misbehave("http-503", path="check", probability=0.5, seed=1)
        statuses = [national.send("check", fm_record()).status_code for _ in range(20)]
        national.session.delete(f"{national.url}/control/misbehave", timeout=60)
        return statuses

    first = pattern()
    assert set(first) == {200, 503}
    assert pattern() == first


def test_faults_can_be_listed_and_cleared(national):
    national.misbehave("http-500", times=3)
    assert [(fault["mode"], fault["left"]) for fault in national.ask("/control/misbehave")] == [("http-500", 3)]
    national.session.delete(f"{national.url}/control/misbehave", timeout=60)
    assert national.ask("/control/misbehave") == []
    assert national.send("fm", fm_record()).status_code == 200


def test_control_and_books_are_never_spoilt(national):
    national.misbehave("http-500", times=99)
    assert national.effects() == {"fm": [], "gj": [], "update": []}
    assert national.ask("/received") == []
    assert national.session.post(f"{national.url}/control/expire-tokens", timeout=60).status_code == 200
    assert national.login().status_code == 500


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"mode": "no-such"}, "UNKNOWN_MODE"),
        ({"mode": "no-callback"}, "UNKNOWN_MODE"),
        ([], "BAD_FAULT"),
        ({"mode": "html", "times": 0}, "BAD_FAULT"),
        ({"mode": "html", "probability": 2}, "BAD_FAULT"),
        ({"mode": "html", "probability": "often"}, "BAD_FAULT"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(national, fault, code):
    answer = national.session.post(f"{national.url}/control/misbehave", json=fault, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("mode", [name for name, mode in MODES.items() if mode.scope == "wire" and name != "refuse-connections"])
def test_the_seal_network_survives_every_fault_of_the_wire_with_at_most_one_request(provincial, mode):
    provincial.misbehave(mode, path="seal-requests")
    provincial.patience = 0.2
    with contextlib.suppress(requests.RequestException):
        provincial.request_seal()
    provincial.patience = 5
    assert len(provincial.effects()["seal"]) == int(MODES[mode].effect)
    assert provincial.request_seal().status_code == 202
    assert len(provincial.effects()["seal"]) == 1


def seal(provincial, receiver, **changes):
    answer = provincial.request_seal(seal_request(callbackUrl=receiver.url, **changes))
    assert answer.status_code == 202
    return answer.json()["requestId"]


def settled(provincial, request_id):
    """Wait until sealed and every call-back has come to its end."""
    told = provincial.sealed(request_id)
    until(lambda: all(row["state"] != "pending" for row in provincial.ask(f"/control/callbacks/{request_id}")))
    return told


def test_the_seal_network_refuses_with_a_chosen_code(provincial):
    provincial.misbehave("refuse", arg={"code": "SEAL_EXPIRED", "message": "印章已过期"})
    answer = provincial.request_seal()
    assert (answer.status_code, answer.json()) == (422, {"code": "SEAL_EXPIRED", "message": "印章已过期"})
    assert provincial.effects()["seal"] == []


@pytest.mark.parametrize(("arg", "times"), [(None, 2), (3, 3)])
def test_a_callback_comes_more_than_once(provincial, receiver, arg, times):
    provincial.misbehave("duplicate-callback", arg=arg)
    settled(provincial, seal(provincial, receiver))
    assert len(receiver.received) == times
    assert receiver.bodies()[0] == receiver.bodies()[1]


def test_a_callback_comes_before_the_answer_to_the_request(provincial, receiver):
    provincial.misbehave("early-callback")
    request_id = seal(provincial, receiver)
    assert [body["requestId"] for body in receiver.bodies()] == [request_id]


def test_a_callback_comes_although_the_answer_to_the_request_is_lost(provincial, receiver):
    provincial.misbehave("early-callback")
    provincial.misbehave("answer-lost", path="seal-requests")
    with pytest.raises(requests.ConnectionError):
        seal(provincial, receiver)
    assert [body["requestKey"] for body in receiver.bodies()] == ["case-1/seal"]


def test_a_callback_names_a_foreign_key(provincial, receiver):
    provincial.misbehave("foreign-callback", arg="case-2/seal")
    settled(provincial, seal(provincial, receiver))
    assert [body["requestKey"] for body in receiver.bodies()] == ["case-2/seal"]


def test_a_callback_has_a_forged_signature(provincial, receiver):
    provincial.misbehave("forged-callback")
    settled(provincial, seal(provincial, receiver))
    path, headers, body, at = receiver.received[0]
    address = urlsplit(path)
    secrets = {"crane-demo": "crane-demo-seal-secret"}
    with pytest.raises(SignatureRefused, match="signature wrong"):
        verify(secrets, headers, "POST", address.path, parse_qsl(address.query), body, now=at, is_new=lambda *_: True)


def test_no_callback_comes_though_it_is_sealed(provincial, receiver):
    provincial.misbehave("no-callback")
    request_id = seal(provincial, receiver)
    settled(provincial, request_id)
    assert provincial.ask(f"/control/callbacks/{request_id}") == []
    assert receiver.received == []


def test_the_seal_bears_a_wrong_name(provincial, receiver):
    provincial.misbehave("wrong-seal-name", arg="包头市住房和城乡建设局")
    told = settled(provincial, seal(provincial, receiver))
    assert told["sealName"] == receiver.bodies()[0]["sealName"] == "包头市住房和城乡建设局"


@pytest.mark.parametrize(
    ("arg", "item", "value"),
    [(None, "owner", certificate()["owner"] + "（改）"), ({"item": "serialNo", "value": "ZL-9999"}, "serialNo", "ZL-9999")],
)
def test_a_face_item_is_changed_in_file_and_metadata(provincial, receiver, arg, item, value):
    provincial.misbehave("changed-item", arg=arg)
    told = settled(provincial, seal(provincial, receiver))
    assert told["items"][item] == value
    file = provincial.send("GET", urlsplit(told["fileUrl"]).path)
    assert value in ofdkit.extract_text(file.content)


def test_a_seal_is_older_than_its_request(provincial, receiver):
    provincial.misbehave("stale-seal", arg=60)
    told = settled(provincial, seal(provincial, receiver))
    (asked,) = provincial.effects()["seal"]
    assert datetime.fromisoformat(asked["time"]) - datetime.fromisoformat(told["sealedAt"]) == timedelta(seconds=60)


def test_a_request_is_never_sealed_unless_by_hand(provincial, receiver):
    provincial.misbehave("never-seal")
    never = seal(provincial, receiver)
    provincial.sealed(seal(provincial, receiver, requestKey="case-2/seal"))
    assert provincial.status(never)["status"] == "pending"
    assert provincial.control(f"seal/{never}").status_code == 200
    assert provincial.status(never)["status"] == "sealed"


def test_faults_of_sealing_do_not_strike_other_requests(provincial):
    provincial.misbehave("wrong-seal-name", arg="某局")
    assert provincial.send("GET", f"/api/authorities/{AUTHORITY[0]}").status_code == 200
    assert provincial.sealed(provincial.request_seal().json()["requestId"])["sealName"] == "某局"


@pytest.mark.parametrize(("arg", "problem"), BAD_SEALS.items())
def test_a_bad_seal_is_as_bad_as_it_says(provincial, tmp_path, arg, problem):
    provincial.misbehave("bad-seal", arg=arg)
    told = provincial.sealed(provincial.request_seal().json()["requestId"])
    content = provincial.send("GET", f"/api/certificates/{told['requestId']}/file").content
    trust = read_trust(tmp_path / "state" / "pki" / "trust")
    assert judge(content, trust, datetime.fromisoformat(told["sealedAt"])).problem.problem == problem


def test_every_mode_of_the_table_is_tried_here():
    source = Path(__file__).read_text("utf-8")
    assert [name for name in MODES if f'"{name}"' not in source and name.removeprefix("http-") not in source] == []
