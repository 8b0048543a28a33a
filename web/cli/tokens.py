"""`crane token`: bearer tokens with which programs act for a user."""

import click

from registry import tokens as book
from registry.administration import enter
from web.cli.context import acting, actor, installation
from web.cli.output import as_json, errors, local, print_json, print_table, say

MOST = 2**63 - 1


@click.group("token")
def token() -> None:
    """令牌 · tokens of programs that use the API."""


@token.command("issue")
@click.argument("account", metavar="LOGIN")
@click.argument("label")
@click.option("--days", type=click.IntRange(1, book.LONGEST_DAYS), default=90, show_default=True, help="how long it is good")
@acting
def issue(account: str, label: str, days: int, login: str | None) -> None:
    """Print a new token with which the program LABEL acts for the user LOGIN. It is shown this once."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            made, change = book.issue_token(uow.connection, account, label, uow.now, days)
            enter(uow, who, change)
    click.echo(made)
    say("令牌只显示这一次，请妥善保存 · shown this once, keep it safe", "dim", to=errors)


@token.command("list")
@click.argument("account", metavar="[LOGIN]", required=False)
@as_json
def list_tokens(account: str | None, json_output: bool) -> None:
    """All tokens, or those of a user; not the tokens themselves."""
    with installation() as runtime, runtime.reading() as uow:
        found, now = book.tokens(uow.connection, account), uow.now
    if json_output:
        print_json(found)
        return
    rows = [
        (
            t.id,
            t.login,
            t.label,
            local(t.issued_at),
            local(t.expires_at),
            "已吊销" if t.revoked_at else "已过期" if t.expires_at <= now else "",
        )
        for t in found
    ]
    print_table("令牌 · tokens", ["编号", "登录名", "用途", "签发", "到期", ""], rows)


@token.command("revoke")
@click.argument("number", type=click.IntRange(1, MOST))
@acting
def revoke(number: int, login: str | None) -> None:
    """End the token of this NUMBER."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            changed = enter(uow, who, book.revoke_token(uow.connection, number, uow.now))
    say("已吊销 · revoked" if changed else "此前已吊销 · was revoked already")


COMMANDS = (token,)
