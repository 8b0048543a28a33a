"""Call-backs of the seal network: kept in the books, signed and delivered by a thread of their own, tried again with back-off.

A delivery is a POST with a JSON body, signed as `signing` says with the application's own key and secret. A 2xx answer ends it; anything else, or no answer
in five seconds, is tried again after `first`, 2 × `first`, 4 × `first` … seconds, until `attempts` are used up.
"""

import http.client
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.signing import signed_headers
from sandbox.storage import Storage, dumps

SCHEMA = """
CREATE TABLE IF NOT EXISTS callbacks (
    number INTEGER PRIMARY KEY, url TEXT NOT NULL, request_id TEXT NOT NULL, payload TEXT NOT NULL, forged INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, state TEXT NOT NULL DEFAULT 'pending'
);
CREATE INDEX IF NOT EXISTS callbacks_waiting ON callbacks (due) WHERE state = 'pending';
"""

TIMEOUT = 5.0


@dataclass(frozen=True)
class Delivery:
    """Configuration: how often a call-back is tried and the first pause in seconds."""

    attempts: int = 6
    first: float = 0.5


class Courier:
    """Delivers what is due. `complete(payload)` adds what is only known now (the file's address)."""

    def __init__(
        self,
        storage: Storage,
        credentials: tuple[str, str],
        delivery: Delivery,
        now: Callable[[], datetime],
        complete: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> None:
        self._storage, self._credentials, self._delivery, self._now, self._complete = storage, credentials, delivery, now, complete

    def post(self, url: str, request_id: str, payload: dict[str, Any], *, forged: bool, wait: float) -> None:
        """Enter a call-back that is due in `wait` seconds; the caller holds the transaction."""
        self._storage.run(
            "INSERT INTO callbacks (url, request_id, payload, forged, due) VALUES (?, ?, ?, ?, ?)",
            *(url, request_id, dumps(payload), int(forged), self._now().timestamp() + wait),
        )

    def deliver_due(self) -> None:
        """Try everything that is due once."""
        rows = self._storage.rows("SELECT * FROM callbacks WHERE state = 'pending' AND due <= ? ORDER BY number", self._now().timestamp())
        for row in rows:
            self._deliver(row)

    def deliver_now(self, request_id: str) -> None:
        """Try the call-backs of one seal request at once, due or not."""
        for row in self._storage.rows("SELECT * FROM callbacks WHERE state = 'pending' AND request_id = ?", request_id):
            self._deliver(row)

    def of(self, request_id: str) -> list[dict[str, Any]]:
        """The call-backs of one seal request, as the control tells them."""
        return self._storage.rows("SELECT url, attempts, state FROM callbacks WHERE request_id = ? ORDER BY number", request_id)

    def _deliver(self, row: dict[str, Any]) -> None:
        now = self._now().timestamp()
        # Claimed by the number of attempts, so that two threads never deliver the same one; a killed process leaves it due again.
        claimed = self._storage.run(
            "UPDATE callbacks SET attempts = attempts + 1, due = ? WHERE number = ? AND attempts = ? AND state = 'pending'",
            *(now + TIMEOUT + 1, row["number"], row["attempts"]),
        )
        if not claimed:
            return
        attempts = row["attempts"] + 1
        unsent = "pending" if attempts < self._delivery.attempts else "given-up"
        state = "delivered" if self._send(row) else unsent
        due = self._now().timestamp() + self._delivery.first * 2 ** (attempts - 1)
        self._storage.run("UPDATE callbacks SET state = ?, due = ? WHERE number = ?", state, due, row["number"])

    def _send(self, row: dict[str, Any]) -> bool:
        address = urlsplit(row["url"])
        body = json.dumps(self._complete(json.loads(row["payload"])), ensure_ascii=False).encode()
        path = address.path or "/"
        app_key, secret = self._credentials
        secret = "forged-" + secret if row["forged"] else secret
        nonce = secrets.token_hex(16)
        query = parse_qsl(address.query, keep_blank_values=True)
        headers = signed_headers(app_key, secret, "POST", path, query, body, now=self._now(), nonce=nonce)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = kind(address.hostname or "", address.port, timeout=TIMEOUT)
        try:
            target = f"{path}?{address.query}" if address.query else path
            connection.request("POST", target, body, {**headers, "Content-Type": "application/json"})
            return 200 <= connection.getresponse().status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def is_callback_url(url: object) -> bool:
    """Whether it is an http(s) address that can be called."""
    if not isinstance(url, str) or not url.isascii() or any(character.isspace() for character in url):
        return False
    try:
        address = urlsplit(url)
        return address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        return False
