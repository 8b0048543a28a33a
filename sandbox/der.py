"""Writing ASN.1 in DER (ITU-T X.690): as much as certificates, lists and seals need."""

from datetime import UTC, datetime


def tagged(tag: int, *contents: bytes) -> bytes:
    """A value of this identifier octet."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of encoded values."""
    return tagged(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    """A SET OF encoded values, in the order that DER wants."""
    return tagged(0x31, *sorted(parts))


def explicit(number: int, *parts: bytes) -> bytes:
    """A value with a context tag around its own."""
    return tagged(0xA0 | number, *parts)


def boolean(value: bool) -> bytes:
    """A BOOLEAN."""
    return tagged(0x01, b"\xff" if value else b"\0")


def integer(value: int) -> bytes:
    """An INTEGER."""
    return tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def bits(content: bytes, unused: int = 0) -> bytes:
    """A BIT STRING, the last `unused` bits of which do not count."""
    return tagged(0x03, bytes([unused]), content)


def octets(content: bytes) -> bytes:
    """An OCTET STRING."""
    return tagged(0x04, content)


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *others = map(int, dotted.split("."))
    return tagged(0x06, *(_base128(arc) for arc in (40 * first + second, *others)))


def utf8(text: str) -> bytes:
    """A UTF8String."""
    return tagged(0x0C, text.encode())


def printable(text: str) -> bytes:
    """A PrintableString."""
    return tagged(0x13, text.encode("ascii"))


def ia5(text: str) -> bytes:
    """An IA5String, with UTF-8 in it where vendors do the same."""
    return tagged(0x16, text.encode())


def generalized_time(when: datetime) -> bytes:
    """A GeneralizedTime, in whole seconds."""
    return tagged(0x18, when.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def _base128(arc: int) -> bytes:
    digits = [arc & 0x7F]
    while arc := arc >> 7:
        digits.append(arc & 0x7F | 0x80)
    return bytes(reversed(digits))
