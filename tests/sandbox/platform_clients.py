"""Clients for the tests of the sandboxes, written from the wire contracts, and a receiver of call-backs."""

import json
import secrets
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urlencode

import requests

from sandbox.signing import signed_headers

AUTHORITY = ("11150100MB0000001L", "呼和浩特市住房和城乡建设局")


def until(condition, seconds=60.0):
    """Poll until the condition gives something true; fail after the deadline."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.01)
    return result


def fm_record(**changes):
    record = {
        "eCertID": secrets.token_hex(16),
        "provinceNum": "150000",
        "certNum": "蒙AA-T202500001",
        "issuAuth": AUTHORITY[1],
        "issuAuthCode": AUTHORITY[0],
        "issuDate": "2025-06-01",
        "companyName": "呼和浩特市青城建筑机械租赁有限公司",
        "creditCode": "91150100MA0N000000",
        "certState": "01",
        "operateType": "01",
        "deviceNumber": "150100-T-000001",
        "deviceCategory": "塔式起重机",
        "deviceModel": "QTZ80（TC5610）",
        "manufactureName": "中联重科股份有限公司",
        "manufactureDate": "2020-03-01",
        "factoryNumber": "ZL-0001",
        "licenceNumber": "TS2410A12-2024",
        "technicalParameters": "公称起重力矩800kN·m",
    }
    return {name: value for name, value in {**record, **changes}.items() if value is not None}


def certificate(**changes):
    items = {
        "certificateNo": "蒙AA-T202500001",
        "equipmentNo": "150100-T-000001",
        "manufacturer": "中联重科股份有限公司",
        "owner": "呼和浩特市青城建筑机械租赁有限公司",
        "category": "塔式起重机",
        "model": "QTZ80（TC5610）",
        "serialNo": "ZL-0001",
        "madeOn": "2020-03-01",
        "licenceNo": "TS2410A12-2024",
        "parameters": "公称起重力矩800kN·m",
        "qrText": "0123456789abcdef0123456789abcdef",
        "authority": AUTHORITY[1],
        "issuedOn": "2025-06-01",
        "identifier": "1.2.156.3005.2.11100000000013338W999.11150100MB0000001L.202500001.001.X",
    }
    return {**items, **changes}


def seal_request(key="case-1/seal", **changes):
    request = {
        "requestKey": key,
        "authorityCode": AUTHORITY[0],
        "authorityName": AUTHORITY[1],
        "operator": "张三",
        "certificate": certificate(),
    }
    return {**request, **changes}


class _Client:
    def __init__(self, url):
        self.url = url
        self.session = requests.Session()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.session.close()

    def misbehave(self, mode, **more):
        response = self.session.post(f"{self.url}/control/misbehave", json={"mode": mode, **more}, timeout=60)
        assert response.status_code == 201, response.text

    def ask(self, path, **parameters):
        return self.session.get(f"{self.url}{path}", params=parameters, timeout=60).json()

    def effects(self):
        return self.ask("/effects")


class NationalClient(_Client):
    """Gets a token when it first needs one."""

    token = None

    def login(self, secret="crane-demo-secret", client="crane-demo", grant="client_credentials"):
        form = {"client_id": client, "client_secret": secret, "grant_type": grant}
        return self.session.post(f"{self.url}/oauth2/token", data=form, timeout=60)

    def send(self, call, *records, timeout=5, body=None):
        """The raw response."""
        if self.token is None:
            self.token = self.login().json()["custom"]["access_token"]
        content = body if body is not None else json.dumps({"AcceptData": list(records)}).encode()
        return self.session.post(f"{self.url}/api/crane/{call}", params={"access_token": self.token}, data=content, timeout=timeout)

    def call(self, call, record):
        """ReturnCode, codes of errors, codes of warnings, SuccessData."""
        answer = self.send(call, record).json()
        data = answer["ReturnData"]
        errors = [item["ErrorGuid"] for item in data["ErrorData"]]
        return answer["ReturnCode"], errors, [item["WarnGuid"] for item in data["WarnData"]], data["SuccessData"]


class ProvincialClient(_Client):
    """Signs what it sends; waits `patience` seconds for an answer."""

    patience = 5

    def send(
        self, method, path, query=(), body=None, *, now=None, nonce=None, key="crane-demo", secret="crane-demo-seal-secret", tamper=None
    ):
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        nonce = nonce or secrets.token_hex(8)
        headers = signed_headers(key, secret, method, path, query, content, now=now or datetime.now(UTC), nonce=nonce)
        url = f"{self.url}{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        return self.session.request(method, url, data=(tamper or content), headers=headers, timeout=self.patience)

    def request_seal(self, body=None):
        return self.send("POST", "/api/seal-requests", body=body or seal_request())

    def status(self, request_id):
        return self.send("GET", f"/api/seal-requests/{request_id}").json()

    def sealed(self, request_id):
        """Wait until it is sealed and return what the network tells."""
        return until(lambda: (told := self.status(request_id))["status"] == "sealed" and told)

    def control(self, path, body=None):
        return self.session.post(f"{self.url}/control/{path}", json=body, timeout=60)


class CallbackReceiver:
    """Keeps what it is sent in `received`; `answers` holds the statuses of its next answers, then it answers 200."""

    def __init__(self):
        self.received, self.answers = [], []
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.received.append((self.path, dict(self.headers), body, datetime.now(UTC)))
                self.send_response(kept.answers.pop(0) if kept.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/callbacks/seal?office=A&b=%20"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def bodies(self):
        return [json.loads(body) for _, _, body, _ in self.received]
