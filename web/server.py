"""The embedded web server (waitress): threads in this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

THREADS = 8
STOP_SECONDS = 5.0
MAX_REQUEST = 32 * 1024 * 1024
"""Bytes of a request that are taken in at all; the application has narrower limits of its own."""


@contextmanager
def serving(app: Flask, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve an application while the block runs; gives its address. Port 0 takes a free one."""
    listening = socket.create_server((host, port))
    connections: dict[int, Any] = {}
    server: Any = create_server(
        app,
        map=connections,
        sockets=[listening],
        threads=THREADS,
        max_request_body_size=MAX_REQUEST,
        clear_untrusted_proxy_headers=False,  # the application believes them only as far as its settings say
    )

    def close_connections() -> None:
        # Without these two the loop ends. Not by server.close(): it closes the trigger as well, which whoever stops
        # the server may be about to pull, and every request that is still being worked on pulls.
        server.trigger.del_channel()
        server.del_channel()
        listening.close()
        wasyncore.close_all(connections, ignore_all=True)

    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{listening.getsockname()[1]}"
    finally:
        # In the server's own thread: closing from outside would pull sockets away from under its select().
        server.trigger.pull_trigger(close_connections)
        thread.join(STOP_SECONDS)
        server.task_dispatcher.shutdown()
        server.trigger.close()
