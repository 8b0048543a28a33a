"""The national platform's access token (OAuth 2 client credentials): fetched once, shared by all threads, renewed before it ends."""

import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from tasks.platforms import outcomes
from tasks.platforms.http import Channel, ExchangeLog, Incoming, Outcome, Outgoing
from workflow_runtime.errors import RemoteUnknown, Text

RENEWAL = timedelta(minutes=5)


class Tokens:
    """One token for one client; `get` and `forget` are safe for many threads."""

    def __init__(self, channel: Channel, path: str, client_id: str, client_secret: str) -> None:
        self._channel, self._path, self._client_id, self._secret = channel, path, client_id, client_secret
        self._lock = threading.Lock()
        self._token, self._until = "", datetime.min.replace(tzinfo=UTC)

    def get(self, log: ExchangeLog) -> str:
        """The token, a new one when the old one has less than five minutes (or half its life, if that is shorter) left.

        Raises RemoteTransient when none can be had now, PlatformMisconfigured when the credentials are refused.
        """
        with self._lock:
            if not self._token or log.now() >= self._until:
                self._token, life = self._fetch(log)
                self._until = log.now() + life - min(RENEWAL, life / 2)
            return self._token

    def forget(self, token: str) -> None:
        """The platform refused this token: the next `get` fetches another."""
        with self._lock:
            if token == self._token:
                self._token = ""

    def _fetch(self, log: ExchangeLog) -> tuple[str, timedelta]:
        form = {"client_id": self._client_id, "client_secret": self._secret, "grant_type": "client_credentials"}
        outgoing = Outgoing(
            operation="token",
            method="POST",
            path=self._path,
            shown={"client_id": self._client_id, "grant_type": "client_credentials"},
            body=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            keeps_answer=False,
            is_work=False,
        )
        try:
            return self._channel.send(log, outgoing, self._read)
        except RemoteUnknown:
            # whether a token was given out matters to nobody: the business call was never sent
            raise outcomes.transient(self._channel.name, Text("暂时无法获取令牌", "gives no token just now")) from None

    def _read(self, incoming: Incoming) -> tuple[Outcome, tuple[str, timedelta]]:
        name = self._channel.name
        if incoming.status >= 400:
            raise outcomes.misconfigured(name, Text(f"拒绝发放令牌（HTTP {incoming.status}）", f"refuses a token (HTTP {incoming.status})"))
        custom = incoming.document(name).get("custom")
        custom = custom if isinstance(custom, dict) else {}
        token, seconds = custom.get("access_token"), custom.get("expires_in")
        if not (isinstance(token, str) and token and isinstance(seconds, int | float) and 0 < seconds < 1e9):
            raise outcomes.unknown(name, Text("的令牌答复无法识别", "gave no readable token"))
        return "accepted", (token, timedelta(seconds=seconds))
