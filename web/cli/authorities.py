"""`crane authority`: the issuing authorities and their preconditions."""

from dataclasses import asdict, replace
from typing import Any

import click

from registry import authorities as book
from registry.administration import enter
from registry.authorities import Authority
from registry.preconditions import check_preconditions
from web.cli.context import acting, actor, installation
from web.cli.output import as_json, print_json, print_table, say


@click.group("authority")
def authority() -> None:
    """发证机关 · issuing authorities and their preconditions."""


@authority.command("list")
@as_json
def list_authorities(json_output: bool) -> None:
    """All authorities with the four preconditions of issuing."""
    with installation() as runtime, runtime.reading() as uow:
        found = book.authorities(uow.connection)
    checks = [(a, book.preconditions(a)) for a in found]
    if json_output:
        print_json([{**asdict(a), "preconditions": {p.key: p.ok for p in ps}} for a, ps in checks])
        return
    rows = [(a.code, a.name, a.number_prefix, " ".join(f"{'✓' if p.ok else '✗'}{p.key}" for p in ps)) for a, ps in checks]
    print_table("发证机关 · authorities", ["统一社会信用代码", "名称", "编号前缀", "前提条件"], rows)


def facts(command: Any) -> Any:
    """The options that say what is to be known of an authority."""
    options = [
        click.option("--parent", help="credit code of the authority above it"),
        click.option("--prefix", "number_prefix", help="number prefix such as 蒙AA"),
        click.option("--seal-name", help="the name of its e-seal"),
        click.option(
            "--accept-seal-name", "accepted_seal_names", multiple=True, help="another seal name that counts as its own; give all of them"
        ),
        click.option("--account/--no-account", "has_account", default=None, help="has an account on the government service network"),
        click.option("--seal/--no-seal", "has_seal", default=None),
        click.option("--catalogue/--no-catalogue", "catalogue_claimed", default=None, help="has claimed the certificate catalogue"),
        click.option("--automatic/--by-hand", "automatic_aggregation", default=None, help="归集 without the button"),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None and value != ()}


@authority.command("add")
@click.argument("code")
@click.argument("name")
@click.argument("region")
@click.option("--department", "departments", multiple=True, help="a department that lanes may name; repeat for each")
@facts
@acting
def add_authority(code: str, name: str, region: str, login: str | None, **options: Any) -> None:
    """Add the authority with credit code CODE, called NAME, of the REGION with this 6-digit code."""
    with installation() as runtime:
        who, new = actor(runtime, login), Authority(code, name, region, **_given(options))
        with runtime.transaction() as uow:
            enter(uow, who, book.add_authority(uow.connection, new))
    say(f"已登记 · added {name}")


def _departments(present: tuple[str, ...], added: tuple[str, ...], removed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys((*present, *added)) if name not in removed)


@authority.command("set")
@click.argument("code")
@click.option("--add-department", "added", multiple=True, help="a department that lanes may name; the others stay")
@click.option("--remove-department", "removed", multiple=True, help="a department that is gone; the others stay")
@facts
@acting
def set_authority(code: str, added: tuple[str, ...], removed: tuple[str, ...], login: str | None, **options: Any) -> None:
    """Change what is known of an authority; what is not named stays as it is."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            present = book.authority_to_change(uow.connection, code)
            new = replace(present, **_given(options), departments=_departments(present.departments, added, removed))
            changed = enter(uow, who, book.update_authority(uow.connection, new))
    say("已更新 · changed" if changed else "没有变化 · nothing changed")


@authority.command("check")
@click.argument("code")
@acting
@as_json
def check(code: str, login: str | None, json_output: bool) -> None:
    """Ask the government service network whether an authority can issue, and bring the books up to date."""
    with installation() as runtime:
        found = check_preconditions(runtime, actor(runtime, login), code)
    if json_output:
        print_json({"known": found.known, "changed": found.change is not None, "checks": found.checks})
        return
    rows = [("✓" if c.ok else "✗", c.message["zh"], c.message["en"], "" if c.ok else c.remedy["zh"]) for c in found.checks]
    print_table(f"前提条件 · preconditions {code}", ["", "条件", "", "处理办法"], rows)
    if not found.known:
        say("政务服务网没有登记该机关 · the network does not know this authority", "yellow")
    say("登记信息已更新 · the books were brought up to date" if found.change else "登记信息无变化 · the books agree")


COMMANDS = (authority,)
