"""What every call to a platform keeps to: the push log first, no secrets in it, tokens, pace, breaker, and settings."""

import gzip
import json
import socketserver
import threading
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest
from listening import listening
from offices import AUTHORITY, FILING

import tasks
from registry import tables
from tasks.platforms.rate_limit import RateLimit
from tasks.settings import Settings, documentation
from workflow_runtime.catalogue import discover
from workflow_runtime.clock import ManualClock
from workflow_runtime.errors import Failure, RemoteTransient, RemoteUnknown


def check(office, **options):
    """One call to the national platform."""
    return office.once("certificate.check", filing=FILING, authority=AUTHORITY, **options)


def operations(office):
    """The operations of the push log, in order."""
    return [entry.operation for entry in office.log()]


def test_every_call_is_written_down_before_it_is_sent_and_closed_after(office):
    """The platform itself looks into the log while it answers."""
    seen = []

    def answer(method, path, *_):
        entry = office.log()[-1]
        seen.append((path, entry.operation, entry.outcome, entry.key))
        if "token" in path:
            return 200, {}, b'{"custom": {"access_token": "T", "expires_in": 7200}}'
        return 200, {"Content-Type": "application/json"}, b'{"ReturnCode": "1", "ReturnData": {}}'

    with listening(answer) as url:
        office.restart(CRANE_NATIONAL_URL=url)
        check(office)
    assert seen == [("/oauth2/token", "token", None, "C1-t1"), ("/api/crane/check", "check", None, "C1-t1")]
    assert [(e.operation, e.outcome, e.status) for e in office.log()] == [("token", "accepted", 200), ("check", "accepted", 200)]


def test_no_secret_ever_stands_in_the_log_or_in_a_failure(office):
    """Even when the platform echoes the whole request in an error page."""
    told = []

    def answer(method, path, query, headers, body):
        if "token" in path:
            return 200, {}, b'{"custom": {"access_token": "very-secret-token", "expires_in": 7200}}'
        echo = f"<html>{path}?{query} {headers} {body.decode()}</html>"
        return 200, {"Content-Type": "text/html"}, echo.encode()

    with listening(answer) as url:
        office.restart(CRANE_NATIONAL_URL=url, CRANE_PROVINCIAL_URL=url)
        for name in ("certificate.check", "certificate.inquire_seal"):
            number = office.prepared()
            with office.transaction() as connection:
                connection.execute(tables.certificate.update().values(seal_request="R"))
            arguments = {"filing": FILING, "authority": AUTHORITY} if name == "certificate.check" else {"certificate_no": number}
            with pytest.raises(RemoteUnknown) as failure:
                office.once(name, **arguments)
            told.append(str(failure.value))
    kept = repr(office.rows(tables.exchange)) + repr(told)
    assert "html" in kept
    for secret in ("very-secret-token", "crane-demo-secret", "crane-demo-seal-secret"):
        assert secret not in kept
    signatures = [word for row in office.rows(tables.exchange) for word in row.answer.split("'") if len(word) == 64 and word.isalnum()]
    assert len(signatures) == 1, "the body's digest may stay, the signature may not"


def test_a_network_failure_does_not_tell_the_address_with_its_token(office):
    office.national.misbehave("reset-before", "check")
    with pytest.raises(RemoteUnknown) as failure:
        check(office)
    assert "access_token" not in str(failure.value)
    assert failure.value.__cause__ is None


def test_a_file_is_not_copied_into_the_log(office):
    number = office.sealed()
    office.once("certificate.fetch", certificate_no=number)
    assert office.log()[-1].answer.startswith("(application/ofd, ")


def test_long_texts_of_a_request_are_cut_in_the_log(office):
    office.once("certificate.check", filing={**FILING, "parameters": "长" * 9000}, authority=AUTHORITY)
    [record] = office.log()[-1].request["AcceptData"]
    assert len(record["technicalParameters"]) == 4000


def test_brackets_go_out_in_full_width(office):
    office.coded()
    [received] = office.national.received("fm")
    record = received["request"]["AcceptData"][0]
    assert record["deviceModel"] == "QTZ80（TC5610-6）"


def test_one_token_serves_many_calls(office):
    for _ in range(3):
        check(office)
    assert operations(office) == ["token", "check", "check", "check"]


