"""`crane user`: who works here, and for whom."""

import secrets
import sys

import click

from registry import users as book
from registry.administration import enter
from registry.sign_ins import give_password
from web.cli.context import acting, actor, installation
from web.cli.output import as_json, errors, print_json, print_table, say
from web.demonstration.people import enter_people

account = click.argument("account", metavar="LOGIN")


@click.group("user")
def user() -> None:
    """用户 · users and what they may do."""


@user.command("list")
@as_json
def list_users(json_output: bool) -> None:
    """All users with their grants."""
    with installation() as runtime, runtime.reading() as uow:
        found = book.users(uow.connection)
    if json_output:
        print_json([{**vars(u), "grants": [{"role": r, "party": p} for r, p in sorted(u.grants)]} for u in found])
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
def add_user(account: str, name: str, unit: str, login: str | None) -> None:
    """Add a user LOGIN called NAME of a UNIT: owner:<credit code>, authority:<credit code> or system."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            enter(uow, who, book.add_user(uow.connection, account, name, unit, uow.now))
    say(f"已添加 · added {account}")


@user.command("grant")
@account
@click.argument("role")
@click.argument("party")
@acting
def grant(account: str, role: str, party: str, login: str | None) -> None:
    """Let a user act in a ROLE for a PARTY."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            changed = enter(uow, who, book.grant(uow.connection, account, role, party, uow.now))
    say("已授予 · granted" if changed else "已有该角色 · had it already")


@user.command("revoke")
@account
@click.argument("role")
@click.argument("party")
@acting
def revoke(account: str, role: str, party: str, login: str | None) -> None:
    """Take a ROLE for a PARTY back from a user."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            changed = enter(uow, who, book.revoke(uow.connection, account, role, party))
    say("已收回 · revoked" if changed else "没有该角色 · did not have it")


@user.command("disable")
@account
@click.option("--enable", is_flag=True, help="let the user in again")
@acting
def disable(account: str, enable: bool, login: str | None) -> None:
    """Lock a user out, or let him in again."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            changed = enter(uow, who, book.disable(uow.connection, account, not enable))
    done = "已启用 · enabled" if enable else "已停用 · disabled"
    say(done if changed else "没有变化 · nothing changed")


@user.command("password")
@account
@click.option("--generate", is_flag=True, help="make one up and print it, once")
@click.option("--stdin", "from_input", is_flag=True, help="read it from standard input, for scripts")
@acting
def password(account: str, generate: bool, from_input: bool, login: str | None) -> None:
    """Give a user a password, which he has to change when he signs in; it is asked for."""
    if generate and from_input:
        raise click.UsageError("--generate, --stdin: 二者只能选一 · choose one")
    with installation() as runtime:
        who = actor(runtime, login)
        given = secrets.token_urlsafe(12) if generate else _read_password(from_input)
        give_password(runtime, who, account, given)
    if generate:
        click.echo(given)
    say(f"已设置密码，首次登录须修改 · password set, to be changed at the first sign-in: {account}", to=errors if generate else None)


def _read_password(from_input: bool) -> str:
    if from_input:
        try:
            return sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            raise click.UsageError("标准输入不是 UTF-8 文本 · standard input is not UTF-8 text") from None
    asked: str = click.prompt("密码 · password", hide_input=True, confirmation_prompt="再次输入 · again")
    return asked


@user.command("demonstration")
@acting
def demonstration(login: str | None) -> None:
    """Enter the authorities and people of the demonstration, to try things out; harmless when repeated."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            enter_people(uow, who)
    say("演示用户已登记 · demonstration users entered")


COMMANDS = (user,)
