"""The embedded web server (waitress): threads in this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from waitress.server import create_server

THREADS = 8
MAX_REQUEST = 32 * 1024 * 1024
"""Bytes of a request that are taken in at all; the application has narrower limits of its own."""


@contextmanager
def serving(app: Flask, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve an application while the block runs; gives its address. Port 0 takes a free one."""
    listening = socket.create_server((host, port))
    server = create_server(app, sockets=[listening], threads=THREADS, max_request_body_size=MAX_REQUEST)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{listening.getsockname()[1]}"
    finally:
        server.close()
        thread.join(5)