@pytest.mark.parametrize(("minutes", "renewed"), [(114, False), (116, True)])
def test_a_token_is_renewed_five_minutes_early(office, minutes, renewed):
    office.clock = ManualClock(office.clock.now())
    check(office)
    office.clock.advance(timedelta(minutes=minutes))
    check(office)
    assert operations(office).count("token") == (2 if renewed else 1)


def test_a_short_lived_token_is_used_for_half_of_its_life(office):
    def answer(method, path, *_):
        token = b'{"custom": {"access_token": "T", "expires_in": 60}}'
        return 200, {"Content-Type": "application/json"}, token if "token" in path else b'{"ReturnCode": "1"}'

    office.clock = ManualClock(office.clock.now())
    with listening(answer) as url:
        office.restart(CRANE_NATIONAL_URL=url)
        check(office)
        check(office)
        office.clock.advance(timedelta(seconds=31))
        check(office)
    assert operations(office) == ["token", "check", "check", "token", "check"]


def test_a_token_that_the_platform_forgot_is_renewed_once(office):
    check(office)
    office.national.control("expire-tokens")
    check(office)
    assert operations(office) == ["token", "check", "check", "token", "check"]
    assert [e.outcome for e in office.log()] == ["accepted", "accepted", "transient", "accepted", "accepted"]


def test_tokens_that_are_always_refused_end_in_a_later_try(office):
    def answer(method, path, *_):
        if "token" in path:
            return 200, {}, b'{"custom": {"access_token": "T", "expires_in": 7200}}'
        return 401, {"Content-Type": "application/json"}, b"{}"

    with listening(answer) as url:
        office.restart(CRANE_NATIONAL_URL=url)
        with pytest.raises(RemoteTransient):
            check(office)
    assert operations(office) == ["token", "check", "token", "check"]


def test_threads_share_one_token(office):
    threads = [threading.Thread(target=check, args=(office,), kwargs={"case": f"C{n}"}) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = [row.operation for row in office.rows(tables.exchange)]
    assert (entries.count("token"), entries.count("check")) == (1, 6)


def test_wrong_credentials_are_a_matter_for_the_operator(office):
    office.restart(CRANE_NATIONAL_CLIENT_SECRET="wrong")
    with pytest.raises(Failure) as failure:
        check(office)
    assert failure.value.code == "PLATFORM_MISCONFIGURED"


def test_a_wrong_signature_is_a_matter_for_the_operator(office):
    number = office.coded()
    office.restart(CRANE_PROVINCIAL_APP_SECRET="wrong")
    with pytest.raises(Failure) as failure:
        office.once("certificate.seal", certificate_no=number)
    assert failure.value.code == "PLATFORM_MISCONFIGURED"
    assert office.provincial.effects("seal") == []


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 422])
def test_a_rejected_address_is_a_matter_for_the_operator(office, status):
    def answer(method, path, *_):
        return (200, {}, b'{"custom": {"access_token": "T", "expires_in": 7200}}') if "token" in path else (status, {}, b"{}")

    with listening(answer) as url:
        office.restart(CRANE_NATIONAL_URL=url)
        with pytest.raises(Failure) as failure:
            check(office)
    assert failure.value.code == "PLATFORM_MISCONFIGURED"


@pytest.mark.parametrize(
    "reply",
    [
        (302, {"Location": "/elsewhere"}, b""),
        (204, {}, b""),
        (418, {}, b"{}"),
        (200, {}, b"[]"),
        (200, {}, b"\xff\xfe"),
        (200, {}, b'{"ReturnCode": null}'),
        (200, {}, b'{"ReturnCode": "01"}'),
        (200, {}, b"{" + b" " * (1024 * 1024) + b"}"),
        (200, {"Content-Encoding": "gzip"}, b"not gzip"),
        (200, {"Transfer-Encoding": "chunked"}, b"5\r\n{}"),
    ],
    ids=["redirect", "no-content", "teapot", "list", "not-utf8", "no-code", "odd-code", "too-long", "bad-gzip", "half-a-chunk"],
)
def test_nonsense_is_an_unknown_outcome(office, reply):
    def answer(method, path, *_):
        return (200, {}, b'{"custom": {"access_token": "T", "expires_in": 7200}}') if "token" in path else reply

    with listening(answer) as url:
        office.restart(CRANE_NATIONAL_URL=url)
        with pytest.raises(RemoteUnknown):
            check(office)


