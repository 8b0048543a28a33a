"""What decision tables have decided in a step: kept in the audit as the numbers of the rules that applied, told in plain words."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from workflow_runtime.bundles import Bundle
from workflow_runtime.decisions import Decision
from workflow_runtime.errors import Text

DECIDED = "decided"
"""The entry of the audit's details: rules by element, like `{"service_life": "2", "required_attachments": "1-5"}`."""


def spans(rules: Sequence[int]) -> str:
    """Rule numbers in short: `1-3,5`; empty when no rule applied."""
    runs = [[rule for _, rule in run] for _, run in groupby(enumerate(rules), key=lambda each: each[1] - each[0])]
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def told(bundle: Bundle, details: Mapping[str, Any]) -> Iterator[Text]:
    """A sentence for each table that was asked: its name, the rules that applied, and what the analyst notes beside a single one.

    In English the table goes by its id: name and note are the analyst's own words.
    """
    decisions = {
        node.id: bundle.contents.decisions.get(node.decision)
        for process in bundle.contents.processes.values()
        for node in process.nodes
        if node.decision
    }
    for element, rules in dict(details.get(DECIDED) or {}).items():
        if (decision := decisions.get(element)) is not None:
            yield _sentence(decision, str(rules))


def _sentence(decision: Decision, rules: str) -> Text:
    if not rules:
        return Text(f"{decision.name}：没有命中的规则", f"{decision.id}: no rule applies")
    note = decision.rules[int(rules) - 1].note if rules.isdecimal() and int(rules) <= len(decision.rules) else ""
    return Text(f"{decision.name}：规则 {rules}{f'（{note}）' if note else ''}", f"{decision.id}: rule {rules}")
