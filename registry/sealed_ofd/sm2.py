"""Verifying SM2 signatures (GB/T 32918.2-2016) on the curve of GB/T 32918.5-2017.

A verification has no secrets, so nothing here has to take the same time for every input. Points are Jacobian, (X, Y, Z) for
(X/Z², Y/Z³); Z = 0 is the point at infinity.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple

from registry.sealed_ofd.sm3 import sm3

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
DEFAULT_SIGNER = b"1234567812345678"
"""The distinguishing id of a signer who has no other (GM/T 0009-2012, 10)."""
WINDOW, BASE_WINDOW = 5, 6
"""Bits of a digit in the non-adjacent form of the factor of a key, and of a digit of the factor of the base point."""

Affine = tuple[int, int]
Jacobian = tuple[int, int, int]
INFINITY: Jacobian = (1, 1, 0)


class Signature(NamedTuple):
    """The two numbers of a signature."""

    r: int
    s: int


def is_on_curve(point: Affine) -> bool:
    """Whether this is a point of the curve, other than infinity; the curve's cofactor is 1, so every such point may be a key."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def public_key(encoded: bytes) -> Affine | None:
    """The point of an uncompressed or compressed encoding (GB/T 32918.1, 4.2.9), None when it is none."""
    if len(encoded) == 65 and encoded[0] == 4:
        point = int.from_bytes(encoded[1:33], "big"), int.from_bytes(encoded[33:], "big")
        return point if is_on_curve(point) else None
    if len(encoded) == 33 and encoded[0] in (2, 3):
        x = int.from_bytes(encoded[1:], "big")
        y = pow((x * x * x + A * x + B) % P, (P + 1) // 4, P)
        point = x, y if y & 1 == encoded[0] & 1 else P - y
        return point if is_on_curve(point) else None
    return None


def digest_of(key: Affine, message: bytes, signer: bytes = DEFAULT_SIGNER) -> bytes:
    """The digest that is signed: SM3(Z || message), Z over the signer's id, the curve and the key (GB/T 32918.2, 5.5)."""
    numbers = (A, B, GX, GY, *key)
    z = sm3((len(signer) * 8).to_bytes(2, "big"), signer, *(number.to_bytes(32, "big") for number in numbers))
    return sm3(z, message)


def verify(key: Affine, message: bytes, signature: Signature, signer: bytes = DEFAULT_SIGNER) -> bool:
    """Whether the signature over this message is the key's (GB/T 32918.2, 7.1)."""
    return is_on_curve(key) and _verify_digest(key, digest_of(key, message, signer), signature)


@lru_cache(maxsize=4096)
def _verify_digest(key: Affine, digest: bytes, signature: Signature) -> bool:
    """Kept, since a certificate's signature is asked for again with every file that bears it."""
    r, s = signature
    if not (1 <= r < N and 1 <= s < N):
        return False
    t = (r + s) % N
    if t == 0:
        return False
    x, _, z = _add(_times_base(s), _times(t, key))
    if z == 0:
        return False
    inverse = pow(z, -1, P)
    return (int.from_bytes(digest, "big") + x * inverse * inverse % P) % N == r


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    if z == 0:
        return INFINITY
    delta = z * z % P
    gamma = y * y % P
    beta = x * gamma % P
    alpha = 3 * (x - delta) * (x + delta) % P  # a is -3
    doubled = (alpha * alpha - 8 * beta) % P
    return doubled, (alpha * (4 * beta - doubled) - 8 * gamma * gamma) % P, 2 * y * z % P


def _add(one: Jacobian, other: Jacobian) -> Jacobian:
    x1, y1, z1 = one
    x2, y2, z2 = other
    if z1 == 0:
        return other
    if z2 == 0:
        return one
    if z2 == 1:
        u1, s1 = x1, y1
    else:
        square = z2 * z2 % P
        u1, s1 = x1 * square % P, y1 * square * z2 % P
    square = z1 * z1 % P
    h = (x2 * square - u1) % P
    r = (y2 * square * z1 - s1) % P
    if h == 0:
        return _double(one) if r == 0 else INFINITY
    hh = h * h % P
    hhh = h * hh % P
    v = u1 * hh % P
    x = (r * r - hhh - 2 * v) % P
    return x, (r * (v - x) - s1 * hhh) % P, z1 * z2 * h % P


def _times(factor: int, point: Affine) -> Jacobian:
    """By digits of the window's size, odd or nought, from the highest."""
    start = (*point, 1)
    twice = _double(start)
    odd = [start]
    for _ in range((1 << (WINDOW - 2)) - 1):
        odd.append(_add(odd[-1], twice))
    odd = _affine(odd)
    total = INFINITY
    for digit in reversed(_digits(factor)):
        total = _double(total)
        if digit > 0:
            total = _add(total, odd[digit >> 1])
        elif digit < 0:
            x, y, z = odd[-digit >> 1]
            total = _add(total, (x, P - y, z))
    return total


def _digits(factor: int) -> list[int]:
    digits, whole, half = [], 1 << WINDOW, 1 << (WINDOW - 1)
    while factor:
        digit = 0
        if factor & 1:
            digit = factor & (whole - 1)
            digit -= whole if digit >= half else 0
            factor -= digit
        digits.append(digit)
        factor >>= 1
    return digits


@cache
def _multiples_of_base() -> list[list[Jacobian]]:
    """For each digit of `BASE_WINDOW` bits, the base point times every value that the digit may have, all with Z = 1."""
    places, place = [], (GX, GY, 1)
    for _ in range(-(-N.bit_length() // BASE_WINDOW)):
        multiples = [place]
        for _ in range((1 << BASE_WINDOW) - 1):
            multiples.append(_add(multiples[-1], place))
        *multiples, place = _affine(multiples)
        places.append(multiples)
    return places


def _affine(points: Sequence[Jacobian]) -> list[Jacobian]:
    """The same points with Z = 1: inverted is the product of all their Z, since an inversion takes as long as a hundred multiplications."""
    products = list(accumulate((z for _, _, z in points), lambda one, other: one * other % P))
    inverse, found = pow(products[-1], -1, P), []
    for (x, y, z), before in zip(reversed(points), (*reversed(products[:-1]), 1), strict=True):
        own, inverse = inverse * before % P, inverse * z % P
        square = own * own % P
        found.append((x * square % P, y * square * own % P, 1))
    return found[::-1]


def _times_base(factor: int) -> Jacobian:
    total = INFINITY
    for multiples in _multiples_of_base():
        if digit := factor & ((1 << BASE_WINDOW) - 1):
            total = _add(total, multiples[digit - 1])
        factor >>= BASE_WINDOW
    return total
