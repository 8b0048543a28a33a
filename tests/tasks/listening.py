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
        for name, value in {**length, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = True

    do_GET = do_POST = _work

    def log_message(self, *_):
        pass


@contextmanager
def listening(answer):
    """Serve `answer(method, path, query, headers, body) -> (status, headers, body)`; gives the base address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads, server.answer = True, answer
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()
