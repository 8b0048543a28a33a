"""Stand-ins for the two platforms of other organisations: real HTTP servers with books of their own.

`python -m sandbox --state DIR` runs them in a process of their own; `start` runs the same code in threads of this one. The wire contracts are in the
texts of `national` (with `national_rules`, `legacy_cipher`), `provincial` (with `signing`, `callbacks`, `ofd`) and `misbehaviour`. Nothing here
imports the product.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.callbacks import Delivery
from sandbox.http_server import HttpServer
from sandbox.national import NationalPlatform, NationalSettings
from sandbox.provincial import ProvincialPlatform, ProvincialSettings

__all__ = ["Delivery", "NationalSettings", "ProvincialSettings", "Sandboxes", "start"]


@dataclass(frozen=True)
class Sandboxes:
    """Both platforms, running. `national` and `provincial` are their base addresses, without a trailing slash."""

    national: str
    provincial: str
    stop: Callable[[], None]
    """Stop both servers and close their books; returns when done."""


def start(
    state_dir: Path,
    *,
    host: str = "127.0.0.1",
    national_port: int = 0,
    provincial_port: int = 0,
    national: NationalSettings | None = None,
    provincial: ProvincialSettings | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Sandboxes:
    """Start both platforms on what `state_dir` holds (made when it is not there); port 0 takes a free one.

    `now` returns the current time, aware. Raises OSError when a port is taken or the directory cannot be written.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    ministry = NationalPlatform(state_dir, national or NationalSettings(), now)
    network = ProvincialPlatform(state_dir, provincial or ProvincialSettings(), now)
    servers: list[HttpServer] = []

    def stop() -> None:
        for server in servers:
            server.stop()
        ministry.close()
        network.close()

    try:
        servers.append(HttpServer(ministry, host, national_port))
        servers.append(HttpServer(network, host, provincial_port))
    except OSError:
        stop()
        raise
    network.begin(servers[1].url)
    return Sandboxes(servers[0].url, servers[1].url, stop)
