"""Certificate identifiers (证照标识): root . type code . authority's credit code . serial . version . check character.

The check character is ISO/IEC 7064 MOD 37,36 over type, authority, serial and version, without dots and without the root.
"""

import re
from dataclasses import dataclass

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

from registry.numbers import Number
from workflow_runtime.errors import Failure, Text, WrongState

ROOT = "1.2.156.3005.2"
LAST_VERSION = 999
_PARTS = re.compile(
    re.escape(ROOT)
    + r"\.(?P<type_code>[0-9A-Z]{21})\.(?P<authority_code>[0-9A-Z]{18})\.(?P<serial>[0-9A-Z]{1,32})\.(?P<version>\d{3})\.(?P<check>[0-9A-Z])"
)


@dataclass(frozen=True)
class Identifier:
    """The parts of an identifier; `check` is the character as written, right or wrong."""

    type_code: str
    authority_code: str
    serial: str
    version: int
    check: str

    @property
    def holds(self) -> bool:
        """Whether the check character is right."""
        return self.check == check_character(self.type_code, self.authority_code, self.serial, self.version)

    def __str__(self) -> str:
        return f"{ROOT}.{self.type_code}.{self.authority_code}.{self.serial}.{self.version:03d}.{self.check}"


def _invalid(text: str) -> Failure:
    return Failure(
        Text(f"“{text}”不是有效的证照标识", f"'{text}' is not a certificate identifier"),
        Text(
            f"证照标识以 {ROOT} 开头，由类型代码、机关代码、流水号、版本号和校验位组成。",
            f"It begins with {ROOT} and has type, authority, serial, version and check.",
        ),
        code="IDENTIFIER_INVALID",
    )


def check_character(type_code: str, authority_code: str, serial: str, version: int) -> str:
    """The check character over these parts. Raises Failure IDENTIFIER_INVALID for other characters than digits and capitals."""
    body = f"{type_code}{authority_code}{serial}{version:03d}"
    try:
        return str(mod_37_36.calc_check_digit(body))
    except (ValidationError, ValueError):
        raise _invalid(body) from None


def identifier_serial(number: Number) -> str:
    """The serial of an identifier, from the certificate number: its year and its serial of the year, which no two categories share."""
    return f"{number.year:04d}{number.serial:05d}"


def make_identifier(type_code: str, authority_code: str, serial: str, version: int) -> str:
    """The whole identifier. Raises Failure IDENTIFIER_INVALID for wrong parts, WrongState VERSIONS_EXHAUSTED after version 999."""
    if version > LAST_VERSION:
        raise WrongState(
            Text("证照版本号已达 999", "The certificate has reached version 999"),
            Text("请注销后重新备案。", "Cancel it and file anew."),
            code="VERSIONS_EXHAUSTED",
        )
    text = str(Identifier(type_code, authority_code, serial, version, check_character(type_code, authority_code, serial, version)))
    parse_identifier(text)
    return text


def parse_identifier(text: str) -> Identifier:
    """The parts of an identifier; its check character is not judged (see `Identifier.holds`). Raises Failure IDENTIFIER_INVALID."""
    match = _PARTS.fullmatch(text)
    if match is None or int(match["version"]) == 0:
        raise _invalid(text)
    return Identifier(match["type_code"], match["authority_code"], match["serial"], int(match["version"]), match["check"])


def is_valid(text: str) -> bool:
    """Whether this is an identifier with the right check character. Foreign ones in the wild are not always: only warn on those."""
    try:
        return parse_identifier(text).holds
    except Failure:
        return False


def next_version(text: str) -> str:
    """The identifier of the re-issue: version + 1, everything else kept. Raises Failure IDENTIFIER_INVALID, WrongState."""
    parts = parse_identifier(text)
    return make_identifier(parts.type_code, parts.authority_code, parts.serial, parts.version + 1)
