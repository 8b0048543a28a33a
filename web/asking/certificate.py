"""What a visitor gives to find a certificate, and how it is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from registry.verification import code_by_number, code_by_qr_text

LONGEST = 500
"""Characters of one entry; longer ones are cut, and find nothing."""
ADDRESS = re.compile(r"/(?:verify|preview)/(?P<code>[\w-]+)")
CODE = re.compile(r"[\w-]{22}", re.ASCII)
"""A verification code, as `registry.certificates.draft_certificate` makes it."""


@dataclass(frozen=True)
class Sought:
    """Either `text` (a QR's text, an address or a code), or `number` and `serial_no` together."""

    text: str = ""
    number: str = ""
    serial_no: str = ""

    @classmethod
    def of(cls, form: Mapping[str, str]) -> "Sought":
        """As it was typed, blanks around it and NUL characters removed (a database refuses those)."""
        return cls(**{name: form.get(name, "")[:LONGEST].replace("\0", "").strip() for name in ("text", "number", "serial_no")})

    @property
    def errors(self) -> dict[str, str]:
        """What is missing, by field."""
        if self.text or (self.number and self.serial_no):
            return {}
        if self.number:
            return {"serial_no": _("请同时填写出厂编号；只凭编号不能查验。")}
        if self.serial_no:
            return {"number": _("请同时填写编号。")}
        return {"text": _("请填写二维码内容、查验地址或查验码，或者同时填写编号和出厂编号。")}


def find(connection: Any, sought: Sought) -> str | None:
    """The verification code of the certificate that is sought, None if there is none. A code is handed on unseen: its page tells."""
    if not sought.text:
        return code_by_number(connection, sought.number, sought.serial_no)
    if (code := code_by_qr_text(connection, sought.text)) is not None:
        return code
    if address := ADDRESS.search(sought.text):
        return address["code"]
    return sought.text if CODE.fullmatch(sought.text) else None
