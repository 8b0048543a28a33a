"""What a status or a network error means for the effect of a request: answered, certainly none, or unknown. One literal table each."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ssl import SSLCertVerificationError
from typing import Literal

import requests
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from workflow_runtime.errors import Failure, RemoteTransient, RemoteUnknown, Text

Meaning = Literal["answered", "unauthorised", "rejected", "transient", "unknown"]

MEANINGS: Mapping[int, Meaning] = {
    200: "answered",
    201: "answered",
    202: "answered",
    400: "rejected",
    401: "unauthorised",
    403: "rejected",
    404: "rejected",
    405: "rejected",
    409: "rejected",
    411: "rejected",
    413: "rejected",
    415: "rejected",
    422: "rejected",
    429: "transient",
    500: "unknown",
    502: "unknown",
    503: "transient",
    504: "unknown",
}
"""By HTTP status; any other is unknown."""

NEVER_SENT = (NewConnectionError, ConnectTimeoutError, SSLCertVerificationError)
"""Errors under which no byte of the request left: refused, no such host, no connection in time, a certificate that does not hold."""

WAIT = Text("系统会自动重试，无需操作。", "It is tried again by itself; nothing to do.")
INQUIRE = Text(
    "系统会先向对方核实结果再决定是否重发，请勿手工重复办理。",
    "The outcome is asked for before anything is sent again; do not repeat it by hand.",
)


class PlatformMisconfigured(Failure):
    """The platform does not know our address, credentials or signature: an operator has to look, a retry is useless until then."""

    code = "PLATFORM_MISCONFIGURED"


def meaning_of(status: int) -> Meaning:
    """What this HTTP status means."""
    return MEANINGS.get(status, "unknown")


def transient(platform: Text, what: Text, *, retry_after: float | None = None) -> RemoteTransient:
    """The request certainly had no effect."""
    return RemoteTransient(Text(f"{platform.zh}{what.zh}", f"{platform.en} {what.en}"), WAIT, retry_after=retry_after)


def unknown(platform: Text, what: Text) -> RemoteUnknown:
    """The request may have had its effect."""
    return RemoteUnknown(Text(f"{platform.zh}{what.zh}，结果不明", f"{platform.en} {what.en}: outcome unknown"), INQUIRE)


def misconfigured(platform: Text, what: Text) -> PlatformMisconfigured:
    """The platform does not accept how we call it."""
    return PlatformMisconfigured(
        Text(f"{platform.zh}{what.zh}", f"{platform.en} {what.en}"),
        Text(
            "请运维人员检查该平台的地址、账号和密钥配置，改正后在此重试。", "Have address, credentials and keys checked, then retry here."
        ),
    )


def failure_of(platform: Text, error: requests.RequestException | HTTPError) -> Failure:
    """What a network error means. The error's own text is not passed on: it holds the address with its token."""
    if any(isinstance(cause, NEVER_SENT) for cause in _causes(error)):
        return transient(platform, Text("无法连接", "cannot be reached"))
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return unknown(platform, Text("未在规定时间内答复", "did not answer in time"))
    return unknown(platform, Text("答复中断", "broke off its answer"))


def status_failure(platform: Text, status: int, retry_after: str | None, now: datetime) -> Failure | None:
    """The failure that a status alone tells; None when the answer has to be read."""
    meaning = meaning_of(status)
    if meaning == "transient":
        return transient(platform, Text(f"繁忙（HTTP {status}）", f"is busy (HTTP {status})"), retry_after=seconds_of(retry_after, now))
    if meaning == "unknown":
        return unknown(platform, Text(f"出错（HTTP {status}）", f"failed (HTTP {status})"))
    return None


def seconds_of(retry_after: str | None, now: datetime) -> float | None:
    """A `Retry-After` header (seconds or HTTP date, RFC 9110 10.2.3) as seconds from now; None when absent or nonsense."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds())


def _causes(error: BaseException) -> list[BaseException]:
    """The error and everything that it wraps, by chain, by `reason` (urllib3) or as an argument (requests)."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [getattr(one, "reason", None), one.__cause__, *one.args]
    return found