@pytest.mark.parametrize("encoding", ["gzip", "chunked"])
def test_packed_and_chunked_answers_are_read(office, encoding):
    content = b'{"ReturnCode": "1"}'
    answers = {
        "gzip": (200, {"Content-Encoding": "gzip"}, gzip.compress(content)),
        "chunked": (200, {"Transfer-Encoding": "chunked"}, b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)),
    }

    def answer(method, path, *_):
        return (200, {}, b'{"custom": {"access_token": "T", "expires_in": 7200}}') if "token" in path else answers[encoding]

    with listening(answer) as url:
        office.restart(CRANE_NATIONAL_URL=url)
        assert check(office) == {"blocked": False, "findings": []}


@pytest.mark.parametrize("success", [[], [{"eCertID": "0" * 32, "encryCertid": "x", "encryKey": "y"}], ["odd"], None])
def test_a_success_without_our_code_in_it_is_an_unknown_outcome(office, success):
    number = office.prepared()

    def answer(method, path, *_):
        if "token" in path:
            return 200, {}, b'{"custom": {"access_token": "T", "expires_in": 7200}}'
        return 200, {}, json.dumps({"ReturnCode": "1", "ReturnData": {"SuccessData": success}}).encode()

    with listening(answer) as url:
        office.restart(CRANE_NATIONAL_URL=url)
        with pytest.raises(RemoteUnknown):
            office.once("certificate.assign_code", certificate_no=number)


def test_an_answer_that_drips_is_given_up(office):
    """The library's time-out is per packet; ours is for the whole answer."""

    class Drip(socketserver.StreamRequestHandler):
        def handle(self):
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(40):
                try:
                    self.wfile.write(b" ")
                except OSError:
                    return
                time.sleep(0.05)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        office.expect("silence")
        office.restart(CRANE_PROVINCIAL_URL=f"http://127.0.0.1:{server.server_address[1]}")
        started = time.monotonic()
        with pytest.raises(RemoteUnknown):
            office.context().provincial.seal_request("x")
        assert time.monotonic() - started < 1.5
        server.shutdown()


@pytest.mark.parametrize("header", ["7", "date", "soon"])
def test_a_wish_to_retry_later_is_heard_in_both_notations(office, header):
    office.clock = ManualClock(office.clock.now().replace(microsecond=0))
    value = format_datetime(office.clock.now() + timedelta(seconds=7), usegmt=True) if header == "date" else header

    with listening(lambda *_: (503, {"Retry-After": value}, b"")) as url:
        office.restart(CRANE_PROVINCIAL_URL=url)
        with pytest.raises(RemoteTransient) as busy:
            office.context().provincial.seal_request("x")
    assert busy.value.retry_after == (None if header == "soon" else 7.0)


def test_a_host_that_does_not_exist_was_certainly_not_reached(office):
    office.restart(CRANE_NATIONAL_URL="http://no-such-host.invalid")
    with pytest.raises(RemoteTransient):
        check(office)


def test_after_every_five_calls_there_is_a_pause(office):
    office.restart(CRANE_NATIONAL_PAUSE="50")
    for _ in range(9):
        check(office)
    assert [round(pause) for pause in office.slept] == [50, 50, 50, 50, 50]


