"""What leaves the socket: a whole answer, or one spoilt in the ways of the scope "wire" in `misbehaviour.MODES`."""

import os
import select
import socket
import struct
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.answers import Answer
from sandbox.misbehaviour import Fault

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

TITLES: dict[int, str] = {HTTPStatus.OK: "系统维护中", HTTPStatus.FORBIDDEN: "403 Forbidden", HTTPStatus.BAD_GATEWAY: "502 Bad Gateway"}
GATEWAY_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><hr>nginx</body></html>"


def send(connection: "BaseHTTPRequestHandler", answer: Answer) -> None:
    """Send an answer as it should be."""
    if answer.before_sending is not None:
        answer.before_sending()
    _send(connection, answer.status, answer.content_type, answer.body, answer.headers)


def spoil(connection: "BaseHTTPRequestHandler", fault: Fault, answer: Answer | None, stopping: threading.Event) -> None:
    """Do to the client what the fault says. `answer` is what would have been sent, when the request had its effect."""
    if answer is not None and answer.before_sending is not None:
        answer.before_sending()
    body = answer.body if answer is not None else b"{}"
    acts: dict[str, Callable[[], None]] = {
        "http-500": lambda: _status(connection, 500),
        "http-502": lambda: _html(connection, 502),
        "http-503": lambda: _status(connection, 503),
        "http-403": lambda: _html(connection, 403),
        "http-429": lambda: _status(connection, 429, {"Retry-After": f"{fault.seconds(1):g}"}),
        "reset-before": lambda: _reset(connection),
        "reset-after": lambda: _head_then_reset(connection, body),
        "silence": lambda: _keep_silent(connection, stopping),
        "truncated": lambda: _truncate(connection, body),
        "not-json": lambda: _send(connection, 200, "application/json", b'{"ReturnCode": "1", "Return'),
        "html": lambda: _html(connection, 200),
        "empty": lambda: _send(connection, 200, "application/json", b""),
        "answer-lost": lambda: _hang_up(connection),
    }
    acts[fault.mode.name]()


def _send(connection: "BaseHTTPRequestHandler", status: int, content_type: str, body: bytes, headers: dict[str, str] | None = None) -> None:
    connection.send_response(status)
    connection.send_header("Content-Type", content_type)
    connection.send_header("Content-Length", str(len(body)))
    for name, value in (headers or {}).items():
        connection.send_header(name, value)
    if connection.close_connection:
        connection.send_header("Connection", "close")
    connection.end_headers()
    if connection.command != "HEAD":
        connection.wfile.write(body)
    connection.wfile.flush()


def _status(connection: "BaseHTTPRequestHandler", status: int, headers: dict[str, str] | None = None) -> None:
    _send(connection, status, "application/json", b'{"code": "FAULT", "message": "try later"}', headers)


def _html(connection: "BaseHTTPRequestHandler", status: int) -> None:
    _send(connection, status, "text/html; charset=utf-8", GATEWAY_PAGE.format(TITLES[status]).encode())


def _reset(connection: "BaseHTTPRequestHandler") -> None:
    # A lingering time of zero makes close() send RST; detach() takes the descriptor away from the file objects that share it.
    connection.close_connection = True
    connection.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.connection.detach())


def _head_then_reset(connection: "BaseHTTPRequestHandler", body: bytes) -> None:
    _send_head(connection, len(body))
    _reset(connection)


def _truncate(connection: "BaseHTTPRequestHandler", body: bytes) -> None:
    _send_head(connection, len(body) + 64)
    connection.wfile.write(body[: len(body) // 2])
    _hang_up(connection)


def _send_head(connection: "BaseHTTPRequestHandler", length: int) -> None:
    connection.send_response(200)
    connection.send_header("Content-Type", "application/json")
    connection.send_header("Content-Length", str(length))
    connection.end_headers()
    connection.wfile.flush()


def _hang_up(connection: "BaseHTTPRequestHandler") -> None:
    connection.wfile.flush()
    connection.close_connection = True


def _keep_silent(connection: "BaseHTTPRequestHandler", stopping: threading.Event) -> None:
    connection.close_connection = True
    while not stopping.is_set():
        readable, _, _ = select.select([connection.connection], [], [], 0.2)
        if readable and not connection.connection.recv(1, socket.MSG_PEEK):
            return
        if readable:
            stopping.wait(0.2)
