"""Whether a filing is about the machine and the owner that an entry of an old register names.

Old registers are patchy: what an entry does not tell cannot differ, and names are compared folded (width, blanks, dashes, brackets, case).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from registry.configuration import CATEGORIES
from registry.folding import fold_part
from registry.legacy_register import LegacyEntry
from workflow_runtime.errors import Text

MACHINE = ("serial_no", "manufacturer", "category")
"""What tells a machine from another; a model is written in too many ways."""

LABELS: Mapping[str, Text] = {
    "serial_no": Text("出厂编号", "serial number"),
    "manufacturer": Text("制造单位", "manufacturer"),
    "category": Text("设备类别", "category"),
    "model": Text("规格型号", "model"),
    "owner_code": Text("统一社会信用代码", "credit code"),
    "owner_name": Text("产权单位", "owner"),
}


@dataclass(frozen=True)
class Difference:
    """A field of which the register says one thing and the filing another."""

    field: str
    registered: str
    filed: str

    @property
    def words(self) -> Text:
        """In plain words."""
        label, was, now = LABELS[self.field], _shown(self.field, self.registered), _shown(self.field, self.filed)
        return Text(
            f"{label.zh}：原登记簿为“{was.zh}”，本次填报为“{now.zh}”", f"{label.en}: “{was.en}” in the register, “{now.en}” in the filing"
        )


def _shown(field: str, value: str) -> Text:
    if not value:
        return Text("（空）", "(empty)")
    return CATEGORIES.get(value, Text(value, value)) if field == "category" else Text(value, value)


def machine_differences(entry: LegacyEntry, filing: Mapping[str, Any]) -> list[Difference]:
    """What of the machine differs; empty: the entry is about this machine.

    An entry without a serial number must agree in its model; one that tells neither is no proof of any machine.
    """
    told = [field for field in MACHINE if getattr(entry, field)]
    if not entry.serial_no:
        told = ["model", *told] if entry.model else ["serial_no", *told]
    return list(_different(entry, filing, told))


def owner_differences(entry: LegacyEntry, filing: Mapping[str, Any]) -> list[Difference]:
    """What of the owner differs; empty: the entry is this owner's. The credit code counts, where the register has none, the name."""
    return list(_different(entry, filing, ["owner_code" if entry.owner_code else "owner_name"]))


def _different(entry: LegacyEntry, filing: Mapping[str, Any], names: list[str]) -> Iterator[Difference]:
    for name in names:
        registered, filed = str(getattr(entry, name)), str(filing.get(name) or "").strip()
        if not registered or fold_part(registered) != fold_part(filed):
            yield Difference(name, registered, filed)


def in_words(differences: list[Difference]) -> Text:
    """All of them in one sentence."""
    return Text("；".join(each.words.zh for each in differences), "; ".join(each.words.en for each in differences))
