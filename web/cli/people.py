"""`crane user`, `crane authority`: who works here, and for whom."""

from dataclasses import asdict, replace
from typing import Any

import click

from registry import authorities as book_of_authorities
from registry import users as book_of_users
from registry.administration import enter
from registry.authorities import Authority
from web.cli.context import acting, actor, installation
from web.cli.output import as_json, console, print_json, print_table, tells_failures

account = click.argument("account", metavar="LOGIN")


@click.group("user")
def user() -> None:
    """用户 · users and what they may do."""


@user.command("list")
@as_json
@tells_failures
def list_users(json_output: bool) -> None:
    """All users with their grants."""
    with installation() as runtime, runtime.reading() as uow:
        found = book_of_users.users(uow.connection)
    if json_output:
        print_json([asdict(u) for u in found])
        return
    rows = [
        (u.login, u.display_name, u.unit, "停用" if u.disabled else "", "\n".join(sorted(f"{r} @ {p}" for r, p in u.grants))) for u in found
    ]
    print_table("用户 · users", ["登录名", "姓名", "单位", "", "角色"], rows)


@user.command("add")
@account
@click.argument("name")
@click.argument("unit")
@acting
@tells_failures
def add_user(account: str, name: str, unit: str, login: str | None) -> None:
    """Add a user LOGIN called NAME of a UNIT: owner:<credit code>, authority:<credit code> or system."""
    with installation() as runtime, runtime.transaction() as uow:
        enter(uow, actor(runtime, login), book_of_users.add_user(uow.connection, account, name, unit, uow.now))
    console.print(f"已添加 · added {account}")


@user.command("grant")
@account
@click.argument("role")
@click.argument("party")
@acting
@tells_failures
def grant(account: str, role: str, party: str, login: str | None) -> None:
    """Let a user act in a ROLE for a PARTY."""
    with installation() as runtime, runtime.transaction() as uow:
        changed = enter(uow, actor(runtime, login), book_of_users.grant(uow.connection, account, role, party, uow.now))
    console.print("已授予 · granted" if changed else "已有该角色 · had it already")


@user.command("revoke")
@account
@click.argument("role")
@click.argument("party")
@acting
@tells_failures
def revoke(account: str, role: str, party: str, login: str | None) -> None:
    """Take a ROLE for a PARTY back from a user."""
    with installation() as runtime, runtime.transaction() as uow:
        changed = enter(uow, actor(runtime, login), book_of_users.revoke(uow.connection, account, role, party))
    console.print("已收回 · revoked" if changed else "没有该角色 · did not have it")


@user.command("disable")
@account
@click.option("--enable", is_flag=True, help="let the user in again")
@acting
@tells_failures
def disable(account: str, enable: bool, login: str | None) -> None:
    """Lock a user out, or let him in again."""
    with installation() as runtime, runtime.transaction() as uow:
        enter(uow, actor(runtime, login), book_of_users.disable(uow.connection, account, not enable))
    console.print("已启用 · enabled" if enable else "已停用 · disabled")


@click.group("authority")
def authority() -> None:
    """发证机关 · issuing authorities and their preconditions."""


@authority.command("list")
@as_json
@tells_failures
def list_authorities(json_output: bool) -> None:
    """All authorities with the four preconditions of issuing."""
    with installation() as runtime, runtime.reading() as uow:
        found = book_of_authorities.authorities(uow.connection)
    checks = [(a, book_of_authorities.preconditions(a)) for a in found]
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
        click.option("--accept-seal-name", "accepted_seal_names", multiple=True, help="another seal name that counts as its own"),
        click.option("--department", "departments", multiple=True),
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
@facts
@acting
@tells_failures
def add_authority(code: str, name: str, region: str, login: str | None, **options: Any) -> None:
    """Add the authority with credit code CODE, called NAME, of the REGION with this 6-digit code."""
    with installation() as runtime, runtime.transaction() as uow:
        new = Authority(code, name, region, **_given(options))
        enter(uow, actor(runtime, login), book_of_authorities.add_authority(uow.connection, new))
    console.print(f"已登记 · added {name}")


@authority.command("set")
@click.argument("code")
@facts
@acting
@tells_failures
def set_authority(code: str, login: str | None, **options: Any) -> None:
    """Change what is known of an authority."""
    with installation() as runtime, runtime.transaction() as uow:
        present = book_of_authorities.authority(uow.connection, code)
        changed = enter(
            uow, actor(runtime, login), book_of_authorities.update_authority(uow.connection, replace(present, **_given(options)))
        )
    console.print("已更新 · changed" if changed else "没有变化 · nothing changed")


COMMANDS = (user, authority)
