"""How connections are made: nothing of the machine changes what is sent, and what never left is known as such."""

import json
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from listening import listening
from offices import AUTHORITY, FILING

from registry import tables
from registry.nonces import LIFE, remember_nonce
from tasks.platforms.breaker import Breaker
from workflow_runtime.clock import ManualClock
from workflow_runtime.errors import Failure, RemoteTransient, RemoteUnknown, Text

JSON = {"Content-Type": "application/json"}


@contextmanager
def a_provincial_platform(office, answer):
    """The seal network played by a function."""
    with listening(answer) as url:
        office.restart(CRANE_PROVINCIAL_URL=url)
        yield


def test_a_proxy_of_the_machine_is_not_used(office, monkeypatch):
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    office.restart()
    assert not office.once("certificate.check", filing=FILING, authority=AUTHORITY)["blocked"]


def test_cookies_are_not_kept(office):
    seen = []

    def answer(method, path, query, headers, body):
        seen.append(headers.get("Cookie"))
        return 200, {**JSON, "Set-Cookie": "session=1; Path=/"}, b"{}"

    with a_provincial_platform(office, answer):
        for _ in range(2):
            office.context().provincial.authority(AUTHORITY)
    assert seen == [None, None]


def test_a_redirect_is_not_followed(office):
    seen = []

    def answer(method, path, *_):
        seen.append(path)
        return (302, {"Location": "/elsewhere"}, b"") if path != "/elsewhere" else (200, JSON, b"{}")

    with a_provincial_platform(office, answer), pytest.raises(RemoteUnknown):
        office.context().provincial.authority(AUTHORITY)
    assert "/elsewhere" not in seen


@pytest.mark.parametrize(
    ("body", "failure"), [(b'{"code": "NOT_FOUND"}', None), (b"{}", "PLATFORM_MISCONFIGURED"), (b"<html>", "REMOTE_UNKNOWN")]
)
def test_only_the_networks_own_word_means_that_there_is_nothing(office, body, failure):
    """A gateway's 404 must not make us believe that a seal request never arrived, and send another."""
    with a_provincial_platform(office, lambda *_: (404, JSON, body)):
        for ask in (office.context().provincial.seal_request, office.context().provincial.file):
            if failure is None:
                assert ask("R1") is None
            else:
                with pytest.raises(Failure) as refused:
                    ask("R1")
                assert refused.value.code == failure


def test_a_seal_answer_without_a_number_is_an_unknown_outcome(office):
    number = office.coded()
    with a_provincial_platform(office, lambda *_: (202, JSON, b'{"status": "pending"}')), pytest.raises(RemoteUnknown):
        office.once("certificate.seal", certificate_no=number)


def test_a_fetched_file_never_comes_from_an_address_that_somebody_names(office):
    """The network's answer names another host; the file is asked for at the configured one only."""
    number = office.sealed()
    elsewhere, asked = [], []

    def another_host(method, path, *_):
        elsewhere.append(path)
        return 200, {"Content-Type": "application/ofd"}, b"PK"

    with listening(another_host) as url:
        standing = json.dumps({"status": "sealed", "requestId": "../R 1", "fileUrl": f"{url}/file"}).encode()

        def network(method, path, *_):
            asked.append(path)
            return (200, JSON, standing) if path == "/api/seal-requests" else (404, JSON, b'{"code": "NOT_FOUND"}')

        with a_provincial_platform(office, network), pytest.raises(Failure) as refused:
            office.once("certificate.fetch", certificate_no=number)
    assert refused.value.code == "NOT_SEALED"
    assert elsewhere == []
    assert asked == ["/api/seal-requests", "/api/certificates/..%2FR%201/file"]


def _certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "platform")]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return pem, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_a_certificate_that_does_not_hold_ends_the_call_before_anything_is_sent(office, tmp_path):
    key, certificate = _certificate()
    (tmp_path / "server.pem").write_bytes(key + certificate)
    (tmp_path / "root.pem").write_bytes(certificate)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.pem")
    with listening(lambda *_: (200, JSON, b'{"name": "x"}'), tls) as url:
        office.restart(CRANE_PROVINCIAL_URL=url)
        with pytest.raises(RemoteTransient):
            office.context().provincial.authority(AUTHORITY)
        office.restart(CRANE_CA_FILE=str(tmp_path / "root.pem"))
        assert office.context().provincial.authority(AUTHORITY) == {"name": "x"}


def test_a_late_success_does_not_close_a_breaker_that_has_opened():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    breaker = Breaker(Text("平台", "The platform"), 1, 30.0)
    breaker.record(RemoteUnknown(Text("", "")), now)
    breaker.record(None, now)
    with pytest.raises(RemoteTransient):
        breaker.admit(now)


def test_one_probe_at_a_time_and_ever_longer_pauses():
    """Whoever comes while a probe is out waits; a platform that stays down is asked after 30, 60, 120 … seconds, at most ten minutes."""
    now, breaker, trouble = datetime(2026, 1, 1, tzinfo=UTC), Breaker(Text("平台", "The platform"), 1, 30.0), RemoteUnknown(Text("", ""))
    breaker.record(trouble, now)
    for pause in (30, 60, 120, 240, 480, 600, 600):
        with pytest.raises(RemoteTransient) as waiting:
            breaker.admit(now)
        assert waiting.value.retry_after == pause
        now += timedelta(seconds=pause)
        breaker.admit(now)
        with pytest.raises(RemoteTransient):
            breaker.admit(now)
        breaker.record(trouble, now)
    now += timedelta(seconds=600)
    breaker.admit(now)
    breaker.record(None, now)
    breaker.admit(now)
    breaker.record(trouble, now)
    with pytest.raises(RemoteTransient) as anew:
        breaker.admit(now)
    assert anew.value.retry_after == 30


def test_a_token_that_is_given_does_not_mean_that_the_platform_works(office):
    """Its token call answers, its work does not: the pause after the next probe is the longer one, not five failures later."""
    office.restart(CRANE_BREAKER_FAILURES="2", CRANE_BREAKER_SECONDS="30")
    office.clock = ManualClock(office.clock.now())
    office.national.misbehave("http-503", "/api/", probability=1)

    def pause():
        with pytest.raises(RemoteTransient) as busy:
            office.context().national.check({})
        return busy.value.retry_after

    assert [pause(), pause(), pause()] == [None, None, 30]
    office.clock.advance(timedelta(hours=3))  # the token is old, too
    assert [pause(), pause()] == [None, 60]


def test_nonces_are_forgotten_once_their_time_cannot_pass_any_more(office):
    now = office.clock.now()
    for at, nonce in ((now, "a"), (now + LIFE + timedelta(seconds=1), "b")):
        with office.transaction() as connection:
            assert remember_nonce(connection, "key", nonce, at)
            assert not remember_nonce(connection, "key", nonce, at)
            assert remember_nonce(connection, "other key", nonce, at)
    assert {row.nonce for row in office.rows(tables.seen_nonce)} == {"b"}
