"""How often one address may ask: a token bucket each, in this process. Of IPv6, a /64 is one address: who has one has them all.

It stops a single machine that tries numbers or passwords out. It does not replace the limit of a reverse proxy: each process counts for itself, and
behind a proxy that does not hand on the visitors' addresses all of them share a bucket.
"""

from collections import OrderedDict
from datetime import datetime
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Lock

from workflow_runtime.errors import Failure, Text


class TooOften(Failure):
    """An address has asked too often; `wait` is the number of seconds after which it may ask again."""

    code = "TOO_OFTEN"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, wait: int) -> None:
        super().__init__(
            Text("操作过于频繁，本次未执行。", "Too many requests; this one was not carried out."),
            Text(f"请 {wait} 秒后再试。", f"Try again in {wait} seconds."),
        )
        self.wait = wait


class RateLimit:
    """Buckets of `burst` tokens that fill again by one in `seconds`; the addresses that asked last are remembered, at most `known` of them."""

    def __init__(self, burst: int, seconds: float, known: int = 10_000) -> None:
        self._burst, self._seconds, self._known = burst, seconds, known
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()
        self._lock = Lock()

    def take(self, address: str, now: datetime) -> None:
        """One query of this address. Raises TooOften, and then counts nothing."""
        address = _asking(address)
        with self._lock:
            left, at = self._buckets.pop(address, (float(self._burst), now))
            left = min(self._burst, left + max(0.0, (now - at).total_seconds()) / self._seconds)
            self._buckets[address] = (left - 1 if left >= 1 else left, now)
            if len(self._buckets) > self._known:
                self._buckets.popitem(last=False)
        if left < 1:
            raise TooOften(int((1 - left) * self._seconds) + 1)

    def give_back(self, address: str) -> None:
        """The last query of this address shall not count."""
        address = _asking(address)
        with self._lock:
            if address in self._buckets:
                left, at = self._buckets[address]
                self._buckets[address] = (min(self._burst, left + 1), at)


def _asking(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    mapped = found.ipv4_mapped
    return str(mapped) if mapped is not None else str(IPv6Network((found.packed[:8].ljust(16, b"\0"), 64)))
