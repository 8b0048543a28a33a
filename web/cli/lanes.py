"""`crane lane`: who works in the lanes of the diagrams."""

import click

from registry.administration import enter
from registry.lanes import lanes, set_lane
from registry.parties import Lane
from web.cli.context import acting, actor, installation
from web.cli.output import as_json, print_json, print_table, say


@click.group("lane")
def lane() -> None:
    """泳道 · which role of which party works in a lane."""


@lane.command("list")
@as_json
def list_lanes(json_output: bool) -> None:
    """The role table."""
    with installation() as runtime, runtime.reading() as uow:
        found = lanes(uow.connection)
    if json_output:
        print_json(found)
    else:
        print_table("泳道 · lanes", ["泳道", "角色", "参与方"], [(each.name, each.role, each.party) for each in found])


@lane.command("set")
@click.argument("name", metavar="LANE")
@click.argument("role")
@click.argument("party")
@acting
def set_role(name: str, role: str, party: str, login: str | None) -> None:
    """Let a ROLE of a PARTY work in a LANE: owner, authority, authority.parent or authority/<department>."""
    with installation() as runtime:
        who = actor(runtime, login)
        with runtime.transaction() as uow:
            changed = enter(uow, who, set_lane(uow.connection, Lane(name, role, party)))
    say("已登记 · set" if changed else "没有变化 · nothing changed")


COMMANDS = (lane,)
