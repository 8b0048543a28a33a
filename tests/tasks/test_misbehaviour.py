"""Every way in which a platform can go wrong has its documented class, and after any unknown outcome there is exactly one effect."""

import pytest
import requests
from offices import until

from sandbox.misbehaviour import MODES
from tasks.platforms.outcomes import PlatformMisconfigured
from workflow_runtime.errors import RemoteTransient, RemoteUnknown

UNKNOWN = ("http-500", "http-502", "reset-before", "reset-after", "silence", "truncated", "not-json", "html", "empty", "answer-lost")
TRANSIENT = ("http-503", "http-429", "refuse-connections")
MISCONFIGURED = ("http-403",)
CALLS = {
    "fm": ("national", "certificate.assign_code", "prepared"),
    "gj": ("national", "certificate.aggregate", "issued"),
    "seal": ("provincial", "certificate.seal", "coded"),
    "update": ("national", "platform.update_state", "cancelled"),
}
PATHS = {"fm": "crane/fm", "gj": "crane/gj", "seal": "seal-requests", "update": "crane/update"}


def test_every_wire_mode_of_the_sandboxes_is_classified_here():
    assert {name for name, mode in MODES.items() if mode.scope == "wire"} == {*UNKNOWN, *TRANSIENT, *MISCONFIGURED}


@pytest.fixture(params=CALLS)
def call(request, office):
    """A call with an effect, ready to be made: (its kind, platform, a function that makes it once, one that works it like a job)."""
    platform, handler, ready = CALLS[request.param]
    arguments = {"token": "call", "certificate_no": getattr(office, ready)()}
    made = getattr(office, platform)
    return request.param, made, lambda **k: office.once(handler, **arguments, **k), lambda: office.work(handler, **arguments)


@pytest.mark.parametrize("effect", [True, False], ids=["with-effect", "without-effect"])
@pytest.mark.parametrize("mode", UNKNOWN)
def test_an_unknown_outcome_is_asked_for_and_has_one_effect(office, call, mode, effect):
    kind, platform, _, work = call
    office.expect(mode)
    platform.misbehave(mode, PATHS[kind], arg={"effect": effect})
    _, failures = work()
    assert failures == ["RemoteUnknown"]
    assert len(platform.effects(kind)) == 1


@pytest.mark.parametrize("mode", ["http-503", "http-429"])
def test_a_busy_platform_certainly_did_nothing(call, mode):
    kind, platform, once, work = call
    platform.misbehave(mode, PATHS[kind])
    with pytest.raises(RemoteTransient) as busy:
        once()
    assert busy.value.retry_after == (1.0 if mode == "http-429" else None)
    assert platform.effects(kind) == []
    assert work()[1] == []
    assert len(platform.effects(kind)) == 1


@pytest.mark.parametrize("mode", MISCONFIGURED)
def test_a_gateway_that_does_not_let_us_in_is_not_tried_again(call, mode):
    kind, platform, once, work = call
    platform.misbehave(mode, PATHS[kind])
    with pytest.raises(PlatformMisconfigured):
        once()
    assert platform.effects(kind) == []
    assert work()[1] == []
    assert len(platform.effects(kind)) == 1


def test_a_refused_connection_certainly_did_nothing(call, office):
    """Also when pooled connections are cut under us."""
    _, platform, once, _ = call
    office.once("certificate.check", filing={}, authority="x")
    platform.misbehave("refuse-connections", arg=30)
    with pytest.raises(RemoteTransient):
        once()


@pytest.mark.parametrize("kind", ["fm", "gj", "update"])
def test_an_unknown_return_code_is_an_unknown_outcome(office, kind):
    _, handler, ready = CALLS[kind]
    number = getattr(office, ready)()
    office.national.misbehave("unknown-code", PATHS[kind])
    assert office.work(handler, token="call", certificate_no=number)[1] == ["RemoteUnknown"]
    assert len(office.national.effects(kind)) == 1


@pytest.mark.parametrize("mode", UNKNOWN + TRANSIENT)
def test_whatever_happens_to_the_token_nothing_was_sent(office, mode):
    """The token call has no business effect, so its unknown outcome is a transient one."""
    number = office.prepared()
    office.expect(mode)
    office.national.misbehave(mode, "*", **({"arg": 2} if mode == "refuse-connections" else {}))
    with pytest.raises(RemoteTransient):
        office.once("certificate.assign_code", certificate_no=number)
    assert until(lambda: _received(office.national)) == ["asked"]


@pytest.mark.parametrize("mode", MISCONFIGURED)
def test_a_token_that_the_gateway_forbids_is_a_matter_for_the_operator(office, mode):
    number = office.prepared()
    office.national.misbehave(mode, "*")
    with pytest.raises(PlatformMisconfigured):
        office.once("certificate.assign_code", certificate_no=number)
    assert office.national.effects("fm") == []


def _received(platform):
    """What calls came in, once the platform can be reached again."""
    try:
        platform.received("fm")
    except requests.ConnectionError:
        return None
    return ["asked", *[r["kind"] for r in platform.received("fm")]]


@pytest.mark.parametrize("mode", UNKNOWN)
@pytest.mark.parametrize(("handler", "platform", "path"), [
    ("certificate.check", "national", "check"),
    ("certificate.inquire_seal", "provincial", "seal-requests"),
    ("certificate.fetch", "provincial", "file"),
])  # fmt: skip
def test_a_question_that_was_not_answered_is_asked_again(office, mode, handler, platform, path):
    number = office.sealed()
    arguments = {"filing": {}, "authority": "x"} if handler == "certificate.check" else {"certificate_no": number}
    office.expect(mode)
    getattr(office, platform).misbehave(mode, path)
    assert office.work(handler, **arguments)[1] == ["RemoteUnknown"]


@pytest.mark.parametrize("path", ["crane/fm", "crane/gj"])
def test_a_warning_is_success_and_kept(office, path):
    number = office.prepared() if path == "crane/fm" else office.issued()
    handler = "certificate.assign_code" if path == "crane/fm" else "certificate.aggregate"
    office.national.misbehave("warn", path, arg={"code": "W1234", "message": "请留意"})
    done = office.once(handler, token="call", certificate_no=number)
    [warning] = [w for w in done["warnings"] if w["code"] == "NATIONAL_W1234"]
    assert "请留意" in warning["message"]["zh"]
    assert office.log()[-1].outcome == "warned"


def test_an_unknown_outcome_leaves_the_log_saying_so(office):
    number = office.prepared()
    office.national.misbehave("answer-lost", "crane/fm")
    with pytest.raises(RemoteUnknown):
        office.once("certificate.assign_code", certificate_no=number)
    last = office.log()[-1]
    assert (last.operation, last.outcome, last.status, last.key) == ("fm", "unknown", None, "C1-t1")
