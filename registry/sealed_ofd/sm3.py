"""The digest SM3 (GB/T 32905-2016)."""

from cryptography.hazmat.primitives import hashes

_SM3 = hashes.SM3()


def sm3(*parts: bytes) -> bytes:
    """The 32 bytes of the digest over these parts, one after the other."""
    digest = hashes.Hash(_SM3)
    for part in parts:
        digest.update(part)
    return digest.finalize()
