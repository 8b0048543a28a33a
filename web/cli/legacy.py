"""`crane legacy`: the authorities' old registers, read from their files, and looked up."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from registry import legacy_register as book
from registry.authorities import authority
from registry.legacy_fields import FIELDS
from registry.legacy_history import history
from registry.legacy_import import report as reporting
from registry.legacy_import.importing import ImportRefused, ensure_may_import, import_register, preview
from registry.legacy_import.plan import Plan
from registry.legacy_import.problems import SEVERITIES
from registry.legacy_import.refused import MAX_BYTES, too_large
from registry.legacy_import.register import Progress as Told
from registry.legacy_import.register import read_register, silent
from registry.legacy_roles import ensure_reads
from web.cli.context import acting, actor, installation
from web.cli.output import as_json, errors, local, print_failure, print_json, print_table, say
from web.cli.paths import unreadable
from web.csv_files import csv_bytes
from web.failure_documents import failure_document
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import Failure, Text

MOST = 20
"""Lines of the report on a terminal; all of it goes to `--report`."""
STAGES = {"read": "读取 reading", "compare": "核对 comparing", "write": "写入 writing"}
STYLES = {"error": "red", "warning": "yellow", "note": "dim"}


@click.group("legacy")
def legacy() -> None:
    """原备案登记簿 · the authorities' old registers."""


@legacy.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--authority", "code", required=True, metavar="CODE", help="credit code of the authority whose register it is")
@click.option("--preview", "only_preview", is_flag=True, help="say what would happen, and write nothing")
@click.option("--update", is_flag=True, help="entries that differ become as the file says; without it they are errors")
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE.csv", help="where to write the whole report, as a table")
@acting
@as_json
def import_file(file: Path, code: str, only_preview: bool, update: bool, report: Path | None, login: str | None, json_output: bool) -> None:
    """导入 · enter all of an old register (xlsx, xls, ods or CSV), or nothing; the same file again changes nothing.

    Exit status 1 when the file has errors.
    """
    content = _content(file)
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            ensure_may_import(uow, who, code)
            today = uow.now.astimezone(SHANGHAI).date()
        with _progress(json_output) as progress:
            register = read_register(file.name, content, today, progress)
            refusal = None
            try:
                with runtime.reading() if only_preview else runtime.transaction() as uow:
                    use_case = preview if only_preview else import_register
                    plan = use_case(uow, who, register, code, replacing=update, progress=progress)
                    _write_report(report, plan)  # before the import counts: it fails as a whole, too
            except ImportRefused as error:
                refusal, plan = error, error.plan
                _write_report(report, plan)
        with runtime.reading() as uow:
            name = authority(uow.connection, code).name
    if json_output:
        failed = {} if refusal is None else {"error": failure_document(refusal)}
        print_json({**reporting.document(plan), "preview": only_preview, "imported": not only_preview and refusal is None, **failed})
    else:
        _print_plan(plan, name, only_preview)
        if refusal is not None:
            print_failure(refusal)
    sys.exit(1 if plan.refused else 0)


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise too_large()
        return file.read_bytes()
    except OSError as error:
        raise unreadable(str(file), error.strerror or type(error).__name__) from error


def _write_report(report: Path | None, plan: Plan) -> None:
    if report is None:
        return
    try:
        report.write_bytes(csv_bytes(reporting.COLUMNS, reporting.lines(plan.problems)))
    except OSError as error:
        raise Failure(
            Text(f"报告 {report} 无法写入（{error.strerror}）。", f"The report {report} cannot be written ({error.strerror})."),
            Text("请换一个位置；文件没有导入。", "Choose another place; the file was not imported."),
            code="FILE_UNWRITABLE",
        ) from error


