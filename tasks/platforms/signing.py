r"""Signatures between us and the provincial seal network: HMAC-SM3 over the request, in both directions.

Signed are seven lines joined by `\n`: METHOD, path as in the request line, sorted query, application key, timestamp (ms), nonce, SM3 of the body in
hex. They travel in the headers `X-App-Key, X-Timestamp, X-Nonce, X-Body-Digest, X-Signature`.
"""

import hmac as comparison
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes, hmac

from workflow_runtime.errors import NotAllowed, Text

LARGEST_SKEW_SECONDS = 300
_NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TIMESTAMP = re.compile(r"[0-9]{1,15}")

Query = Iterable[tuple[str, str]]


def sm3(content: bytes) -> str:
    """SM3 (GB/T 32905), lower-case hex."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()


def _signature(secret: str, lines: Iterable[str]) -> str:
    mac = hmac.HMAC(secret.encode(), hashes.SM3())
    mac.update("\n".join(lines).encode())
    return mac.finalize().hex()


def _query(pairs: Query) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(pairs))


def signed_headers(
    app_key: str, secret: str, method: str, path: str, query: Query, body: bytes, *, now: datetime, nonce: str
) -> dict[str, str]:
    """The headers of a request that is made now. `path` is percent-encoded, `query` decoded."""
    timestamp, digest = str(int(now.timestamp() * 1000)), sm3(body)
    lines = (method.upper(), path, _query(query), app_key, timestamp, nonce, digest)
    return {
        "X-App-Key": app_key,
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
        "X-Body-Digest": digest,
        "X-Signature": _signature(secret, lines),
    }


def verify(
    app_key: str,
    secret: str,
    headers: Mapping[str, str],
    method: str,
    path: str,
    query: Query,
    body: bytes,
    *,
    now: datetime,
    is_new: Callable[[str], bool],
) -> None:
    """Check a request that came in; `headers` by lower-case names.

    `is_new(nonce)` remembers a nonce and says whether it was new; it is asked last, so that forgeries cannot use nonces up.
    Raises NotAllowed SIGNATURE_INVALID. Which check failed is told; it helps an honest caller and no forger.
    """
    names = ("x-app-key", "x-timestamp", "x-nonce", "x-body-digest", "x-signature")
    given_key, timestamp, nonce, digest, signature = (headers.get(name, "") for name in names)
    if not (_TIMESTAMP.fullmatch(timestamp) and _NONCE.fullmatch(nonce)):
        raise _refused("签名头缺失或格式不正确", "the signature's headers are missing or malformed")
    if not (secret and _same(given_key, app_key)):
        raise _refused("应用标识不正确", "the application key is unknown")
    if abs(now.timestamp() - int(timestamp) / 1000) > LARGEST_SKEW_SECONDS:
        raise _refused("时间戳超出 300 秒", "the timestamp is more than 300 s off")
    actual = sm3(body)
    expected = _signature(secret, (method.upper(), path, _query(query), app_key, timestamp, nonce, actual))
    if not (_same(digest, actual) & _same(signature, expected)):
        raise _refused("摘要或签名不正确", "the digest or the signature is wrong")
    if not is_new(nonce):
        raise _refused("随机数已使用过", "the nonce was used before")


def _same(given: str, expected: str) -> bool:
    return comparison.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _refused(zh: str, en: str) -> NotAllowed:
    return NotAllowed(
        Text(f"回调签名未通过验证：{zh}", f"The call-back's signature was refused: {en}"),
        Text("请核对应用标识、密钥和双方时钟。", "Check application key, secret and both clocks."),
        code="SIGNATURE_INVALID",
    )
