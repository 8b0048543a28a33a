"""What every handler gets as its first argument."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import Connection

from registry.certificates import Certificate, by_case
from registry.certificates import certificate as certificate_of
from registry.folding import fold_number
from tasks.exchange_log import CallLog
from tasks.platforms import national, provincial, qr
from tasks.platforms.breaker import Breaker
from tasks.platforms.http import Channel
from tasks.platforms.national import National
from tasks.platforms.provincial import Provincial
from tasks.platforms.rate_limit import RateLimit
from tasks.platforms.tokens import Tokens
from tasks.settings import Settings, not_configured
from workflow_runtime.clock import Clock
from workflow_runtime.errors import Text
from workflow_runtime.handlers import Call, CaseFacts


class Platforms:
    """What all calls share: the connections, the token, the QR's key. Each is made when it is first used."""

    def __init__(self, settings: Settings, *, monotonic: Callable[[], float] = monotonic, sleep: Callable[[float], None] = sleep) -> None:
        self.settings = settings
        self._monotonic, self._sleep = monotonic, sleep

    @cached_property
    def national(self) -> Channel:
        """Connections to the national platform. Raises Failure PLATFORM_NOT_CONFIGURED."""
        s = self.settings
        return self._channel("national", national.NAME, s.national_url, "CRANE_NATIONAL_URL", s.national_calls, s.national_pause)

    @cached_property
    def provincial(self) -> Channel:
        """Connections to the seal network. Raises Failure PLATFORM_NOT_CONFIGURED."""
        s = self.settings
        return self._channel(
            "provincial", provincial.NAME, s.provincial_url, "CRANE_PROVINCIAL_URL", s.provincial_calls, s.provincial_pause
        )

    @cached_property
    def tokens(self) -> Tokens:
        """The national platform's token. Raises Failure PLATFORM_NOT_CONFIGURED."""
        s = self.settings
        client_id = _needed(s.national_client_id, "CRANE_NATIONAL_CLIENT_ID")
        secret = _needed(s.national_client_secret, "CRANE_NATIONAL_CLIENT_SECRET")
        return Tokens(self.national, s.national_token_path, client_id, secret)

    @cached_property
    def _decoder(self) -> qr.Decoder:
        if self.settings.qr_decoder == "plain":
            return qr.plain
        try:
            return qr.legacy(Path(_needed(self.settings.national_key_file, "CRANE_NATIONAL_KEY_FILE")))
        except (OSError, ValueError, TypeError):
            raise not_configured("CRANE_NATIONAL_KEY_FILE") from None

    def decoder(self) -> qr.Decoder:
        """The decoder of the QR's text. Raises Failure PLATFORM_NOT_CONFIGURED when its key cannot be read."""
        return self._decoder

    def _channel(self, key: str, name: Text, url: str, variable: str, calls: float, pause: float) -> Channel:
        s = self.settings
        return Channel(
            key,
            name,
            _needed(url, variable),
            connect_seconds=s.connect_seconds,
            read_seconds=s.read_seconds,
            ca_file=s.ca_file,
            rate=RateLimit(int(calls), pause, monotonic=self._monotonic, sleep=self._sleep),
            breaker=Breaker(name, int(s.breaker_failures), s.breaker_seconds),
        )


def _needed(value: str, variable: str) -> str:
    if not value:
        raise not_configured(variable)
    return value


@dataclass(frozen=True)
class Context:
    """One call's surroundings: its facts, the time, the books' database, and the platforms with the push log bound to the call."""

    call: Call
    platforms: Platforms

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.platforms.settings

    @property
    def clock(self) -> Clock:
        """The clock; ask nobody else for the time."""
        return self.call.clock

    @property
    def now(self) -> datetime:
        """The current instant, aware."""
        return self.call.clock.now()

    @property
    def key(self) -> str:
        """The same for every attempt of this task instance."""
        return self.call.key

    @property
    def case(self) -> CaseFacts:
        """The case."""
        return self.call.case

    @property
    def exchange_log(self) -> CallLog:
        """The push log bound to case and key."""
        return CallLog(self.call)

    def transaction(self) -> AbstractContextManager[Connection]:
        """A connection: the step's for a local handler, else one of its own that commits at the end; never hold it while sending."""
        return self.call.transaction()

    @property
    def national(self) -> National:
        """The national platform. Raises Failure PLATFORM_NOT_CONFIGURED."""
        platforms = self.platforms
        return National(platforms.national, self.settings.national_path, platforms.tokens, platforms.decoder, self.exchange_log)

    @property
    def provincial(self) -> Provincial:
        """The seal network. Raises Failure PLATFORM_NOT_CONFIGURED."""
        s = self.settings
        app_key, secret = _needed(s.provincial_app_key, "CRANE_PROVINCIAL_APP_KEY"), s.provincial_app_secret
        secret = _needed(secret, "CRANE_PROVINCIAL_APP_SECRET")
        return Provincial(self.platforms.provincial, app_key, secret, self.exchange_log)

    def certificate(self, connection: Connection, number: str) -> Certificate:
        """The certificate of this number: the case's own one, which in a re-issue shares its number with the old one, else the book's.

        Raises NotFound CERTIFICATE_UNKNOWN.
        """
        own = by_case(connection, self.case.number)
        if own is not None and fold_number(own.number) == fold_number(number):
            return own
        return certificate_of(connection, number)