@contextmanager
def _progress(json_output: bool) -> Iterator[Told]:
    """A bar, where somebody looks."""
    if json_output or not errors.is_terminal:
        yield silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def told(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES[stage], total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield told


def _print_plan(plan: Plan, authority_name: str, only_preview: bool) -> None:
    for sheet in plan.register.sheets:
        place = f"工作表 sheet {sheet.name}" if sheet.name else plan.register.name
        say(f"{place}：表头第 {sheet.head.last} 行，登记 {sheet.rows} 行 · head in row {sheet.head.last}, {sheet.rows} entries", "bold")
        for column in sheet.head.columns:
            field = reporting.meaning(column)
            told = FIELDS.get(field)
            became = f"{told.zh} {told.en}" if told else "记在备注 kept as a remark" if field else "不用 not used"
            say(f"  {column.letter:>2} {column.label} → {became}", "" if told else "dim")
    if only_preview:
        shown = ("number", "owner_name", "category", "manufacturer", "serial_no", "made_on", "issued_on")
        rows = [(row.place.row, *(row.text(name) for name in shown)) for row in plan.register.rows[: reporting.FIRST]]
        print_table("前几条 · the first rows", ["行", *(FIELDS[name].zh for name in shown)], rows)
    _print_report(plan)
    done = "预览，未写入 preview, nothing written" if only_preview else "未导入 not imported" if plan.refused else "已导入 imported"
    counts = " · ".join(f"{zh} {en} {plan.counts[key]}" for key, (zh, en) in reporting.OUTCOMES.items())
    say(f"{authority_name} · {done}：{counts}", "bold red" if plan.refused else "bold green")


def _print_report(plan: Plan) -> None:
    for p in reporting.gravest(plan.problems, MOST):
        severity = SEVERITIES[p.severity]
        value = f"「{p.value}」" if p.value else ""
        say(f"{severity.zh} {severity.en} {p.place.words.zh} {p.column}{value}  {p.code}", STYLES[p.severity])
        say(f"    {p.message.zh} {p.message.en}")
        say(f"    → {p.cure.zh} {p.cure.en}", "green")
    if (more := len(plan.problems) - MOST) > 0:
        say(f"还有 {more} 条，用 --report FILE.csv 查看全部 · {more} more, see all of them with --report FILE.csv", "yellow")


@legacy.command("list")
@click.argument("keyword", default="")
@click.option("--authority", "code", default="", metavar="CODE")
@click.option("--state", type=click.Choice(list(book.STATES)))
@click.option("--before", type=click.IntRange(1), help="the entry at which the page before ended")
@acting
@as_json
def list_entries(keyword: str, code: str, state: str | None, before: int | None, login: str | None, json_output: bool) -> None:
    """Entries, the newest first, whose number, owner, serial number or manufacturer contains KEYWORD."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            ensure_reads(who)
        with runtime.reading() as uow:
            found = book.search(uow.connection, keyword=keyword, authority=code, state=state or "", before=before)
    if json_output:
        print_json(found)
        return
    rows = [(e.id, e.number, e.owner_name, e.category, e.model, e.manufacturer, e.serial_no, book.STATES[e.state].zh) for e in found]
    print_table("原备案登记簿 · old registers", ["", "编号", "产权单位", "类别", "型号", "制造单位", "出厂编号", "状态"], rows)


@legacy.command("show")
@click.argument("entry_id", metavar="ENTRY", type=int)
@acting
@as_json
def show(entry_id: int, login: str | None, json_output: bool) -> None:
    """One entry, by the number in the first column of `crane legacy list`, with everything that has changed in it."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            ensure_reads(who)
        with runtime.reading() as uow:
            found, events = book.entry(uow.connection, entry_id), history(uow.connection, entry_id)
    if json_output:
        print_json({**asdict(found), "history": [asdict(event) for event in events]})
        return
    for name, label in FIELDS.items():
        value = book.STATES[found.state].zh if name == "state" else getattr(found, name)
        say(f"{label.zh} {label.en}：{'' if value is None else value}")
    for head, text in found.remarks.items():
        say(f"{head}：{text}", "dim")
    say(f"来源 from：{found.source}", "dim")
    for event in events:
        say(f"{local(event.at)} {event.event} {event.who} {event.reason} {dict(event.before)} → {dict(event.after)}")


COMMANDS = (legacy,)
