"""What differs from place to place or is not public, with defaults: configuration, never a constant in the code that uses it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from workflow_runtime.errors import Text

Severity = Literal["block", "warn", "off"]


@dataclass(frozen=True)
class CertificateType:
    """The type code inside a 证照标识: the ministry's credit code and the three digits of this kind of certificate.

    The digits of 建筑起重机械备案证 are not public; the default stands in until the ministry tells them.
    """

    organisation: str = "11100000000013338W"
    digits: str = "999"

    @property
    def code(self) -> str:
        """The 21 characters as they stand in an identifier."""
        return self.organisation + self.digits


CATEGORIES: Mapping[str, Text] = {
    "T": Text("塔式起重机", "Tower crane"),
    "S": Text("施工升降机", "Construction hoist"),
    "W": Text("物料提升机", "Material hoist"),
}
"""Machine categories (设备类别) by their letter in the certificate number, where no decision table says otherwise."""

REQUIRED: Mapping[str, Text] = {
    "owner_name": Text("产权单位", "Owner"),
    "owner_code": Text("统一社会信用代码", "Unified social credit code"),
    "category": Text("设备类别", "Category"),
    "model": Text("规格型号", "Model"),
    "manufacturer": Text("制造单位", "Manufacturer"),
    "serial_no": Text("出厂编号", "Serial number"),
    "made_on": Text("出厂日期", "Date of manufacture"),
    "licence_no": Text("特种设备生产许可证编号", "Manufacturing licence number"),
    "parameters": Text("设备技术参数", "Technical parameters"),
    "authority": Text("属地发证机关", "Issuing authority"),
}
"""Fields of a filing without which no certificate face can be made, with their labels."""


@dataclass(frozen=True)
class PrecheckRules:
    """The configurable part of the pre-check.

    `required` maps a field to its label; `licence_pattern` is a soft pattern whose group `year` is the licence's year.
    """

    required: Mapping[str, Text] = field(default_factory=lambda: REQUIRED)
    licence_pattern: str = r"TS2\d{3}[0-9A-Z]{3}-(?P<year>20\d{2})"
