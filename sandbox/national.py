"""The ministry's national platform (全国工程质量安全监管信息平台), as far as crane certificates need it: the wire contract.

**Token.** `POST /oauth2/token`, form-encoded `client_id`, `client_secret`, `grant_type=client_credentials` →
`{"custom": {"access_token": "…", "expires_in": 7200}, "status": {"code": 1, "text": ""}}`, seconds. Wrong credentials → 401
`{"custom": {}, "status": {"code": 0, "text": "…"}}`; a missing, unknown or expired token in a call → the same 401.

**Calls.** `POST /api/crane/{check|fm|gj|update}?access_token=…`, JSON `{"AcceptData": [{…}]}` with exactly one record. The answer is always status 200 with

    {"ReturnCode": "0|1|2", "ReturnMsg": "…", "ReturnData": {"SuccessData": […], "WarnData": [{"WarnGuid", "WarnMsg"}], "ErrorData": [{"ErrorGuid", "ErrorMsg"}]}}

`1` done, `2` done with warnings, `0` not done. The Guids are the stable codes of `national_rules.CODES`. Every value is a text; a form error is
told for every field at once (E1001 to E1003; brackets must be full width).

=========  ===========================================================================================================================
`check`    provinceNum, companyName, creditCode, manufactureName, factoryNumber; certNum, licenceNumber, manufactureDate and the rest when
           known already. The rules of `fm` without its effect; SuccessData `[]`.
`fm`       赋码. Further: eCertID (32 hex, new for each 赋码), certNum, issuAuth, issuAuthCode, issuDate, certState, operateType, deviceNumber
           设备唯一编号, deviceCategory 设备类别, deviceModel 规格型号, manufactureDate 出厂日期, licenceNumber, technicalParameters; certStatusDescription with
           certState 99; associatedZzeCertID with operateType 02 or 08. SuccessData `[{eCertID, encryCertid, encryKey}]`, see `legacy_cipher`.
           The same eCertID again, for the same certNum: ReturnCode 0, E2006, **and SuccessData as at the first time**. A new eCertID for
           the same certNum, owner and machine is a new 赋码: the older one is stale from then on.
`gj`       归集. ID (plain QR id of the live 赋码), zzeCertID, url (preview address); companyName optional. SuccessData `[{eCertID, ID, zzeCertID}]`. The same ID and zzeCertID
           again: ReturnCode 0, E3003, and SuccessData with the earlier record: `[{eCertID, ID, zzeCertID, url}]`. Either of them again with
           another one: E3003 alone.
`update`   zzeCertID of a 归集, certState, operateType; certStatusDescription with 99. SuccessData `[{zzeCertID, certState}]`. The state that
           it has already is answered alike and changes nothing.
=========  ===========================================================================================================================

With a rate configured, calls beyond it are answered 429 with Retry-After in seconds, without effect.

**For tests**, never spoilt, no token needed: `GET /received?kind=&certNum=&companyName=` (all that came in, JSON list of {time, kind, request, status, answer, effect,
fault}), `GET /effects` (`{"fm": […], "gj": […], "update": […]}`: what really changed), `GET /control/client-key` (PEM), `POST
/control/expire-tokens`, and `/control/misbehave` (see `misbehaviour`).
"""

import hmac
import math
import secrets
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from sandbox import legacy_cipher
from sandbox import national_rules as rules
from sandbox.answers import Answer, json_answer, read_json
from sandbox.http_server import Request, Routes
from sandbox.misbehaviour import Fault, Misbehaviour
from sandbox.national_books import SCHEMA, Books
from sandbox.national_rules import Remark
from sandbox.storage import Storage


@dataclass(frozen=True)
class NationalSettings:
    """Configuration: credentials, life of a token in seconds, calls a second (None = unthrottled), bits of the legacy RSA key."""

    client_id: str = "crane-demo"
    client_secret: str = "crane-demo-secret"  # noqa: S105  a demo value, known to everybody
    token_seconds: int = 7200
    rate: int | None = None
    rsa_bits: int = 512


@dataclass(frozen=True)
class Outcome:
    """What a call came to: errors (then it was not done), warnings, the records of SuccessData, and whether there was anything left to do."""

    errors: list[Remark]
    warnings: list[Remark]
    success: list[dict[str, Any]]
    changed: bool = True

    @property
    def code(self) -> str:
        """ReturnCode."""
        return "0" if self.errors else "2" if self.warnings else "1"


