"""An HTTP/1.1 server (keep-alive, a thread per connection) whose answers can be spoilt on the wire.

A platform is anything with the face of `Platform`. `/control/misbehave` is served here for every platform; the paths under
`/control/`, `/received` and `/effects` are for tests and are never spoilt.
"""

import contextlib
import logging
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

from sandbox import wire
from sandbox.answers import Answer, json_answer, read_json, refusal
from sandbox.misbehaviour import BadFault, Fault, Misbehaviour

LONGEST_BODY = 4 * 1024 * 1024
"""Bytes; a longer request body is answered 413."""

UNSPOILT = ("/control/", "/received", "/effects")


@dataclass(frozen=True)
class Request:
    """One request as received: `path` without the query and still percent-encoded, `query` decoded and in order."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Message
    body: bytes

    def parameter(self, name: str) -> str | None:
        """The first query parameter of that name."""
        return next((value for key, value in self.query if key == name), None)

    def json(self) -> Any:
        """The body as JSON, or None when it is none (see `read_json`)."""
        return read_json(self.body)


class Platform(Protocol):
    """What stands behind a server."""

    misbehaviour: Misbehaviour

    def answer(self, request: Request) -> Answer:
        """Work the request and record it."""
        ...

    def drop(self, request: Request, fault: Fault) -> None:
        """Record a request that was received but is not worked because of a fault."""
        ...


Endpoint = Callable[..., Answer]


class Routes:
    """Paths such as `/api/certificates/{requestId}/file`; the braces' parts are handed on as positional arguments."""

    def __init__(self, table: list[tuple[str, str, Endpoint]]) -> None:
        self._table = [(method, re.compile(re.sub(r"\{\w+\}", "([^/]+)", path)), endpoint) for method, path, endpoint in table]

    def dispatch(self, request: Request) -> Answer:
        """Call the endpoint; 404 when no path fits, 405 when only the method does not."""
        fits = [(method, match, endpoint) for method, pattern, endpoint in self._table if (match := pattern.fullmatch(request.path))]
        for method, match, endpoint in fits:
            if method == request.method:
                return endpoint(request, *(unquote(part) for part in match.groups()))
        return refusal(405, "METHOD", "method not allowed") if fits else refusal(404, "NOT_FOUND", "no such address")


class HttpServer:
    """Serves one platform on one port until `stop`."""

    def __init__(self, platform: Platform, host: str, port: int) -> None:
        """Listen at once; port 0 takes a free one. Raises OSError when the port is taken."""
        self.platform = platform
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._listener = _Listener((host, port), self)
        self._listener.server_activate()
        self.host, self.port = host, self._listener.server_address[1]
        self._serve()

    @property
    def url(self) -> str:
        """Base address, without a trailing slash."""
        return f"http://{self.host}:{self.port}"

    def refuse(self, seconds: float, spare: socket.socket) -> None:
        """From now on and for so many seconds refuse connections; those that are open are cut, but the one to spare.

        The port stays bound but not listening meanwhile, so the refusal is the kernel's own and nobody else can take the port.
        """
        with self._turn:
            if self.stopping.is_set():
                return
            self._close_listener()
            self._listener = _Listener((self.host, self.port), self)
        self.cut_connections(spare)
        threading.Thread(target=self._listen_again, args=(seconds,), daemon=True).start()

    def _listen_again(self, seconds: float) -> None:
        self.stopping.wait(seconds)
        with self._turn:
            if not (self.stopping.is_set() or self._listener.listening):
                self._listener.server_activate()
                self._serve()

    def stop(self) -> None:
        """Stop listening and cut every connection; returns when the port is free."""
        with self._turn:
            self.stopping.set()
            self._close_listener()
        self.cut_connections()

    def cut_connections(self, spare: socket.socket | None = None) -> None:
        """Shut every open connection down in both directions, but the one to spare."""
        with self._lock:
            for connection in self._connections - {spare}:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def keep(self, connection: socket.socket) -> None:
        """Remember an open connection."""
        with self._lock:
            self._connections.add(connection)

    def forget(self, connection: socket.socket) -> None:
        """A connection has ended."""
        with self._lock:
            self._connections.discard(connection)

    def _serve(self) -> None:
        threading.Thread(target=self._listener.serve_forever, args=(0.01,), daemon=True).start()

    def _close_listener(self) -> None:
        if self._listener.listening:
            self._listener.shutdown()
        self._listener.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: HttpServer) -> None:
        super().__init__(address, _Connection, bind_and_activate=False)
        self.owner = owner
        self.listening = False
        try:
            self.server_bind()
        except OSError:
            self.server_close()
            raise

    def server_activate(self) -> None:
        super().server_activate()
        self.listening = True

    def handle_error(self, request: object, client_address: object) -> None:
        logging.getLogger(__name__).exception("request from %s failed", client_address)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "platform"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Listener

    def handle(self) -> None:
        owner = self.server.owner
        owner.keep(self.connection)
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True  # the client went away
        finally:
            owner.forget(self.connection)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
        logging.getLogger(__name__).debug(format, *args)

    def _work(self) -> None:
        request = self._read()
        if isinstance(request, Answer):
            self.close_connection = True
            return wire.send(self, request)
        if request.path == "/control/misbehave":
            return self._control(request)
        platform = self.server.owner.platform
        spoilable = not request.path.startswith(UNSPOILT)
        fault = platform.misbehaviour.strike_wire(request.path) if spoilable else None
        if fault is None:
            return wire.send(self, platform.answer(request))
        if not fault.effect:
            platform.drop(request, fault)
        return wire.spoil(self, fault, platform.answer(request) if fault.effect else None, self.server.owner.stopping)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _work  # noqa: N815  http.server finds them by these names

    def _read(self) -> "Request | Answer":
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding"):
            return refusal(411, "LENGTH_REQUIRED", "send a Content-Length")
        if not (length.isascii() and length.isdigit()):
            return refusal(400, "BAD_LENGTH", "Content-Length is not a number")
        if len(length) > len(str(LONGEST_BODY)) or int(length) > LONGEST_BODY:
            return refusal(413, "TOO_LARGE", f"at most {LONGEST_BODY} bytes")
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(length))
        return Request(self.command, path, tuple(parse_qsl(query, keep_blank_values=True)), self.headers, body)

    def _control(self, request: Request) -> None:
        misbehaviour = self.server.owner.platform.misbehaviour
        if request.method == "GET":
            return wire.send(self, json_answer(200, misbehaviour.waiting()))
        if request.method == "DELETE":
            misbehaviour.clear()
            return wire.send(self, json_answer(200, []))
        try:
            fault = misbehaviour.add(request.json())
        except BadFault as bad:
            return wire.send(self, refusal(400, bad.code, str(bad)))
        if fault.mode.name == "refuse-connections":
            fault.left = 0
            self.close_connection = True
            self.server.owner.refuse(fault.seconds(1), spare=self.connection)
        return wire.send(self, json_answer(201, fault.describe()))
