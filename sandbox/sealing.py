"""The seal desk of the network: the authorities it knows, the seal requests, and the sealing itself."""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from sandbox import ofd
from sandbox.callbacks import Courier
from sandbox.misbehaviour import Fault
from sandbox.seal_cabinet import SealCabinet
from sandbox.signing import sm3_hex
from sandbox.storage import Storage, dumps

SCHEMA = """
CREATE TABLE IF NOT EXISTS authorities (code TEXT PRIMARY KEY, entry TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS seal_requests (
    number INTEGER PRIMARY KEY, request_id TEXT NOT NULL UNIQUE, request_key TEXT NOT NULL UNIQUE, body TEXT NOT NULL, certificate_no TEXT NOT NULL,
    identifier TEXT NOT NULL, items TEXT NOT NULL, faults TEXT NOT NULL, created TEXT NOT NULL, due REAL, status TEXT NOT NULL DEFAULT 'pending',
    seal_name TEXT, sealed_at TEXT, file BLOB, file_digest TEXT, failure TEXT
);
CREATE INDEX IF NOT EXISTS seal_requests_waiting ON seal_requests (due) WHERE status = 'pending';
"""

CERTIFICATE_KEYS = (*ofd.FACE_ITEMS, "identifier")
REQUEST_KEYS = ("requestKey", "authorityCode", "authorityName", "operator")
UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
PRECONDITIONS = (
    ("account", "NO_ACCOUNT", "发证机关没有政务服务网账号"),
    ("seal", "NO_SEAL", "发证机关没有电子签章"),
    ("catalogueClaimed", "CATALOGUE_NOT_CLAIMED", "发证机关未认领本证照目录"),
)

Row = dict[str, Any]


class SealDesk:
    """Takes requests and seals them. `delay`: seconds until a request is sealed, None = only by hand."""

    def __init__(self, storage: Storage, courier: Courier, cabinet: SealCabinet, delay: float | None, now: Callable[[], datetime]) -> None:
        """Seeds the authorities of `data/authorities.json` that it does not know yet."""
        self._storage, self._courier, self._cabinet, self._delay, self._now = storage, courier, cabinet, delay, now
        for entry in json.loads((files("sandbox") / "data" / "authorities.json").read_text("utf-8")):
            storage.run("INSERT OR IGNORE INTO authorities VALUES (?, ?)", entry["creditCode"], dumps(entry))

    def authority(self, code: str) -> Row | None:
        """What the network knows of an authority."""
        row = self._storage.row("SELECT entry FROM authorities WHERE code = ?", code)
        return json.loads(row["entry"]) if row else None

    def put_authority(self, entry: Row) -> None:
        """Enter or replace an authority; keys that are not given: everything is in order and the seal bears the authority's name."""
        whole = {"name": entry["creditCode"], "account": True, "seal": True, "catalogueClaimed": True, **entry}
        whole.setdefault("sealName", whole["name"])
        self._storage.run("INSERT OR REPLACE INTO authorities VALUES (?, ?)", entry["creditCode"], dumps(whole))

    def find(self, *, request_id: str | None = None, request_key: str | None = None) -> Row | None:
        """The request with this id or key."""
        return self._storage.row("SELECT * FROM seal_requests WHERE request_id = ?1 OR request_key = ?2", request_id, request_key)

    def take(self, body: Row, faults: Mapping[str, Fault]) -> Row:
        """Enter a complete, admissible request. `faults`: misbehaviour that goes with it, by mode."""
        items = {key: body["certificate"][key] for key in ofd.FACE_ITEMS}
        request_id, now = uuid.uuid4().hex, self._now()
        due = None if self._delay is None or "never-seal" in faults else now.timestamp() + self._delay
        self._storage.run(
            "INSERT INTO seal_requests (request_id, request_key, body, certificate_no, identifier, items, faults, created, due)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(request_id, body["requestKey"], dumps(body), items["certificateNo"], body["certificate"]["identifier"]),
            *(dumps(items), dumps({name: fault.arg for name, fault in faults.items()}), now.isoformat(), due),
        )
        return {"requestId": request_id, "status": "pending"}

    def seal_due(self) -> None:
        """Seal every request whose time has come."""
        waiting = self._storage.rows("SELECT request_id FROM seal_requests WHERE status = 'pending' AND due <= ?", self._now().timestamp())
        for row in waiting:
            self.seal(row["request_id"])

    def seal(self, request_id: str, *, callback_wait: float = 0) -> bool:
        """Make the file and enter the call-backs, due in `callback_wait` seconds; False when the request is not pending."""
        with self._storage.transaction():
            row = self.find(request_id=request_id)
            if row is None or row["status"] != "pending":
                return False
            faults, body = json.loads(row["faults"]), json.loads(row["body"])
            items = _changed(json.loads(row["items"]), faults)
            sealed_at = _sealed_at(row, faults, self._now())
            seal_name, certificate = self._seal_name(body, faults), (items, row["identifier"], request_id)
            content = self._cabinet.seal_file(body["authorityCode"], seal_name, certificate, sealed_at, faults)
            self._storage.run(
                "UPDATE seal_requests SET status = 'sealed', seal_name = ?, sealed_at = ?, items = ?, file = ?, file_digest = ? WHERE request_id = ?",
                *(seal_name, sealed_at.isoformat(), dumps(items), content, sm3_hex(content), request_id),
            )
            self._announce(request_id, body, faults, callback_wait)
        return True

    def fail(self, request_id: str, code: str, message: str) -> bool:
        """Give a pending request up for good; False when it is not pending."""
        with self._storage.transaction():
            failure = dumps({"code": code, "message": message})
            changed = self._storage.run(
                "UPDATE seal_requests SET status = 'failed', failure = ? WHERE request_id = ? AND status = 'pending'", failure, request_id
            )
            row = self.find(request_id=request_id)
            if changed and row is not None:
                self._announce(request_id, json.loads(row["body"]), json.loads(row["faults"]), 0)
        return bool(changed)

    def counts(self) -> list[Row]:
        """How many seal requests were made for each certificate number."""
        return self._storage.rows(
            "SELECT certificate_no AS certificateNo, count(*) AS requests FROM seal_requests GROUP BY 1 ORDER BY min(number)"
        )

    def all(self) -> list[Row]:
        """Every seal request, oldest first."""
        return self._storage.rows(
            "SELECT certificate_no AS certificateNo, identifier, request_key AS requestKey, request_id AS requestId, status, created AS time"
            " FROM seal_requests ORDER BY number"
        )

    def _seal_name(self, body: Row, faults: Row) -> str:
        authority = self.authority(body["authorityCode"]) or {}
        if "wrong-seal-name" in faults:
            return str(faults["wrong-seal-name"] or "某某市住房和城乡建设局")
        return str(authority.get("sealName", body["authorityName"]))

    def _announce(self, request_id: str, body: Row, faults: Row, wait: float) -> None:
        url, row = body.get("callbackUrl"), self.find(request_id=request_id)
        if url is None or row is None or "no-callback" in faults:
            return
        payload = metadata(row) | {"event": row["status"]}
        if "foreign-callback" in faults:
            payload["requestKey"] = faults["foreign-callback"] or f"foreign-{uuid.uuid4().hex}"
        twice = faults["duplicate-callback"] or 2 if "duplicate-callback" in faults else 1
        for _ in range(int(twice)):
            self._courier.post(url, request_id, payload, forged="forged-callback" in faults, wait=wait)


