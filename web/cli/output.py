"""How the command talks: tables for people, JSON for programs, failures in a plain sentence with a remedy."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from web.failure_documents import failure_document
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import DiagramRefused, Failure, Finding, Text

if TYPE_CHECKING:
    from workflow_runtime.store.rows import IncidentRow

console = Console()
WIDE = 100_000
"""Columns of a page that nobody looks at: what reads a pipe wants each row whole, on one line."""
errors = Console(stderr=True)
MOST_ALIKE = 3
"""Findings of one code in one file that are printed in full."""
NAMED = 8
"""Further ones whose elements are named."""

as_json = click.option("--json", "json_output", is_flag=True, help="JSON for programs")


def local(moment: datetime | None) -> str:
    """An instant as people here read it."""
    return "" if moment is None else moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def visible(text: object) -> str:
    """A text that cannot steer the terminal: what people typed may hold escape sequences."""
    shown = "" if text is None else str(text)
    return "".join("�" if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" else c for c in shown)


def say(text: object, style: str = "", *, to: Console | None = None) -> None:
    """One line for people, never wrapped and never read as markup."""
    (to or console).print(Line(visible(text), style=style), soft_wrap=True)


def print_json(value: Any) -> None:
    """A value as JSON on standard output."""
    # As bytes: JSON is UTF-8 even where the terminal is not.
    click.echo(orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2))


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return value._asdict()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows as a table, fitted to the terminal; at its full width when there is none."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*[Line(visible(cell)) for cell in row])
    (console if console.is_terminal else Console(width=WIDE)).print(table)


def print_incident(incident: "IncidentRow", number: str) -> None:
    """An incident of the case with this number as a block of lines: what happened, and what to do about it."""
    error = incident.error
    say(f"异常 incident {incident.id} · {number} · {incident.element} · {error['code']}", "bold")
    say(f"  {local(incident.created_at)} · {incident.attempts} 次 attempts · {incident.state}", "dim")
    for language in ("zh", "en"):
        say(f"  {error['message'][language]}")
    for language in ("zh", "en"):
        if error["remedy"][language]:
            say(f"  → {error['remedy'][language]}", "green")


def print_findings(findings: Iterable[Finding], *, to: Console | None = None) -> None:
    """Each finding with its place, reason and cure; of many alike in one file the first ones, and how many more there are."""
    found = list(findings)
    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        alike.setdefault(_kind(finding), []).append(finding)
    printed: Counter[tuple[str, str]] = Counter()
    for finding in found:
        group = alike[_kind(finding)]
        position = printed[_kind(finding)]
        printed[_kind(finding)] += 1
        if position < MOST_ALIKE or len(group) == MOST_ALIKE + 1:
            _print_finding(finding, to)
        elif position == MOST_ALIKE:
            _print_more(group[MOST_ALIKE:], to)


def _kind(finding: Finding) -> tuple[str, str]:
    """What makes findings alike: file and code; what is said of other dialects is said once for each spelling anyway."""
    return finding.file, finding.message.en if finding.code.startswith("DIALECT_") else finding.code


def _print_finding(finding: Finding, to: Console | None) -> None:
    style = "red" if finding.severity == "error" else "yellow"
    place = f"{finding.file}:{finding.line}" + (f" [{finding.element}]" if finding.element else "")
    say(f"{place}  {finding.severity} {finding.code}", style, to=to)
    for sentence in finding.message:
        say(f"    {sentence}", to=to)
    for sentence in finding.cure:
        say(f"    → {sentence}", "green", to=to)


def _print_more(rest: list[Finding], to: Console | None) -> None:
    named = ", ".join(f"{f.element or '-'}:{f.line}" for f in rest[:NAMED])
    more = "" if len(rest) <= NAMED else " …"
    say(f"    另有 {len(rest)} 处同类 · and {len(rest)} more {rest[0].code} ({named}{more}; --json)", "dim", to=to)


def print_failure(failure: Failure) -> None:
    """Code, sentence and remedy, in Chinese and English, on standard error."""
    told = failure_document(failure)
    if isinstance(failure, DiagramRefused):
        print_findings(failure.findings, to=errors)
    say(f"✗ {failure.code}", "bold red", to=errors)
    for language in ("zh", "en"):
        say(f"  {told['message'][language]}", to=errors)
    for language in ("zh", "en"):
        if told["remedy"][language]:
            say(f"  → {told['remedy'][language]}", "green", to=errors)
    if failure.reason:
        say(f"  {failure.reason}", "dim", to=errors)
