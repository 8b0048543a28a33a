"""One way to another organisation's platform: pooled connections, time-outs always, and the push log before anything is sent."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Literal, Protocol, TypeVar
from urllib.parse import quote, urlencode

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from tasks.platforms import outcomes
from tasks.platforms.breaker import Breaker
from tasks.platforms.rate_limit import RateLimit
from workflow_runtime.errors import Failure, RemoteTransient, RemoteUnknown, Text

T = TypeVar("T")
Outcome = Literal["accepted", "warned", "refused", "transient", "unknown"]

LONGEST_ANSWER = 1024 * 1024
"""Bytes of an answer that are read, unless the request asks for a file."""
LONGEST_FILE = 32 * 1024 * 1024
CHUNK = 64 * 1024
CONNECTIONS = 32


class ExchangeLog(Protocol):
    """The push log, bound to a case and a key."""

    def now(self) -> datetime:
        """The current instant of the call's clock."""
        ...

    def open(self, platform: str, operation: str, request: Mapping[str, Any]) -> int:
        """Write down what is about to be sent, and commit."""
        ...

    def close(self, entry: int, *, status: int | None, answer: str, outcome: Outcome, duration_ms: int) -> None:
        """Write down what came back, and commit."""
        ...


@dataclass(frozen=True)
class Outgoing:
    """One request. `shown` is what the log keeps of it, without secrets; `secrets` are struck out of the answer that it keeps.

    `path` is percent-encoded; `keeps_answer` False for an answer that is a secret itself, `is_work` False for a call that says nothing of
    whether the platform does what it is for.
    """

    operation: str
    method: str
    path: str
    shown: Mapping[str, Any]
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    keeps_answer: bool = True
    is_work: bool = True
    longest: int = LONGEST_ANSWER


@dataclass(frozen=True)
class Incoming:
    """One answer; `read` sees only those whose status is `answered`, `unauthorised` or `rejected` (see `outcomes.MEANINGS`)."""

    status: int
    content_type: str
    body: bytes
    retry_after: str | None = None

    def document(self, platform: Text) -> dict[str, Any]:
        """The body as a JSON object. Raises RemoteUnknown for anything else: a page of a gateway, half a body, none at all."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            raise outcomes.unknown(platform, Text("的答复无法识别", "gave an answer that cannot be read"))
        return value

    def shown(self, outgoing: Outgoing) -> str:
        """What the log keeps: text without secrets, or the kind and size of a file."""
        if not outgoing.keeps_answer:
            return f"({len(self.body)} bytes, not kept)"
        kind = self.content_type.partition(";")[0].strip()
        if not (kind.startswith("text/") or kind in ("application/json", "")):
            return f"({kind}, {len(self.body)} bytes)"
        text = self.body.decode("utf-8", "replace")
        for secret in filter(None, outgoing.secrets):
            text = text.replace(secret, "***")
        return text


class Channel:
    """The connections to one platform, shared by all threads.

    `key` names it in the log, `name` to people; `base_url` has no trailing slash; time-outs are seconds, `read_seconds` for the whole answer.
    """

    def __init__(
        self,
        key: str,
        name: Text,
        base_url: str,
        *,
        connect_seconds: float,
        read_seconds: float,
        ca_file: str,
        rate: RateLimit,
        breaker: Breaker,
    ) -> None:
        self.key, self.name, self._base_url = key, name, base_url
        self._timeouts = (connect_seconds, read_seconds)
        self._rate, self._breaker = rate, breaker
        self._session = requests.Session()
        self._session.trust_env = False  # neither a proxy nor a .netrc of the machine may change what is sent
        self._session.verify = ca_file or True
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS, max_retries=0))

    def send(self, log: ExchangeLog, outgoing: Outgoing, read: Callable[[Incoming], tuple[Outcome, T]]) -> T:
        """Send, keep the log, and hand back what `read` makes of the answer; `read` raises the Failure that the answer means.

        Raises RemoteTransient, RemoteUnknown, and what `read` raises.
        """
        self._breaker.admit(log.now())
        self._rate.wait()
        entry, started, incoming = log.open(self.key, outgoing.operation, outgoing.shown), time.monotonic(), None
        try:
            incoming = self._transmit(outgoing, started)
            if trouble := outcomes.status_failure(self.name, incoming.status, incoming.retry_after, log.now()):
                raise trouble
            outcome, value = read(incoming)
        except Failure as failure:
            self._breaker.record(failure, log.now())
            self._close(log, entry, outgoing, incoming, _outcome_of(failure), started)
            raise
        if outgoing.is_work:
            self._breaker.record(None, log.now())
        else:
            self._breaker.pass_on(log.now())
        self._close(log, entry, outgoing, incoming, outcome, started)
        return value

    def _transmit(self, outgoing: Outgoing, started: float) -> Incoming:
        query = f"?{urlencode(outgoing.query, quote_via=quote, safe='')}" if outgoing.query else ""
        try:
            with self._session.request(
                outgoing.method,
                f"{self._base_url}{outgoing.path}{query}",
                data=outgoing.body or None,
                headers=dict(outgoing.headers),
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._body(response, outgoing.longest, started + sum(self._timeouts))
                headers = response.headers
                return Incoming(response.status_code, headers.get("Content-Type", ""), body, headers.get("Retry-After"))
        except (requests.RequestException, HTTPError) as error:
            raise outcomes.failure_of(self.name, error) from None

    def _body(self, response: requests.Response, longest: int, deadline: float) -> bytes:
        # read1 hands over what has come: the other ways of reading wait for a whole piece, however slowly its bytes drip in
        body = bytearray()
        while piece := response.raw.read1(CHUNK, decode_content=True):
            body += piece
            if len(body) > longest or time.monotonic() > deadline:
                raise outcomes.unknown(self.name, Text("的答复过长或过慢", "gave too long or too slow an answer"))
        return bytes(body)

    def _close(self, log: ExchangeLog, entry: int, outgoing: Outgoing, incoming: Incoming | None, outcome: Outcome, started: float) -> None:
        status, answer = (None, "") if incoming is None else (incoming.status, incoming.shown(outgoing))
        log.close(entry, status=status, answer=answer, outcome=outcome, duration_ms=round((time.monotonic() - started) * 1000))


def _outcome_of(failure: Failure) -> Outcome:
    if isinstance(failure, RemoteTransient):
        return "transient"
    return "unknown" if isinstance(failure, RemoteUnknown) else "refused"
