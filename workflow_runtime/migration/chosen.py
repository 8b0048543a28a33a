"""What somebody names for a migration is there: the cases, the elements of the map."""

from collections.abc import Sequence

from workflow_runtime.bundles import Bundle
from workflow_runtime.errors import FieldError, Invalid, Text
from workflow_runtime.migration.mapping import ElementMap
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.versions import bundle_contents

MOST_NUMBERS = 1000
"""Cases that may be named one by one."""

SHOWN = 5
"""Numbers that a refusal repeats."""


def ensure_cases(uow: UnitOfWork, business: str, numbers: Sequence[str] | None) -> None:
    """The numbers, if any are given, are few enough and those of cases of the business. Raises Invalid."""
    if numbers is None:
        return
    if not 0 < len(numbers) <= MOST_NUMBERS:
        wrong = Text(f"请给出 1 至 {MOST_NUMBERS} 个案件编号。", f"Name 1 to {MOST_NUMBERS} cases.")
        raise Invalid([FieldError("case", "案件编号", wrong)])
    known = uow.batches.known(business, numbers)
    if strange := [number for number in numbers if number not in known]:
        shown = " ".join(number[:32] for number in strange[:SHOWN]).encode("utf-8", "replace").decode()
        raise Invalid([FieldError("case", "案件编号", Text(f"业务中没有案件 {shown}。", f"The business has no case {shown}."))])


def ensure_mapped(uow: UnitOfWork, mapping: ElementMap, new: Sequence[Bundle], numbers: Sequence[str] | None = None) -> None:
    """Every pair of the map names an element of a version on which cases are under way, and one of the new versions. Raises Invalid."""
    if mapping.pairs:
        old = {old for bundle in new for old in uow.batches.other_bundles(bundle.business, bundle.id, numbers)}
        mapping.ensure_known([bundle_contents(uow, bundle_id) for bundle_id in old], [bundle.contents for bundle in new])