def metadata(row: Row) -> Row:
    """A request as the network tells it, without the address of the file."""
    told = {
        "requestKey": row["request_key"],
        "requestId": row["request_id"],
        "certificateNo": json.loads(row["items"])["certificateNo"],
        "identifier": row["identifier"],
        "sealName": row["seal_name"],
        "sealedAt": row["sealed_at"],
        "fileDigest": row["file_digest"],
    }
    return told | ({"failure": json.loads(row["failure"])} if row["failure"] else {})


def shortcomings(body: Row) -> list[str]:
    """The keys of a seal request that are missing, blank or no printable text; the certificate's as `certificate.…`."""
    certificate = body.get("certificate")
    items = certificate if isinstance(certificate, dict) else {}
    wrong = [key for key in REQUEST_KEYS if not _is_printable(body.get(key))]
    return wrong + [f"certificate.{key}" for key in CERTIFICATE_KEYS if not _is_printable(items.get(key))]


def unmet_precondition(authority: Row | None) -> tuple[str, str] | None:
    """Code and sentence of the first precondition that an authority does not meet."""
    if authority is None:
        return "UNKNOWN_AUTHORITY", "政务服务网没有该发证机关"
    return next(((code, sentence) for key, code, sentence in PRECONDITIONS if not authority.get(key)), None)


def _is_printable(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not UNPRINTABLE.search(value)


def _changed(items: dict[str, str], faults: Row) -> dict[str, str]:
    if "changed-item" not in faults:
        return items
    arg = faults["changed-item"] if isinstance(faults["changed-item"], dict) else {}
    key = str(arg.get("item"))
    key = key if key in ofd.FACE_ITEMS else "owner"
    return items | {key: str(arg.get("value", items[key] + "（改）"))}


def _sealed_at(row: Row, faults: Row, now: datetime) -> datetime:
    if "stale-seal" not in faults:
        return now
    seconds = faults["stale-seal"]
    return datetime.fromisoformat(row["created"]) - timedelta(seconds=float(seconds) if isinstance(seconds, int | float) else 3600)
