r"""Signatures of the provincial seal network: HMAC-SM3 over the request.

The text that is signed, its lines joined by `\n` (no newline at the end), UTF-8:

1. METHOD, upper case
2. path, as it stands in the request line (percent-encoded, without the query; `/` when empty)
3. query: the decoded pairs sorted by name, then value, encoded again as RFC 3986 wants (`%20`, not `+`) and joined by `&`; empty without a query
4. application key
5. timestamp: milliseconds since 1970-01-01T00:00:00Z, decimal
6. nonce: 1 to 64 characters of `A-Z a-z 0-9 _ -`, never used twice
7. SM3 of the body's bytes (of no bytes, when there is no body), lower-case hex

The signature is lower-case hex of HMAC-SM3 under the application's secret (UTF-8). Headers: `X-App-Key`, `X-Timestamp`, `X-Nonce`,
`X-Body-Digest` (line 7) and `X-Signature`. The receiver checks in this order: all headers there and well-formed; key known; clock at most
300 s off; digest and signature, in constant time; and only then that the nonce is new. The network signs its call-backs in the same way, with
the application's own key and secret.
"""

import hmac as constant_time
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes, hmac

LARGEST_SKEW_MS = 300_000
NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
HEADERS = ("X-App-Key", "X-Timestamp", "X-Nonce", "X-Body-Digest", "X-Signature")

Query = Iterable[tuple[str, str]]


class SignatureRefused(Exception):
    """The request is not signed as it should be; the text says what is wrong."""


def sm3(content: bytes) -> bytes:
    """SM3 digest (GB/T 32905)."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize()


def sm3_hex(content: bytes) -> str:
    """SM3 digest, lower-case hex."""
    return sm3(content).hex()


def text_to_sign(method: str, path: str, query: Query, app_key: str, timestamp: str, nonce: str, body_digest: str) -> str:
    """The seven lines of the module's text."""
    pairs = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(query))
    return "\n".join((method.upper(), path or "/", pairs, app_key, timestamp, nonce, body_digest))


def sign(secret: str, text: str) -> str:
    """HMAC-SM3 of the text, lower-case hex."""
    mac = hmac.HMAC(secret.encode(), hashes.SM3())
    mac.update(text.encode())
    return mac.finalize().hex()


def signed_headers(
    app_key: str, secret: str, method: str, path: str, query: Query, body: bytes, *, now: datetime, nonce: str
) -> dict[str, str]:
    """The five headers of a request made at `now` (aware)."""
    timestamp, digest = str(int(now.timestamp() * 1000)), sm3_hex(body)
    signature = sign(secret, text_to_sign(method, path, query, app_key, timestamp, nonce, digest))
    return dict(zip(HEADERS, (app_key, timestamp, nonce, digest, signature), strict=True))


def verify(
    secrets: Mapping[str, str],
    headers: Mapping[str, str | None],
    method: str,
    path: str,
    query: Query,
    body: bytes,
    *,
    now: datetime,
    is_new: Callable[[str, str], bool],
) -> str:
    """Check a request's signature and return its application key.

    `secrets`: secret by application key. `is_new(app_key, nonce)` remembers the nonce and says whether it was new; it is asked last, so that
    forged requests cannot use up nonces. Raises SignatureRefused.
    """
    app_key, timestamp, nonce, digest, signature = (headers.get(name) or "" for name in HEADERS)
    if not (NONCE.fullmatch(nonce) and re.fullmatch(r"[0-9]{1,15}", timestamp)):
        raise SignatureRefused("headers missing or malformed")
    secret = secrets.get(app_key)
    if secret is None:
        raise SignatureRefused("unknown application key")
    if abs(int(now.timestamp() * 1000) - int(timestamp)) > LARGEST_SKEW_MS:
        raise SignatureRefused("timestamp more than 300 s off")
    actual = sm3_hex(body)
    expected = sign(secret, text_to_sign(method, path, query, app_key, timestamp, nonce, actual))
    if not (_same(actual, digest) & _same(expected, signature)):
        raise SignatureRefused("digest or signature wrong")
    if not is_new(app_key, nonce):
        raise SignatureRefused("nonce used before")
    return app_key


def _same(left: str, right: str) -> bool:
    return constant_time.compare_digest(left.encode(), right.encode())
