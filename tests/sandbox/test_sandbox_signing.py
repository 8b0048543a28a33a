"""Signatures of the seal network."""

from datetime import UTC, datetime, timedelta

import pytest
from platform_clients import AUTHORITY

from sandbox.signing import LARGEST_SKEW_MS, sign, signed_headers, sm3_hex, text_to_sign

PATH = f"/api/authorities/{AUTHORITY[0]}"


def test_sm3_agrees_with_the_published_vectors():
    """GB/T 32905, examples 1 and 2."""
    assert sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3_hex(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_the_signature_is_hmac_sm3_by_its_definition():
    """RFC 2104 spelled out, over SM3."""
    key = b"secret".ljust(64, b"\0")
    inner = bytes.fromhex(sm3_hex(bytes(byte ^ 0x36 for byte in key) + b"text"))
    assert sign("secret", "text") == sm3_hex(bytes(byte ^ 0x5C for byte in key) + inner)


def test_the_signed_text_has_seven_lines_with_the_query_sorted_and_encoded():
    text = text_to_sign("get", "", [("b", "2 & 3"), ("a", "备"), ("a", "1")], "key", "1", "n", "00")
    assert text == "GET\n/\na=1&a=%E5%A4%87&b=2%20%26%203\nkey\n1\nn\n00"


def refused(answer):
    return answer.status_code == 401 and answer.json()["code"] == "SIGNATURE"


def test_a_signed_request_is_answered(provincial):
    assert provincial.send("GET", PATH).status_code == 200


def test_a_request_without_headers_is_refused(provincial):
    assert refused(provincial.session.get(f"{provincial.url}{PATH}", timeout=60))


@pytest.mark.parametrize("wrong", [{"key": "unknown"}, {"secret": "wrong"}, {"nonce": "with blank"}, {"nonce": "x" * 65}])
def test_a_wrong_key_secret_or_nonce_is_refused(provincial, wrong):
    assert refused(provincial.send("GET", PATH, **wrong))


@pytest.mark.parametrize("sign_of_skew", [1, -1])
def test_a_clock_more_than_300_seconds_off_is_refused(provincial, sign_of_skew):
    within = timedelta(milliseconds=LARGEST_SKEW_MS - 10_000) * sign_of_skew
    beyond = timedelta(milliseconds=LARGEST_SKEW_MS + 10_000) * sign_of_skew
    assert provincial.send("GET", PATH, now=datetime.now(UTC) + within).status_code == 200
    assert refused(provincial.send("GET", PATH, now=datetime.now(UTC) + beyond))


def test_a_changed_body_is_refused(provincial):
    assert refused(provincial.send("POST", "/api/seal-requests", body=b"{}", tamper=b"{ }"))


def test_a_body_digest_that_is_not_the_bodys_is_refused(provincial):
    headers = signed_headers("crane-demo", "crane-demo-seal-secret", "GET", PATH, (), b"", now=datetime.now(UTC), nonce="n")
    assert refused(provincial.session.get(f"{provincial.url}{PATH}", headers=headers | {"X-Body-Digest": "0" * 64}, timeout=60))


def test_a_query_is_signed_and_a_changed_one_is_refused(provincial):
    asked = provincial.send("GET", "/api/seal-requests", query=[("requestKey", "无 此&键")])
    assert asked.status_code == 404
    url = asked.request.url
    headers = {**asked.request.headers, "X-Nonce": "another"}
    assert refused(provincial.session.get(url + "1", headers=headers, timeout=60))


def test_a_nonce_is_good_once(provincial):
    assert provincial.send("GET", PATH, nonce="once").status_code == 200
    assert refused(provincial.send("GET", PATH, nonce="once"))


def test_a_forged_request_does_not_use_up_a_nonce(provincial):
    assert refused(provincial.send("GET", PATH, nonce="mine", secret="wrong"))
    assert provincial.send("GET", PATH, nonce="mine").status_code == 200
