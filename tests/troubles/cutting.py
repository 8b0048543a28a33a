"""A wire to a PostgreSQL server that is cut when a commit goes over it: before it arrives, or before its answer comes back."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url

FIELDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
SHUT_DOWN = b"E" + (len(FIELDS) + 4).to_bytes(4) + FIELDS
"""An ErrorResponse of the protocol (https://www.postgresql.org/docs/current/protocol-message-formats.html)."""


class Wire:
    """Use as a context manager. `cut` is what a commit meets, after `spared` others; `address` leads over it.

    "before" it arrives, "after" it is done, after it is done by a server that says that it is being shut down ("shutdown"), or nothing.
    """

    def __init__(self, address):
        url = make_url(address)
        self.socket_path = str(Path(url.query["host"]) / ".s.PGSQL.5432")
        self.cut, self.spared = None, 0
        self.server = socket.create_server(("127.0.0.1", 0))
        port = self.server.getsockname()[1]
        self.address = url.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *failure):
        self.server.close()

    def is_cut(self):
        """Asked at each commit."""
        if self.cut is not None and self.spared > 0:
            self.spared -= 1
            return False
        return self.cut is not None

    def _accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            behind = socket.socket(socket.AF_UNIX)
            behind.connect(self.socket_path)
            ends = _Ends(self, client, behind)
            threading.Thread(target=ends.to_server, daemon=True).start()
            threading.Thread(target=ends.to_client, daemon=True).start()


class _Ends:
    """One connection through the wire."""

    def __init__(self, wire, client, server):
        self.wire, self.client, self.server = wire, client, server
        self.deaf = self.last_words = False

    def to_server(self):
        for data in _received(self.client):
            if b"COMMIT\0" in data and self.wire.is_cut():
                how, self.wire.cut = self.wire.cut, None
                if how == "before":
                    break
                self.deaf, self.last_words = True, how == "shutdown"
            _sent(self.server, data)
        if not self.deaf:
            self._close()

    def to_client(self):
        for data in _received(self.server):
            if self.deaf:  # the server has answered, so the commit is done
                if self.last_words:
                    _sent(self.client, SHUT_DOWN)
                break
            _sent(self.client, data)
        self._close()

    def _close(self):
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _sent(end, data):
    with suppress(OSError):  # the other side may be gone
        end.sendall(data)


def _received(end):
    while True:
        try:
            data = end.recv(65536)
        except OSError:
            return
        if not data:
            return
        yield data