class NationalPlatform:
    """The platform behind the national address."""

    def __init__(self, state: Path, settings: NationalSettings, now: Callable[[], datetime]) -> None:
        """`state`: directory of `national.sqlite` and `national-client-key.pem`; `now`: aware current time."""
        self.misbehaviour = Misbehaviour("national")
        self._storage = Storage(state / "national.sqlite", SCHEMA)
        self._books = Books(self._storage)
        self._key = legacy_cipher.load_or_make_key(state / "national-client-key.pem", settings.rsa_bits)
        self._settings, self._now, self._companies = settings, now, rules.companies()
        self._calls: deque[datetime] = deque()
        self._calls_lock = threading.Lock()
        self._work: dict[str, Callable[[dict[str, Any]], Outcome]] = {
            "check": self._check,
            "fm": self._assign,
            "gj": self._aggregate,
            "update": self._update,
        }
        self._routes = Routes(
            [
                ("POST", "/oauth2/token", self._token),
                *(("POST", f"/api/crane/{name}", self._call) for name in self._work),
                ("GET", "/received", self._received),
                ("GET", "/effects", lambda _: json_answer(200, self._books.effects())),
                ("GET", "/control/client-key", lambda _: Answer(200, legacy_cipher.pem(self._key), "application/x-pem-file")),
                ("POST", "/control/expire-tokens", self._expire_tokens),
            ]
        )

    def answer(self, request: Request) -> Answer:
        """See `http_server.Platform`; effect and record are one transaction."""
        with self._storage.transaction():
            answer = self._routes.dispatch(request)
            if request.path.startswith("/api/"):
                self._storage.record(
                    self._now(),
                    _kind(request),
                    request.path,
                    request.json(),
                    status=answer.status,
                    answer=read_json(answer.body),
                    effect=answer.effect,
                )
            return answer

    def drop(self, request: Request, fault: Fault) -> None:
        """See `http_server.Platform`."""
        if request.path.startswith("/api/"):
            self._storage.record(
                self._now(), _kind(request), request.path, request.json(), status=None, answer=None, effect=False, fault=fault.mode.name
            )

    def close(self) -> None:
        """Close the books."""
        self._storage.close()

    def _token(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        given = f"{form.get('client_id')}\n{form.get('client_secret')}"
        wanted = f"{self._settings.client_id}\n{self._settings.client_secret}"
        if form.get("grant_type") != "client_credentials" or not hmac.compare_digest(given.encode(), wanted.encode()):
            return _unauthorised("client_id、client_secret或grant_type不正确")
        token = secrets.token_hex(16)
        self._books.keep_token(token, self._now() + timedelta(seconds=self._settings.token_seconds))
        custom = {"access_token": token, "expires_in": self._settings.token_seconds}
        return json_answer(200, {"custom": custom, "status": {"code": 1, "text": ""}})

    def _call(self, request: Request) -> Answer:
        if not self._books.is_live_token(request.parameter("access_token") or "", self._now()):
            return _unauthorised("access_token无效或已过期")
        wait = self._throttle()
        if wait is not None:
            return json_answer(429, {"status": {"code": 0, "text": "调用过于频繁"}}, headers={"Retry-After": str(wait)})
        fault = self.misbehaviour.strike_business(request.path, ("unknown-code", "refuse", "warn"))
        if fault is not None and fault.mode.name == "refuse":
            return _refused(fault)
        call = _kind(request)
        record = _the_record(request.json())
        if record is None:
            outcome = Outcome([Remark("E1000", "AcceptData须为一条")], [], [])
        else:
            errors = rules.shape_errors(call, record)
            outcome = Outcome(errors, [], []) if errors else self._work[call](record)
        return _answer(outcome, fault, effect=call != "check" and outcome.changed and not outcome.errors)

    def _check(self, record: dict[str, Any]) -> Outcome:
        filed = self._books.filed(record)
        taken = [Remark("E2001", record["certNum"])] if record.get("certNum") and not self._books.number_is_free(record) else []
        return Outcome(taken + rules.machine_errors(record, filed, self._companies), rules.machine_warnings(record, filed), [])

    def _assign(self, record: dict[str, Any]) -> Outcome:
        earlier = self._books.assignment(record["eCertID"])
        if earlier is not None:
            same = earlier["certificate"] == rules.folded(record["certNum"])
            return Outcome([Remark("E2006", record["eCertID"])], [], [{**_code(earlier), "eCertID": record["eCertID"]}] if same else [])
        errors = [] if self._books.number_is_free(record) else [Remark("E2001", record["certNum"])]
        filed = self._books.filed(record)
        errors += rules.machine_errors(record, filed, self._companies)
        if errors:
            return Outcome(errors, [], [])
        plain_id = uuid.uuid4().hex
        wrapped = legacy_cipher.wrap(plain_id, self._key.public_key())
        assigned = self._books.assign(record, plain_id, wrapped, self._now())
        return Outcome([], rules.machine_warnings(record, filed), [_code(assigned)])

    def _aggregate(self, record: dict[str, Any]) -> Outcome:
        plain_id, identifier = record["ID"].lower(), record["zzeCertID"]
        earlier = self._books.aggregation(plain_id, identifier)
        if earlier is not None:
            return Outcome([Remark("E3003", identifier)], [], [earlier])
        assigned = self._books.assignment_of(plain_id)
        if assigned is None:
            return Outcome([Remark("E3001", plain_id)], [], [])
        if not self._books.is_live(assigned):
            return Outcome([Remark("E3002", plain_id)], [], [])
        if self._books.identifier_is_taken(identifier, assigned["certificate"]):
            return Outcome([Remark("E3004", identifier)], [], [])
        if self._books.was_aggregated(plain_id, identifier):
            return Outcome([Remark("E3003", identifier)], [], [])
        self._books.aggregate(record, assigned, self._now())
        done = {"eCertID": assigned["ecert_id"], "ID": plain_id, "zzeCertID": identifier}
        return Outcome([], rules.aggregation_warnings(record), [done])

    def _update(self, record: dict[str, Any]) -> Outcome:
        identifier, state = record["zzeCertID"], record["certState"]
        changed = not self._books.has_state(identifier, state)
        if changed and not self._books.update_state(record, self._now()):
            return Outcome([Remark("E4001", identifier)], [], [])
        return Outcome([], [], [{"zzeCertID": identifier, "certState": state}], changed)

    def _throttle(self) -> int | None:
        """Seconds to wait, or None when this call is within the rate."""
        if self._settings.rate is None:
            return None
        now = self._now()
        with self._calls_lock:
            while self._calls and now - self._calls[0] >= timedelta(seconds=1):
                self._calls.popleft()
            if len(self._calls) < self._settings.rate:
                self._calls.append(now)
                return None
            return max(1, math.ceil(1 - (now - self._calls[0]).total_seconds()))

    def _received(self, request: Request) -> Answer:
        wanted = {name: request.parameter(name) for name in ("certNum", "companyName")}
        rows = self._storage.received(request.parameter("kind"))
        fits = [row for row in rows if all(value is None or _field(row["request"], name) == value for name, value in wanted.items())]
        return json_answer(200, fits)

    def _expire_tokens(self, _: Request) -> Answer:
        self._books.expire_tokens()
        return json_answer(200, {})


def _kind(request: Request) -> str:
    return request.path.rsplit("/", 1)[-1]


def _the_record(document: Any) -> dict[str, Any] | None:
    records = document.get("AcceptData") if isinstance(document, dict) else None
    if isinstance(records, list) and len(records) == 1 and isinstance(records[0], dict):
        return {str(name): value for name, value in records[0].items()}
    return None


def _field(document: Any, name: str) -> Any:
    return (_the_record(document) or {}).get(name)


def _code(assigned: dict[str, Any]) -> dict[str, Any]:
    return {"eCertID": assigned["ecert_id"], "encryCertid": assigned["encrypted_id"], "encryKey": assigned["encrypted_key"]}


def _unauthorised(text: str) -> Answer:
    return json_answer(401, {"custom": {}, "status": {"code": 0, "text": text}})


def _refused(fault: Fault) -> Answer:
    arg = fault.arg if isinstance(fault.arg, dict) else {}
    error = {"ErrorGuid": str(arg.get("code", "E9999")), "ErrorMsg": str(arg.get("message", "平台拒绝"))}
    return json_answer(200, _body("0", [], [], [error]))


def _answer(outcome: Outcome, fault: Fault | None, *, effect: bool) -> Answer:
    warnings = [{"WarnGuid": remark.code, "WarnMsg": remark.sentence} for remark in outcome.warnings]
    errors = [{"ErrorGuid": remark.code, "ErrorMsg": remark.sentence} for remark in outcome.errors]
    code = outcome.code
    if fault is not None and fault.mode.name == "unknown-code":
        return json_answer(200, _body("7", [], [], []), effect=effect)
    if fault is not None and fault.mode.name == "warn" and code != "0":
        arg = fault.arg if isinstance(fault.arg, dict) else {}
        code = "2"
        warnings.append({"WarnGuid": str(arg.get("code", "W9999")), "WarnMsg": str(arg.get("message", "平台提示"))})
    return json_answer(200, _body(code, outcome.success, warnings, errors), effect=effect)


def _body(code: str, success: list[dict[str, Any]], warnings: list[dict[str, str]], errors: list[dict[str, str]]) -> dict[str, Any]:
    message = {"0": "失败", "1": "成功", "2": "成功，有提示"}.get(code, "")
    return {"ReturnCode": code, "ReturnMsg": message, "ReturnData": {"SuccessData": success, "WarnData": warnings, "ErrorData": errors}}
