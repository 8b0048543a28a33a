"""The seal network of the province (内蒙古政务服务网): the wire contract. There is no public standard for it; this one is the network's own.

**Every request under `/api/` is signed** as `signing` says; otherwise 401 `{"code": "SIGNATURE", "message": …}`. Refusals are `{"code", "message"}`,
times are ISO 8601 with an offset, bodies are JSON.

`GET /api/authorities/{creditCode}` → 200 `{"creditCode", "name", "account", "seal", "sealName", "catalogueClaimed"}` (three of them true/false), 404
`NOT_FOUND`.

`POST /api/seal-requests` → 202 `{"requestId", "status": "pending"}`

    {"requestKey": "idempotency key, 1 to 200 characters", "authorityCode": "credit code", "authorityName": "…", "operator": "…",
     "certificate": {the 13 items of `ofd.FACE_ITEMS` by their keys, "identifier": "证照标识"}, "callbackUrl": "http(s)://… (optional)"}

The same `requestKey` with the same body again gets the same answer and makes no second request; with another body 409 `KEY_REUSED`. Refused with 422:
`INCOMPLETE` (with `"fields": […]`), `UNKNOWN_AUTHORITY`, `NO_ACCOUNT`, `NO_SEAL`, `CATALOGUE_NOT_CLAIMED`; 400 `BAD_REQUEST` when the body is no JSON object or
the call-back's address is none.

`GET /api/seal-requests/{requestId}` and `GET /api/seal-requests?requestKey=…` → 200, 404 `NOT_FOUND`

    {"requestKey", "requestId", "status": "pending|sealed|failed", "certificateNo", "identifier", "sealName", "sealedAt", "fileDigest": "SM3 hex",
     "fileUrl", "items": {the 13 items as the network has them}}         null where not sealed yet; with "failure": {"code", "message"} when failed

`GET /api/certificates/{requestId}/file` → 200 `application/ofd`, the bytes that `fileDigest` speaks of (see `ofd`); 404 until sealed.

**Call-back**, after sealing: `POST callbackUrl`, signed in the same way with the application's key and secret:
`{"event": "sealed", "requestKey", "requestId", "certificateNo", "identifier", "sealName", "sealedAt", "fileDigest", "fileUrl"}`; after a failure
`"event": "failed"` with `"failure"`. See `callbacks` for repetition.

**For tests**, never spoilt, unsigned: `POST /control/authorities` (list of entries, upsert; keys left out mean "in order"), `POST
/control/seal/{requestId}` (seal now; 409 `NOT_PENDING`), `POST /control/fail/{requestId}` (`{"code", "message"}`), `GET
/control/callbacks/{requestId}`, `GET /received?kind=&certificateNo=&requestKey=`, `GET /effects` (`{"seal": [every seal request], "counts": [{"certificateNo",
"requests"}]}`), and `/control/misbehave` (see `misbehaviour`). Faults of sealing are fixed when the request is taken and survive a restart.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox import callbacks, seal_cabinet, sealing
from sandbox.answers import Answer, json_answer, read_json, refusal
from sandbox.http_server import Request, Routes
from sandbox.misbehaviour import MODES, Fault, Misbehaviour
from sandbox.signing import HEADERS, SignatureRefused, verify
from sandbox.storage import Storage, dumps

SCHEMA = "CREATE TABLE IF NOT EXISTS nonces (app_key TEXT, nonce TEXT, time REAL NOT NULL, PRIMARY KEY (app_key, nonce));"
PKI = "pki"
"""Where the state's directory keeps the certificates for seals."""
NONCE_LIFE = 900
"""Seconds; more than twice the largest skew, so a nonce is forgotten only when its timestamp cannot pass any more."""

SEAL_MODES = tuple(name for name, mode in MODES.items() if mode.scope == "provincial")
EARLY = 5.0
"""Seconds for which the courier leaves an early call-back to the thread that answers the request."""


@dataclass(frozen=True)
class ProvincialSettings:
    """Configuration: the one application's key and secret, seconds until a request is sealed (None = by hand), delivery of call-backs."""

    app_key: str = "crane-demo"
    app_secret: str = "crane-demo-seal-secret"  # noqa: S105  a demo value, known to everybody
    seal_delay: float | None = 0.0
    delivery: callbacks.Delivery = field(default_factory=callbacks.Delivery)


