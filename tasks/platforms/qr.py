"""The QR's text out of the national platform's answer to 赋码, where it is wrapped in one of two ways.

`plain`: `encryCertid` is the text itself. `legacy`: `encryKey` is the hex of RSA-PKCS#1 v1.5 over an 8-byte DES key, `encryCertid` the hex of
DES/ECB/PKCS#5 over the text. Single DES is TripleDES with the same key three times.
"""

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_pem_private_key

Decoder = Callable[[str, str], str]
"""(encryCertid, encryKey) → the QR's text. Raises ValueError when they cannot be unwrapped."""


def plain(encrypted_id: str, _encrypted_key: str) -> str:
    """The text as it comes. Raises ValueError when it is no printable text."""
    return _printable(encrypted_id)


def legacy(key_file: Path) -> Decoder:
    """The decoder with the RSA key of this PEM file. Raises OSError, ValueError when the file holds none."""
    key = load_pem_private_key(key_file.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")

    def decode(encrypted_id: str, encrypted_key: str) -> str:
        des_key = key.decrypt(bytes.fromhex(encrypted_key), padding.PKCS1v15())
        # any other length than 8 bytes makes a key that TripleDES refuses with ValueError
        cipher = Cipher(TripleDES(des_key * 3), modes.ECB()).decryptor()  # noqa: S305  the platform's legacy scheme
        padded = cipher.update(bytes.fromhex(encrypted_id)) + cipher.finalize()
        unpadder = PKCS7(64).unpadder()
        return _printable((unpadder.update(padded) + unpadder.finalize()).decode("ascii"))

    return decode


def _printable(text: str) -> str:
    if not (text and text.isascii() and text.isprintable()):
        raise ValueError("no printable text")
    return text
