"""`crane migrate`: running cases move to another version of their business, in bulk; and back."""

from collections.abc import Iterable

import click
from rich.progress import Progress

from web.cli.command_line import Misused
from web.cli.context import acting, actor, installation, reason
from web.cli.output import as_json, errors, print_json, print_table, say
from web.migrations import batch_document, forecast_document, outcome_document
from workflow_runtime.actors import Actor
from workflow_runtime.errors import Text
from workflow_runtime.migration.batches import batch as batch_of
from workflow_runtime.migration.batches import batches as batches_of
from workflow_runtime.migration.batches import migrate as migrate_cases
from workflow_runtime.migration.forecast import Forecast, Group, plan_migration
from workflow_runtime.migration.mapping import read_map
from workflow_runtime.migration.moving import Outcome
from workflow_runtime.migration.undoing import undo_migration
from workflow_runtime.runtime import Runtime
from workflow_runtime.versions import chosen_version

mapped = click.option("--map", "pairs", multiple=True, metavar="OLD=NEW", help="an element that has got another id")


@click.command("migrate")
@click.argument("business", required=False)
@click.option("--to", "version", metavar="VERSION", help="the beginning of the version's id; without it, the deployed one")
@mapped
@click.option("--case", "numbers", multiple=True, metavar="NUMBER", help="only this case; may be given several times")
@click.option("--plan", "planning", is_flag=True, help="only tell what would become of the cases")
@click.option("--undo", "undone", type=int, metavar="BATCH", help="bring back the cases of a batch that have not moved on since")
@click.option("--batches", "listing", is_flag=True, help="the batches so far, the newest first")
@reason
@acting
@as_json
def migrate(
    business: str | None,
    version: str | None,
    pairs: tuple[str, ...],
    numbers: tuple[str, ...],
    planning: bool,
    undone: int | None,
    listing: bool,
    reason: str,
    login: str | None,
    json_output: bool,
) -> None:
    """迁移 · move the running cases of BUSINESS to another version, each by itself; those that cannot move finish on their own.

    An interrupted migration goes on when the same command is given again. `--reason` is needed, and kept in the audit.
    """
    _ensure_one_thing(business, planning=planning, undone=undone, listing=listing)
    if business is None and (version or pairs or numbers):
        raise Misused(
            Text("--to、--map 和 --case 只用于迁移一项业务。", "--to, --map and --case belong to the migration of a business."),
            Text("请去掉这些选项；撤销总是针对整个批次。", "Leave them out; undoing is for a whole batch."),
        )
    with installation() as runtime:
        who = actor(runtime, login)
        if listing:
            _list(runtime, who, json_output=json_output)
        elif undone is not None:
            _undo(runtime, who, undone, reason, json_output=json_output)
        else:
            chosen = list(numbers) or None
            with runtime.reading() as uow:
                target = chosen_version(uow, business or "", version)
                told = plan_migration(uow, who, business or "", target, read_map(pairs), chosen)
            if planning:
                _tell(told, json_output=json_output)
            else:
                _move(runtime, who, told, pairs, chosen, reason, json_output=json_output)


def _ensure_one_thing(business: str | None, *, planning: bool, undone: int | None, listing: bool) -> None:
    if sum((business is not None, undone is not None, listing)) != 1 or (planning and business is None):
        raise Misused(
            Text("请给出业务，或 --undo 批次，或 --batches，三者取一。", "Give a business, or --undo BATCH, or --batches: one of them."),
            Text("请用 crane migrate --help 查看用法。", "See `crane migrate --help`."),
        )


def _tell(told: Forecast, *, json_output: bool) -> None:
    if json_output:
        print_json(forecast_document(told))
    else:
        print_forecast(told)


def print_forecast(told: Forecast) -> None:
    """How many cases can move and how many cannot, and why."""
    say(f"{told.title}（{told.business}）→ {told.bundle_id[:12]}", "bold")
    say(f"  可以迁移 {told.movable}，不能迁移 {told.stay} · {told.movable} can move, {told.stay} cannot")
    _groups("不能迁移的原因 · why not", told.staying, "yellow")
    _groups("迁移后的变化 · what changes", told.changing, "")


def _groups(title: str, groups: Iterable[Group], style: str) -> None:
    for number, group in enumerate(groups):
        if number == 0:
            say(f"  {title}", "dim")
        more = " …" if group.count > len(group.numbers) else ""
        say(f"    {group.count} × {group.reason.code} {group.reason.message.zh}", style)
        say(f"      {group.reason.message.en}", "dim")
        say(f"      {' '.join(group.numbers)}{more}", "dim")


def _move(
    runtime: Runtime, who: Actor, told: Forecast, pairs: tuple[str, ...], chosen: list[str] | None, reason: str, *, json_output: bool
) -> None:
    with Progress(console=errors, disable=json_output or not errors.is_terminal) as progress:
        bar = progress.add_task("迁移 · migrating", total=told.total)
        report = migrate_cases(
            runtime,
            who,
            told.business,
            told.bundle_id,
            reason,
            mapping=read_map(pairs),
            numbers=chosen,
            told=lambda _: progress.advance(bar),
        )
    if json_output:
        stayed = [outcome_document(each) for each in report.stayed]
        print_json({"batch": report.batch.id, "bundle_id": told.bundle_id, "moved": report.moved, "stayed": stayed})
        return
    say(
        f"批次 batch {report.batch.id}：已迁移 {report.moved}，未迁移 {len(report.stayed)} · {report.moved} moved, {len(report.stayed)} not"
    )
    _stayed(report.stayed)


def _stayed(outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        for each in outcome.reasons:
            say(f"  {outcome.number}  {each.code} {each.message.zh}", "yellow")
            say(f"    {each.message.en}", "dim")


def _undo(runtime: Runtime, who: Actor, number: int, reason: str, *, json_output: bool) -> None:
    with runtime.reading() as uow:
        batch_of(uow, who, number)
    outcomes = list(undo_migration(runtime, who, number, reason))
    back = sum(each.moved for each in outcomes)
    stayed = [each for each in outcomes if not each.moved]
    if json_output:
        print_json({"batch": number, "undone": back, "stayed": [outcome_document(each) for each in stayed]})
        return
    say(f"批次 batch {number}：已撤销 {back}，未撤销 {len(stayed)} · {back} brought back, {len(stayed)} not")
    _stayed(stayed)


def _list(runtime: Runtime, who: Actor, *, json_output: bool) -> None:
    with runtime.reading() as uow:
        found = batches_of(uow, who)
    if json_output:
        print_json([batch_document(each) for each in found])
        return
    rows = [
        (b.batch.id, b.batch.business, b.batch.bundle_id[:12], b.moved, b.undone, b.left, b.batch.begun_name, b.batch.reason) for b in found
    ]
    print_table("迁移 · migrations", ["批次", "业务", "版本", "已迁移", "已撤销", "未处理", "经办", "理由"], rows)


COMMANDS = (migrate,)