class ProvincialPlatform:
    """The platform behind the provincial address. Its threads seal and deliver what is due, also what a killed process left."""

    def __init__(self, state: Path, settings: ProvincialSettings, now: Callable[[], datetime]) -> None:
        """`state`: directory of `provincial.sqlite`; `now`: aware current time. Call `begin` when the address is known."""
        self.misbehaviour = Misbehaviour("provincial")
        self._storage = Storage(state / "provincial.sqlite", SCHEMA + callbacks.SCHEMA + sealing.SCHEMA + seal_cabinet.SCHEMA)
        self._settings, self._now, self._url = settings, now, ""
        credentials = (settings.app_key, settings.app_secret)
        self._courier = callbacks.Courier(self._storage, credentials, settings.delivery, now, self._with_file_url)
        cabinet = seal_cabinet.SealCabinet(self._storage, state / PKI, now)
        self._desk = sealing.SealDesk(self._storage, self._courier, cabinet, settings.seal_delay, now)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._api = Routes(
            [
                ("GET", "/api/authorities/{creditCode}", self._authority),
                ("POST", "/api/seal-requests", self._request_seal),
                ("GET", "/api/seal-requests", lambda request: self._status(None, request.parameter("requestKey"))),
                ("GET", "/api/seal-requests/{requestId}", lambda _, request_id: self._status(request_id, None)),
                ("GET", "/api/certificates/{requestId}/file", self._file),
            ]
        )
        self._for_tests = Routes(
            [
                ("POST", "/control/authorities", self._put_authorities),
                ("POST", "/control/seal/{requestId}", lambda _, request_id: _done(self._desk.seal(request_id))),
                ("POST", "/control/fail/{requestId}", self._fail),
                ("GET", "/control/callbacks/{requestId}", lambda _, request_id: json_answer(200, self._courier.of(request_id))),
                ("GET", "/received", self._received),
                ("GET", "/effects", lambda _: json_answer(200, {"seal": self._desk.all(), "counts": self._desk.counts()})),
            ]
        )

    def begin(self, url: str) -> None:
        """Start sealing and delivering; `url` is the platform's own address."""
        self._url = url
        for work in (self._desk.seal_due, self._courier.deliver_due):
            thread = threading.Thread(target=self._repeat, args=(work,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def answer(self, request: Request) -> Answer:
        """See `http_server.Platform`; effect and record are one transaction."""
        if not request.path.startswith("/api/"):
            return self._for_tests.dispatch(request)
        with self._storage.transaction():
            answer = self._signed(request)
            shown = read_json(answer.body) if answer.content_type.startswith("application/json") else None
            self._record(request, status=answer.status, answer=shown, effect=answer.effect)
            return answer

    def drop(self, request: Request, fault: Fault) -> None:
        """See `http_server.Platform`."""
        self._record(request, status=None, answer=None, effect=False, fault=fault.mode.name)

    def close(self) -> None:
        """Stop the threads and close the books."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._storage.close()

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._stopping.wait(0.03):
            work()

    def _signed(self, request: Request) -> Answer:
        headers = {name: request.headers.get(name) for name in HEADERS}
        secrets = {self._settings.app_key: self._settings.app_secret}
        try:
            verify(secrets, headers, request.method, request.path, request.query, request.body, now=self._now(), is_new=self._is_new)
        except SignatureRefused as refused:
            return refusal(401, "SIGNATURE", str(refused))
        return self._api.dispatch(request)

    def _is_new(self, app_key: str, nonce: str) -> bool:
        now = self._now().timestamp()
        self._storage.run("DELETE FROM nonces WHERE time < ?", now - NONCE_LIFE)
        return self._storage.run("INSERT OR IGNORE INTO nonces VALUES (?, ?, ?)", app_key, nonce, now) == 1

    def _authority(self, _: Request, code: str) -> Answer:
        authority = self._desk.authority(code)
        return json_answer(200, authority) if authority else refusal(404, "NOT_FOUND", "没有该发证机关")

    def _request_seal(self, request: Request) -> Answer:
        fault = self.misbehaviour.strike_business(request.path, ("refuse",))
        if fault is not None:
            arg = fault.arg if isinstance(fault.arg, dict) else {}
            return refusal(422, str(arg.get("code", "REFUSED")), str(arg.get("message", "平台拒绝")))
        body = request.json()
        if not isinstance(body, dict) or not (body.get("callbackUrl") is None or callbacks.is_callback_url(body["callbackUrl"])):
            return refusal(400, "BAD_REQUEST", "须为JSON对象，callbackUrl须为http(s)地址")
        fields = sealing.shortcomings(body)
        if fields or len(body["requestKey"]) > 200:
            return json_answer(422, {"code": "INCOMPLETE", "message": "签章数据不完整", "fields": fields or ["requestKey"]})
        return self._repeated(body) or self._take(body, request.path)

    def _repeated(self, body: dict[str, Any]) -> Answer | None:
        earlier = self._desk.find(request_key=body["requestKey"])
        if earlier is None:
            return None
        if earlier["body"] != dumps(body):
            return refusal(409, "KEY_REUSED", "requestKey已用于另一请求")
        return json_answer(202, {"requestId": earlier["request_id"], "status": "pending"})

    def _take(self, body: dict[str, Any], path: str) -> Answer:
        unmet = sealing.unmet_precondition(self._desk.authority(body["authorityCode"]))
        if unmet is not None:
            return refusal(422, *unmet)
        strikes = {name: self.misbehaviour.strike_business(path, (name,)) for name in SEAL_MODES}
        faults = {name: fault for name, fault in strikes.items() if fault is not None}
        taken = self._desk.take(body, faults)
        answer = json_answer(202, taken, effect=True)
        if "early-callback" not in faults:
            return answer
        return Answer(202, answer.body, effect=True, before_sending=lambda: self._seal_at_once(taken["requestId"]))

    def _seal_at_once(self, request_id: str) -> None:
        self._desk.seal(request_id, callback_wait=EARLY)
        self._courier.deliver_now(request_id)

    def _status(self, request_id: str | None, request_key: str | None) -> Answer:
        row = self._desk.find(request_id=request_id, request_key=request_key)
        if row is None:
            return refusal(404, "NOT_FOUND", "没有该签章请求")
        told = self._with_file_url(sealing.metadata(row)) | {"status": row["status"], "items": json.loads(row["items"])}
        return json_answer(200, told)

    def _file(self, _: Request, request_id: str) -> Answer:
        row = self._desk.find(request_id=request_id)
        if row is None or row["file"] is None:
            return refusal(404, "NOT_FOUND", "尚无证照文件")
        return Answer(200, row["file"], "application/ofd")

    def _with_file_url(self, told: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._url}/api/certificates/{told['requestId']}/file"
        return told | {"fileUrl": url if told["fileDigest"] else None}

    def _put_authorities(self, request: Request) -> Answer:
        entries = request.json()
        if not isinstance(entries, list) or not all(
            isinstance(entry, dict) and isinstance(entry.get("creditCode"), str) for entry in entries
        ):
            return refusal(400, "BAD_REQUEST", "a list of objects with creditCode is expected")
        for entry in entries:
            self._desk.put_authority(entry)
        return json_answer(200, {"entered": len(entries)})

    def _fail(self, request: Request, request_id: str) -> Answer:
        body = request.json()
        arg = body if isinstance(body, dict) else {}
        return _done(self._desk.fail(request_id, str(arg.get("code", "FAILED")), str(arg.get("message", "签章失败"))))

    def _received(self, request: Request) -> Answer:
        number, key = request.parameter("certificateNo"), request.parameter("requestKey")
        rows = self._storage.received(request.parameter("kind"))
        fits = [row for row in rows if (number is None or _certificate_no(row) == number) and (key is None or _request_key(row) == key)]
        return json_answer(200, fits)

    def _record(self, request: Request, *, status: int | None, answer: object, effect: bool, fault: str | None = None) -> None:
        kind = request.path.split("/")[2] if request.path.count("/") >= 2 else ""
        asked = request.json() if request.body else dict(request.query)
        what = f"{request.method} {kind}"
        self._storage.record(self._now(), what, request.path, asked, status=status, answer=answer, effect=effect, fault=fault)


def _done(done: bool) -> Answer:
    return json_answer(200, {}) if done else refusal(409, "NOT_PENDING", "no pending seal request")


def _request_key(row: dict[str, Any]) -> Any:
    return row["request"].get("requestKey") if isinstance(row["request"], dict) else None


def _certificate_no(row: dict[str, Any]) -> Any:
    certificate = row["request"].get("certificate") if isinstance(row["request"], dict) else None
    return certificate.get("certificateNo") if isinstance(certificate, dict) else None
