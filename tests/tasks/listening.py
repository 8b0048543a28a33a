"""A real HTTP server on loopback that does what a test says: a platform that nobody foresaw, or the address of call-backs."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _work(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        status, headers, answer = self.server.answer(self.command, path, query, dict(self.headers), body)
        self.send_response(status)
        length = {} if "Transfer-Encoding" in headers else {"Content-Length": str(len(answer))}
        for name, value in {**length, "Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = True

    do_GET = do_POST = _work

    def log_message(self, *_):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that hangs up is what some tests are about."""


@contextmanager
def listening(answer, tls=None):
    """Serve `answer(method, path, query, headers, body) -> (status, headers, body)`, over TLS with a context; gives the base address."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.answer = answer
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()
