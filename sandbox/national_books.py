"""The national platform's books: tokens, assigned codes (赋码), aggregations (归集), updates of state."""

from datetime import datetime
from typing import Any

from sandbox.national_rules import RELEASING_STATES, Filed, folded
from sandbox.storage import Storage, dumps

SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS assignments (
    number INTEGER PRIMARY KEY, time TEXT NOT NULL, ecert_id TEXT NOT NULL UNIQUE, certificate TEXT NOT NULL, cert_num TEXT NOT NULL,
    machine TEXT NOT NULL, owner TEXT NOT NULL, province TEXT NOT NULL, plain_id TEXT NOT NULL UNIQUE,
    encrypted_id TEXT NOT NULL, encrypted_key TEXT NOT NULL, state TEXT NOT NULL, record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS assignments_by_certificate ON assignments (certificate, number);
CREATE INDEX IF NOT EXISTS assignments_by_machine ON assignments (machine);
CREATE TABLE IF NOT EXISTS aggregations (
    number INTEGER PRIMARY KEY, time TEXT NOT NULL, plain_id TEXT NOT NULL, identifier TEXT NOT NULL, ecert_id TEXT NOT NULL,
    certificate TEXT NOT NULL, url TEXT NOT NULL, record TEXT NOT NULL, UNIQUE (plain_id, identifier)
);
CREATE INDEX IF NOT EXISTS aggregations_by_identifier ON aggregations (identifier);
CREATE TABLE IF NOT EXISTS updates (number INTEGER PRIMARY KEY, time TEXT NOT NULL, identifier TEXT NOT NULL, state TEXT NOT NULL, record TEXT NOT NULL);
"""

LIVE = "number = (SELECT max(later.number) FROM assignments later WHERE later.certificate = assignments.certificate)"

Row = dict[str, Any]


class Books:
    """Questions to and entries in the platform's storage; the caller holds the transaction."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def keep_token(self, token: str, expires: datetime) -> None:
        """Remember a token that was given out."""
        self._storage.run("INSERT INTO tokens VALUES (?, ?)", token, expires.timestamp())

    def is_live_token(self, token: str, now: datetime) -> bool:
        """Whether the token was given out and has not expired."""
        return self._storage.row("SELECT 1 FROM tokens WHERE token = ? AND expires > ?", token, now.timestamp()) is not None

    def expire_tokens(self) -> None:
        """End every token at once."""
        self._storage.run("DELETE FROM tokens")

    def assignment(self, ecert_id: str) -> Row | None:
        """The 赋码 with this eCertID."""
        return self._storage.row("SELECT * FROM assignments WHERE ecert_id = ?", ecert_id.lower())

    def assignment_of(self, plain_id: str) -> Row | None:
        """The 赋码 with this plain QR id."""
        return self._storage.row("SELECT * FROM assignments WHERE plain_id = ?", plain_id)

    def is_live(self, assigned: Row) -> bool:
        """Whether no later 赋码 of the same certificate number replaced it."""
        return self._storage.row(f"SELECT 1 FROM assignments WHERE number = ? AND {LIVE}", assigned["number"]) is not None  # noqa: S608

    def number_is_free(self, record: Row) -> bool:
        """Whether the certificate number is new, or belongs to the same machine and owner already."""
        live = self._storage.row(f"SELECT * FROM assignments WHERE certificate = ? AND {LIVE}", folded(record["certNum"]))  # noqa: S608
        return live is None or (live["machine"], live["owner"]) == (machine_key(record), record["creditCode"])

    def filed(self, record: Row) -> list[Filed]:
        """The live 赋码 of the record's machine that still hold it."""
        rows = self._storage.rows(f"SELECT * FROM assignments WHERE machine = ? AND {LIVE}", machine_key(record))  # noqa: S608
        return [Filed(row["cert_num"], row["owner"], row["province"]) for row in rows if row["state"] not in RELEASING_STATES]

    def assign(self, record: Row, plain_id: str, wrapped: tuple[str, str], now: datetime) -> Row:
        """Enter a 赋码. `wrapped`: encryCertid and encryKey."""
        self._storage.run(
            "INSERT INTO assignments (time, ecert_id, certificate, cert_num, machine, owner, province, plain_id, encrypted_id, encrypted_key, state,"
            " record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(now.isoformat(), record["eCertID"].lower(), folded(record["certNum"]), record["certNum"], machine_key(record)),
            *(record["creditCode"], record["provinceNum"], plain_id, *wrapped, record["certState"], dumps(record)),
        )
        return {"ecert_id": record["eCertID"], "encrypted_id": wrapped[0], "encrypted_key": wrapped[1]}

    def aggregation(self, plain_id: str, identifier: str) -> Row | None:
        """The earlier 归集 of the same plain id and 证照标识, as the platform tells it."""
        return self._storage.row(
            "SELECT ecert_id AS eCertID, plain_id AS ID, identifier AS zzeCertID, url FROM aggregations WHERE plain_id = ? AND identifier = ?",
            *(plain_id, identifier),
        )

    def was_aggregated(self, plain_id: str, identifier: str) -> bool:
        """Whether this plain id or this 证照标识 was aggregated already, with whatever other one."""
        query = "SELECT 1 FROM aggregations WHERE plain_id = ? OR identifier = ?"
        return self._storage.row(query, plain_id, identifier) is not None

    def identifier_is_taken(self, identifier: str, certificate: str) -> bool:
        """Whether another certificate number has this 证照标识."""
        return (
            self._storage.row("SELECT 1 FROM aggregations WHERE identifier = ? AND certificate <> ?", identifier, certificate) is not None
        )

    def aggregate(self, record: Row, assigned: Row, now: datetime) -> None:
        """Enter a 归集."""
        self._storage.run(
            "INSERT INTO aggregations (time, plain_id, identifier, ecert_id, certificate, url, record) VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(now.isoformat(), assigned["plain_id"], record["zzeCertID"], assigned["ecert_id"], assigned["certificate"], record["url"]),
            dumps(record),
        )

    def has_state(self, identifier: str, state: str) -> bool:
        """Whether the last update of this 证照标识 was to this state."""
        last = self._storage.row("SELECT state FROM updates WHERE identifier = ? ORDER BY number DESC LIMIT 1", identifier)
        return last is not None and last["state"] == state

    def update_state(self, record: Row, now: datetime) -> bool:
        """Enter a change of state; False when the 证照标识 was never aggregated."""
        identifier, state = record["zzeCertID"], record["certState"]
        changed = self._storage.run(
            "UPDATE assignments SET state = ? WHERE certificate IN (SELECT certificate FROM aggregations WHERE identifier = ?)",
            state,
            identifier,
        )
        if changed:
            self._storage.run(
                "INSERT INTO updates (time, identifier, state, record) VALUES (?, ?, ?, ?)",
                *(now.isoformat(), identifier, state, dumps(record)),
            )
        return bool(changed)

    def effects(self) -> dict[str, list[Row]]:
        """What really changed, oldest first."""
        return {
            "fm": self._storage.rows(
                "SELECT time, ecert_id AS eCertID, cert_num AS certNum, plain_id AS ID FROM assignments ORDER BY number"
            ),
            "gj": self._storage.rows(
                "SELECT g.time, g.ecert_id AS eCertID, a.cert_num AS certNum, g.plain_id AS ID, g.identifier AS zzeCertID, g.url"
                " FROM aggregations g JOIN assignments a USING (plain_id) ORDER BY g.number"
            ),
            "update": self._storage.rows("SELECT time, identifier AS zzeCertID, state AS certState FROM updates ORDER BY number"),
        }


def machine_key(record: Row) -> str:
    """What makes two records speak of one machine: maker and serial number, folded."""
    return f"{folded(record['manufactureName'])}\n{folded(record['factoryNumber'])}"
