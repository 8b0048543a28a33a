"""Reading ASN.1 in DER (ITU-T X.690) as real files write it: BER's laxer forms are read, the bytes of every value are kept as they came.

Real certificates and seals write an explicit DEFAULT FALSE, lengths longer than they need be, UTF-8 inside an IA5String and times in local
zones. What is signed is judged by its own bytes, so nothing is ever encoded anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID = 0x01, 0x02, 0x03, 0x04, 0x06
UTC_TIME, GENERALIZED_TIME, SEQUENCE = 0x17, 0x18, 0x30
TIMES = (UTC_TIME, GENERALIZED_TIME)
TEXTS = {0x0C: "utf-8", 0x12: "ascii", 0x13: "utf-8", 0x14: "latin-1", 0x16: "utf-8", 0x1A: "utf-8", 0x1C: "utf-32-be", 0x1E: "utf-16-be"}
"""Character encodings by tag; what should be ASCII is often UTF-8."""
MOST_LEVELS = 40
MOST_ARCS = 20
MOST_BYTES, MOST_VALUES = 4 * 1024 * 1024, 20_000
"""Of an encoding; a seal with its picture has a few hundred kilobytes and a hundred values."""
EARLIEST, LATEST = 1950, datetime(9998, 12, 31, tzinfo=UTC)
"""A year, and the end of time: with them, no time is so near to the ends of the calendar that another zone's would lie beyond."""
BEIJING = timezone(timedelta(hours=8))


class NotDer(ValueError):
    """These bytes are not what they should be."""


@dataclass(frozen=True)
class Value:
    """A value with its identifier octet, its content, and its whole encoding as received."""

    tag: int
    content: bytes
    whole: bytes
    most: int = MOST_VALUES

    @cached_property
    def parts(self) -> tuple["Value", ...]:
        """The values of a constructed value. Raises NotDer."""
        if not self.tag & 0x20:
            raise NotDer(f"tag {self.tag:#04x} has no parts")
        return tuple(_values(self.content, self.most))

    def integer(self) -> int:
        """An INTEGER. Raises NotDer."""
        self._ensure(INTEGER)
        if not 1 <= len(self.content) <= 600:
            raise NotDer("an integer of no or too many bytes")
        return int.from_bytes(self.content, "big", signed=True)

    def oid(self) -> str:
        """An OBJECT IDENTIFIER, dotted. Raises NotDer."""
        self._ensure(OID)
        arcs, arc = [], 0
        for octet in self.content[:100]:
            arc = arc << 7 | octet & 0x7F
            if not octet & 0x80:
                arcs.append(arc)
                arc = 0
        if not arcs or len(arcs) > MOST_ARCS or len(self.content) > 100 or self.content[-1] & 0x80:
            raise NotDer("not an object identifier")
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))

    def octets(self) -> bytes:
        """An OCTET STRING. Raises NotDer."""
        self._ensure(OCTET_STRING)
        return self.content

    def bits(self) -> bytes:
        """A BIT STRING of whole bytes. Raises NotDer."""
        self._ensure(BIT_STRING)
        if not self.content or self.content[0] != 0:
            raise NotDer("a bit string that does not end with a byte")
        return self.content[1:]

    def text(self) -> str:
        """Any character string. Raises NotDer."""
        encoding = TEXTS.get(self.tag)
        if encoding is None:
            raise NotDer(f"tag {self.tag:#04x} is no text")
        try:
            return self.content.decode(encoding)
        except UnicodeDecodeError:
            return self.content.decode("gb18030", "replace")

    def instant(self) -> datetime:
        """A UTCTime or GeneralizedTime, aware; without a zone it is Beijing's. Raises NotDer."""
        if self.tag not in TIMES:
            raise NotDer(f"tag {self.tag:#04x} is no time")
        return _instant(self.content.decode("ascii", "replace"), short=self.tag == UTC_TIME)

    def _ensure(self, tag: int) -> None:
        if self.tag != tag:
            raise NotDer(f"tag {self.tag:#04x} where {tag:#04x} should be")


def read(encoded: bytes, most_bytes: int = MOST_BYTES, most_values: int = MOST_VALUES) -> Value:
    """The one value that these bytes are, its size and nesting bounded. Raises NotDer, also when something follows it."""
    if len(encoded) > most_bytes:
        raise NotDer("too large")
    value, end = _value(encoded, 0, most_values)
    if end != len(encoded):
        raise NotDer("bytes after the end")
    _ensure_bounded(value, most_values)
    return value


def sequence(value: Value, least: int = 0) -> tuple[Value, ...]:
    """The parts of a SEQUENCE of at least so many. Raises NotDer."""
    if value.tag != SEQUENCE or len(value.parts) < least:
        raise NotDer(f"not a sequence of {least}")
    return value.parts


def _values(encoded: bytes, most: int) -> Iterator[Value]:
    at, count = 0, 0
    while at < len(encoded):
        value, at = _value(encoded, at, most)
        count += 1
        if count > most:
            raise NotDer("too many values")
        yield value


def _value(encoded: bytes, at: int, most: int) -> tuple[Value, int]:
    if at + 2 > len(encoded):
        raise NotDer("cut off")
    tag, length, start = encoded[at], encoded[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise NotDer("a tag of several bytes")
    if length == 0x80:
        raise NotDer("a length that is not told")
    if length > 0x80:
        size = length & 0x7F
        if size > 4 or start + size > len(encoded):
            raise NotDer("a length that cannot be")
        length, start = int.from_bytes(encoded[start : start + size], "big"), start + size
    end = start + length
    if end > len(encoded):
        raise NotDer("cut off")
    return Value(tag, encoded[start:end], encoded[at:end], most), end


def _ensure_bounded(value: Value, most: int) -> None:
    """Primitive values that happen to look like nothing at all are never looked into."""
    level, count = [value], 0
    for _ in range(MOST_LEVELS):
        above, level = level, []
        for each in above:
            level += each.parts if each.tag & 0x20 else ()
            if count + len(level) > most:
                raise NotDer("too many values")
        count += len(level)
        if not level:
            return
    raise NotDer("nested too deeply")


def _instant(text: str, *, short: bool) -> datetime:
    digits = text.rstrip("Zz")
    zone = UTC if digits != text else BEIJING
    for sign in "+-":
        if sign in digits:
            digits, _, offset = digits.partition(sign)
            if len(offset) != 4 or not offset.isdigit():
                raise NotDer("not a time")
            minutes = int(offset[:2]) * 60 + int(offset[2:])
            if minutes >= 24 * 60:
                raise NotDer("not a time")
            zone = timezone(timedelta(minutes=minutes if sign == "+" else -minutes))
    digits = digits.partition(".")[0]
    if short:
        digits = ("20" if digits[:2] < "50" else "19") + digits
    try:
        found = datetime.strptime(digits.ljust(14, "0")[:14], "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        raise NotDer("not a time") from None
    if found.year < EARLIEST:
        raise NotDer("a time before there were certificates")
    return found if found.year < LATEST.year else LATEST
