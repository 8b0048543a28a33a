"""The keys by which the platforms know what we ask of them: eCertID of a 赋码, key of a seal request.

They are made of what is asked, never drawn or taken from a task: a database that was restored from a backup, and has forgotten what it asked,
asks again under the same keys, and the platforms answer with what they have instead of doing it a second time. What the restored books would
draw anew (设备唯一编号, 发证日期) has no part in them.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection

from registry.certificates import Certificate, history

DRAWN = ("equipment_no", "issued_on")
"""Items of the face that the register itself gives."""


def ecert_id(identifier: str, owner_code: str, face: Mapping[str, Any], earlier: int = 0) -> str:
    """The eCertID (32 hex) of a certificate's 赋码, after so many `earlier` ones of the same certificate."""
    said = {key: str(value) for key, value in face.items() if key not in DRAWN}
    asked = orjson.dumps([identifier, owner_code, said, earlier], option=orjson.OPT_SORT_KEYS)
    return sha256(asked).hexdigest()[:32]


def seal_key(code: str, earlier: int = 0) -> str:
    """The key of a seal request under the 赋码 `code`, after so many `earlier` ones under it."""
    return f"{code}-{earlier}"


def next_ecert_id(connection: Connection, certificate: Certificate, task: str) -> str:
    """The eCertID with which this task asks for a code: the same for each of its attempts, another one for each task that asks anew."""
    earlier = sum(e.event == "coded" and e.detail.get("task") != task for e in history(connection, certificate.identifier))
    return ecert_id(certificate.identifier, certificate.owner_code, certificate.face, earlier)


def next_seal_key(connection: Connection, certificate: Certificate, task: str) -> str:
    """The key with which this task asks for the seal of a coded certificate: see `next_ecert_id`."""
    code = certificate.ecert_id or ""
    asked = [e.detail for e in history(connection, certificate.identifier) if e.event == "seal_requested" and e.detail.get("task") != task]
    return seal_key(code, sum(detail["seal_request"].startswith(f"{code}-") for detail in asked))
