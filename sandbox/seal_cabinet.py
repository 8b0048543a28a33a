"""The seals of the authorities, each with its signer's key: made when first used, and kept in the network's books.

A seal of an earlier seal maker (`python -m sandbox --fresh-pki`) is made anew.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox import ofd
from sandbox.pki import YEAR, Holder, Pki, issue, name, new_pki, open_pki
from sandbox.seal import Seal, make_seal
from sandbox.seal_picture import seal_picture
from sandbox.storage import Storage
from sandbox.typeface import installed_typeface

SCHEMA = """
CREATE TABLE IF NOT EXISTS seals (
    authority TEXT, name TEXT, maker BLOB NOT NULL, seal BLOB NOT NULL, private BLOB NOT NULL, public BLOB NOT NULL, certificate BLOB NOT NULL,
    PRIMARY KEY (authority, name)
);
"""
VALID = 10 * YEAR


class SealCabinet:
    """Gives and uses the seals. `folder` is where the network's certificates are kept."""

    def __init__(self, storage: Storage, folder: Path, now: Callable[[], datetime]) -> None:
        """Opens the certificates, or makes them."""
        self._storage, self._now = storage, now
        self._pki = open_pki(folder, now())
        self._known: dict[tuple[str, str], Seal] = {}

    def seal_file(
        self,
        authority: str,
        seal_name: str,
        certificate: tuple[Mapping[str, str], str, str],
        sealed_at: datetime,
        faults: Mapping[str, Any],
    ) -> bytes:
        """The sealed file of a certificate: (face items, identifier, document id). `faults` may hold `bad-seal`, see `misbehaviour`."""
        made_at, bad = self._now(), str(faults.get("bad-seal") or "")
        parts = ofd.certificate_parts(certificate[0], certificate[1], made_at, certificate[2], installed_typeface())
        files = ofd.sealed(parts, self._seal(authority, seal_name, bad), sealed_at)
        if bad == "unsigned-file":
            files["Doc_0/Res/extra.xml"] = b"<extra/>"
        if bad == "changed-page":
            files["Doc_0/Pages/Page_0/Content.xml"] += b"<!-- -->"
        return ofd.packed(files, made_at)

    def _seal(self, authority: str, seal_name: str, bad: str) -> Seal:
        now = self._now()
        if bad == "unknown-root":
            return _made(new_pki(now), authority, seal_name, (now - YEAR, now + VALID))
        if bad == "expired":
            return _made(self._pki, authority, seal_name, (now - YEAR, now - YEAR / 12))
        known = self._known.get((authority, seal_name)) or self._kept(authority, seal_name)
        if known is None:
            known = _made(self._pki, authority, seal_name, (now - YEAR, now + VALID))
            signer = known.signer
            self._storage.run(
                "INSERT OR REPLACE INTO seals VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(authority, seal_name, self._pki.maker.certificate, known.encoded, signer.private, signer.public, signer.certificate),
            )
        self._known[authority, seal_name] = known
        return known

    def _kept(self, authority: str, seal_name: str) -> Seal | None:
        row = self._storage.row(
            "SELECT * FROM seals WHERE authority = ? AND name = ? AND maker = ?", *(authority, seal_name, self._pki.maker.certificate)
        )
        return None if row is None else Seal(row["seal"], Holder(row["private"], row["public"], row["certificate"], name(seal_name)))


def _made(pki: Pki, authority: str, seal_name: str, valid: tuple[datetime, datetime]) -> Seal:
    signer = issue(seal_name, pki.intermediate, valid[0], 12)
    return make_seal(pki.maker, signer, seal_name, f"{authority}-001", seal_picture(seal_name), valid)
