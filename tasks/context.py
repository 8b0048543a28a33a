"""What every handler gets as its first argument."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from pkgutil import resolve_name
from time import monotonic, sleep

from sqlalchemy import Connection

from registry.certificate_lookup import certificate_named
from registry.certificates import Certificate, by_case
from registry.folding import fold_number
from registry.sealed_ofd.trust import Trust, read_trust
from registry.sealed_ofd.verdict import judge
from tasks.exchange_log import CallLog
from tasks.platforms import national, provincial, qr
from tasks.platforms.breaker import Breaker
from tasks.platforms.http import Channel
from tasks.platforms.national import National
from tasks.platforms.provincial import Provincial
from tasks.platforms.rate_limit import RateLimit
from tasks.platforms.tokens import Tokens
from tasks.sealed_file import Verifier, beside_ours
from tasks.settings import Settings, key_unreadable, not_usable
from workflow_runtime.clock import Clock
from workflow_runtime.errors import Text
from workflow_runtime.handlers import Call, CaseFacts

TRUST_SECONDS = 60.0


class Platforms:
    """What all calls share: the connections, the token, the QR's key. Each is made when it is first used."""

    def __init__(self, settings: Settings, *, monotonic: Callable[[], float] = monotonic, sleep: Callable[[float], None] = sleep) -> None:
        self.settings = settings
        self._monotonic, self._sleep = monotonic, sleep
        self._trust: tuple[float, Trust] | None = None

    @cached_property
    def national(self) -> Channel:
        """Connections to the national platform. Raises Failure PLATFORM_NOT_CONFIGURED."""
        s = self.settings
        key = () if s.qr_decoder == "plain" else ("national_key_file",)
        s.ensure_given("national_url", "national_client_id", "national_client_secret", *key)
        return self._channel("national", national.NAME, s.national_url, s.national_calls, s.national_pause)

    @cached_property
    def provincial(self) -> Channel:
        """Connections to the seal network. Raises Failure PLATFORM_NOT_CONFIGURED."""
        s = self.settings
        s.ensure_given("provincial_url", "provincial_app_key", "provincial_app_secret")
        return self._channel("provincial", provincial.NAME, s.provincial_url, s.provincial_calls, s.provincial_pause)

    @cached_property
    def tokens(self) -> Tokens:
        """The national platform's token. Raises Failure PLATFORM_NOT_CONFIGURED."""
        s = self.settings
        return Tokens(self.national, s.national_token_path, s.national_client_id, s.national_client_secret)

    @property
    def trust(self) -> Trust:
        """Whom to believe about seals; read anew after a minute, since revocation lists are renewed. Raises Failure PLATFORM_NOT_CONFIGURED,
        TRUST_UNREADABLE.
        """
        self.settings.ensure_given("trust")
        if self._trust is None or self._monotonic() - self._trust[0] > TRUST_SECONDS:
            self._trust = self._monotonic(), read_trust(Path(self.settings.trust))
        return self._trust[1]

    @cached_property
    def verifier(self) -> Verifier:
        """What judges sealed certificates: ours, or the function that CRANE_VERIFIER names. Raises Failure PLATFORM_NOT_CONFIGURED."""
        if not self.settings.verifier:
            return judge
        try:
            found: Verifier = resolve_name(self.settings.verifier)
        except (ImportError, AttributeError, ValueError):
            raise not_usable("CRANE_VERIFIER") from None
        return beside_ours(found)

    @cached_property
    def _decoder(self) -> qr.Decoder:
        if self.settings.qr_decoder == "plain":
            return qr.plain
        try:
            return qr.legacy(Path(self.settings.national_key_file))
        except (OSError, ValueError, TypeError):
            raise key_unreadable("CRANE_NATIONAL_KEY_FILE") from None

    def decoder(self) -> qr.Decoder:
        """The decoder of the QR's text. Raises Failure PLATFORM_NOT_CONFIGURED when its key cannot be read."""
        return self._decoder

    def _channel(self, key: str, name: Text, url: str, calls: float, pause: float) -> Channel:
        s = self.settings
        return Channel(
            key,
            name,
            url,
            connect_seconds=s.connect_seconds,
            read_seconds=s.read_seconds,
            ca_file=s.ca_file,
            rate=RateLimit(int(calls), pause, monotonic=self._monotonic, sleep=self._sleep),
            breaker=Breaker(name, int(s.breaker_failures), s.breaker_seconds),
        )


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
        return Provincial(self.platforms.provincial, s.provincial_app_key, s.provincial_app_secret, self.exchange_log)

    def certificate(self, connection: Connection, number: str) -> Certificate:
        """The certificate of this number, identifier or QR text: of a number, the case's own one, which in a re-issue shares it with the old one.

        Raises NotFound CERTIFICATE_UNKNOWN.
        """
        own = by_case(connection, self.case.number)
        if own is not None and fold_number(own.number) == fold_number(number):
            return own
        return certificate_named(connection, number)
