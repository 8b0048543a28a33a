"""How the national platform wraps the QR's text: single DES under a key that travels in a small RSA.

`encryKey` is the upper-case hex of RSA-PKCS#1 v1.5 over 8 random bytes, the DES key. `encryCertid` is the upper-case hex of DES/ECB with PKCS#5 padding
over the ASCII text of the plain id (32 hex characters). **The platform encrypts with the public half; each client holds the private half**, a
PKCS#8 PEM that the platform hands out (here: `DIR/national-client-key.pem` and `GET /control/client-key`). The plain id is the QR's whole text.
The strength is the platform's own, kept for compatibility: it hides the id from a casual reader, nothing more.
"""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.padding import PKCS7

EXPONENT = 65537
SMALLEST_KEY_OF_THE_LIBRARY = 1024
"""Bits; below it the library reads keys but makes none."""


def wrap(plain_id: str, key: rsa.RSAPublicKey) -> tuple[str, str]:
    """Encrypt a plain id under a fresh DES key: (encryCertid, encryKey)."""
    des_key = secrets.token_bytes(8)
    padder = PKCS7(64).padder()
    padded = padder.update(plain_id.encode("ascii")) + padder.finalize()
    cipher = Cipher(TripleDES(des_key * 3), modes.ECB()).encryptor()  # noqa: S305  the platform's legacy scheme
    return (cipher.update(padded) + cipher.finalize()).hex().upper(), key.encrypt(des_key, padding.PKCS1v15()).hex().upper()


def load_or_make_key(file: Path, bits: int) -> rsa.RSAPrivateKey:
    """Read the client's key from `file`; when there is none, make one of so many bits and keep it there, for the owner's eyes only."""
    if file.exists():
        loaded = serialization.load_pem_private_key(file.read_bytes(), None)
        if not isinstance(loaded, rsa.RSAPrivateKey):
            raise ValueError(f"{file} holds no RSA key")
        return loaded
    key = make_key(bits)
    draft = file.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(pem(key))
    draft.replace(file)  # whole or not at all, even when killed in between
    return key


def pem(key: rsa.RSAPrivateKey) -> bytes:
    """The key as PKCS#8 PEM, without a password."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def make_key(bits: int) -> rsa.RSAPrivateKey:
    """A fresh RSA key; also of sizes that the library does not make any more."""
    if bits >= SMALLEST_KEY_OF_THE_LIBRARY:
        return rsa.generate_private_key(EXPONENT, bits)
    while True:
        p, q = _prime(bits // 2), _prime(bits - bits // 2)
        phi = (p - 1) * (q - 1)
        if p != q and phi % EXPONENT and (p * q).bit_length() == bits:
            d = pow(EXPONENT, -1, phi)
            public = rsa.RSAPublicNumbers(EXPONENT, p * q)
            return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), rsa.rsa_crt_iqmp(p, q), public).private_key()


def _prime(bits: int) -> int:
    while True:
        candidate = secrets.randbits(bits) | (0b11 << (bits - 2)) | 1
        if all(candidate % small for small in (3, 5, 7, 11, 13, 17, 19, 23)) and _is_probably_prime(candidate):
            return candidate


def _is_probably_prime(number: int, rounds: int = 32) -> bool:
    """Miller-Rabin."""
    odd = number - 1
    twos = (odd & -odd).bit_length() - 1
    odd >>= twos
    for _ in range(rounds):
        power = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True