def test_the_pace_is_kept_by_the_clock_that_it_is_given():
    now, slept = [100.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    limit = RateLimit(5, 2.0, monotonic=lambda: now[0], sleep=sleep)
    for _ in range(11):
        limit.wait()
    assert slept == [2.0, 2.0]
    now[0] += 10
    for _ in range(4):
        limit.wait()
    assert slept == [2.0, 2.0]


def test_a_failing_platform_is_left_alone_and_tried_again_later(office):
    office.restart(CRANE_BREAKER_FAILURES="3", CRANE_BREAKER_SECONDS="30")
    office.clock = ManualClock(office.clock.now())
    check(office)
    office.national.misbehave("http-500", "check", times=4)
    for _ in range(3):
        with pytest.raises(RemoteUnknown):
            check(office)
    before = len(office.log())
    with pytest.raises(RemoteTransient) as closed:
        check(office)
    assert closed.value.retry_after == 30
    assert len(office.log()) == before, "nothing was sent, so nothing is in the log"
    office.clock.advance(timedelta(seconds=30))
    with pytest.raises(RemoteUnknown):
        check(office)
    with pytest.raises(RemoteTransient) as again:
        check(office)
    assert again.value.retry_after == 60, "a probe that failed doubles the pause"
    office.clock.advance(timedelta(seconds=60))
    check(office)
    check(office)


def test_refusals_do_not_open_the_breaker(office):
    office.restart(CRANE_BREAKER_FAILURES="2")
    number = office.prepared()
    office.national.misbehave("refuse", "crane/fm", times=4)
    for _ in range(4):
        with pytest.raises(Failure) as refusal:
            office.once("certificate.assign_code", certificate_no=number)
        assert refusal.value.code == "CODE_REFUSED"


def test_a_success_in_between_starts_the_count_anew(office):
    office.restart(CRANE_BREAKER_FAILURES="2")
    for _ in range(3):
        office.national.misbehave("http-503", "check")
        with pytest.raises(RemoteTransient):
            check(office)
        check(office)


def test_one_platforms_trouble_does_not_close_the_other(office):
    office.restart(CRANE_BREAKER_FAILURES="1")
    office.national.misbehave("http-503", "*", times=9)
    for _ in range(3):
        with pytest.raises(RemoteTransient):
            check(office)
    assert office.context().provincial.authority(AUTHORITY)["account"]


@pytest.mark.parametrize(
    ("variable", "call"),
    [
        ("CRANE_NATIONAL_URL", "national"),
        ("CRANE_NATIONAL_CLIENT_ID", "national"),
        ("CRANE_NATIONAL_CLIENT_SECRET", "national"),
        ("CRANE_NATIONAL_KEY_FILE", "national"),
        ("CRANE_PROVINCIAL_URL", "provincial"),
        ("CRANE_PROVINCIAL_APP_KEY", "provincial"),
        ("CRANE_PROVINCIAL_APP_SECRET", "provincial"),
    ],
)
def test_a_missing_setting_is_told_when_it_is_first_needed(office, variable, call):
    office.restart(**{variable: ""})
    with pytest.raises(Failure, match=variable) as failure:
        getattr(office.context(), call)
    assert failure.value.code == "PLATFORM_NOT_CONFIGURED"


def test_handlers_are_found_without_any_setting(tmp_path):
    names = discover("tasks", tasks.provider({})).handlers
    assert {"filing.precheck", "certificate.check", "certificate.prepare", "certificate.assign_code", "certificate.seal"} <= set(names)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CRANE_NATIONAL_PAUSE", "long"),
        ("CRANE_READ_SECONDS", "-1"),
        ("CRANE_CONNECT_SECONDS", "inf"),
        ("CRANE_NATIONAL_URL", "platform.example"),
        ("CRANE_QR_DECODER", "magic"),
        ("CRANE_CERT_STATES", "[]"),
        ("CRANE_OPERATE_TYPES", "{"),
        ("CRANE_NATIONAL_PATH", "/api/crane/check"),
        ("CRANE_NATIONAL_PATH", "/api/{call}/{operation}"),
        ("CRANE_PREVIEW_PATH", "/verify/{0}"),
        ("CRANE_LICENCE_PATTERN", "TS("),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_without_its_value(variable, value):
    with pytest.raises(Failure, match=variable) as failure:
        tasks.provider({variable: value})
    assert failure.value.code == "SETTING_INVALID"


def test_code_tables_can_be_changed_one_by_one():
    settings = Settings.of({"CRANE_OPERATE_TYPES": '{"new": "11"}'})
    assert (settings.operate_types["new"], settings.operate_types["change"]) == ("11", "08")


def test_settings_do_not_show_their_secrets():
    shown = repr(Settings.of({"CRANE_NATIONAL_CLIENT_SECRET": "hush-1", "CRANE_PROVINCIAL_APP_SECRET": "hush-2"}))
    assert "hush" not in shown


def test_the_national_paths_are_settings(office):
    """The ministry's are not public: what stands here is a default."""
    office.restart(CRANE_NATIONAL_PATH="/api/province_crane_{operation}")
    with pytest.raises(Failure) as failure:
        office.once("certificate.check", filing=FILING, authority=AUTHORITY)
    assert failure.value.code == "PLATFORM_MISCONFIGURED"
    assert len(office.national.received("province_crane_check")) == 1


def test_the_licence_pattern_is_a_setting(office):
    office.restart(CRANE_LICENCE_PATTERN="L-[0-9]+")
    found = office.local("filing.precheck", filing=FILING, authority=AUTHORITY)
    assert [(f["code"], f["severity"]) for f in found["findings"]] == [("LICENCE_SHAPE", "warn")]


def test_decision_tables_say_what_categories_there_are(office):
    """A category of the tables alone has its letter in the number, its name on the face and at the national platform."""
    gantry, letters = {**FILING, "category": "M"}, {"letter": "L", "name": "门式起重机"}
    assert office.local("filing.precheck", filing=gantry, authority=AUTHORITY, number_letters=letters)["findings"] == []
    office.once("certificate.check", filing=gantry, authority=AUTHORITY, number_letters=letters)
    assert "门式起重机" in str(office.national.received("check")[-1])
    draft = office.local("certificate.prepare", filing=gantry, authority=AUTHORITY, number_letters=letters)
    assert (draft["number"][:5], draft["face"]["category"]) == ("蒙AA-L", "门式起重机")


def test_every_setting_is_documented():
    assert all(variable.startswith("CRANE_") and meaning for variable, meaning, _ in documentation())


def test_the_qr_text_may_come_plain(office):
    number = office.prepared()

    def answer(method, path, query, headers, body):
        if "token" in path:
            return 200, {}, b'{"custom": {"access_token": "T", "expires_in": 7200}}'
        ours = json.loads(body)["AcceptData"][0]["eCertID"]
        given = {"eCertID": ours.upper(), "encryCertid": "https://national.example/q?id=1", "encryKey": ""}
        return 200, {}, json.dumps({"ReturnCode": "1", "ReturnData": {"SuccessData": [given]}}).encode()

    with listening(answer) as url:
        office.restart(CRANE_NATIONAL_URL=url, CRANE_QR_DECODER="plain")
        coded = office.once("certificate.assign_code", certificate_no=number)
    assert coded["qr_text"] == "https://national.example/q?id=1"


def test_with_another_key_the_code_is_not_lost(office, tmp_path):
    """The operator mends the key and retries: the same code comes, and there is one effect."""
    from sandbox import legacy_cipher

    number = office.prepared()
    wrong = tmp_path / "wrong.pem"
    wrong.write_bytes(legacy_cipher.pem(legacy_cipher.make_key(512)))
    right = office.environment["CRANE_NATIONAL_KEY_FILE"]
    office.restart(CRANE_NATIONAL_KEY_FILE=str(wrong))
    with pytest.raises(Failure) as failure:
        office.once("certificate.assign_code", certificate_no=number)
    assert failure.value.code == "PLATFORM_MISCONFIGURED"
    assert {entry.outcome for entry in office.log()} == {"accepted"}
    office.restart(CRANE_NATIONAL_KEY_FILE=right)
    assert len(office.once("certificate.assign_code", certificate_no=number)["qr_text"]) == 32
    assert len(office.national.effects("fm")) == 1


@pytest.mark.parametrize("content", [None, b"no key", b""])
def test_a_key_that_cannot_be_read_is_told_before_anything_is_sent(office, tmp_path, content):
    """Neither 赋码 nor the call for a token leaves the house."""
    number, file = office.prepared(), tmp_path / "key.pem"
    if content is not None:
        file.write_bytes(content)
    office.restart(CRANE_NATIONAL_KEY_FILE=str(file))
    with pytest.raises(Failure, match="CRANE_NATIONAL_KEY_FILE") as failure:
        office.once("certificate.assign_code", certificate_no=number)
    assert failure.value.code == "PLATFORM_NOT_CONFIGURED"
    assert office.log() == []


@pytest.mark.parametrize(
    ("platform", "endings"),
    [("national", ("URL", "CLIENT_ID", "CLIENT_SECRET", "KEY_FILE")), ("provincial", ("URL", "APP_KEY", "APP_SECRET"))],
)
def test_all_missing_settings_of_a_platform_are_told_at_once(office, platform, endings):
    missing = [f"CRANE_{platform.upper()}_{ending}" for ending in endings]
    office.restart(**dict.fromkeys(missing, ""))
    with pytest.raises(Failure) as failure:
        getattr(office.context(), platform)
    assert failure.value.code == "PLATFORM_NOT_CONFIGURED"
    assert all(variable in text for variable in missing for text in (*failure.value.message, *failure.value.remedy))
