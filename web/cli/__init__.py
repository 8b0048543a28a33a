"""The `crane` command."""

from web.cli import (
    auditing,
    authorities,
    cases,
    database,
    demo,
    deploying,
    incidents,
    lanes,
    new_handler,
    push_log,
    run,
    sandbox,
    tasks,
    tokens,
    users,
    working,
)
from web.cli.command_line import CommandLine

main = CommandLine("crane", help="建筑起重机械备案 电子证照 · filing of construction cranes and issuing of their e-certificates")

for module in (
    run,
    database,
    deploying,
    lanes,
    working,
    sandbox,
    cases,
    tasks,
    incidents,
    push_log,
    users,
    tokens,
    authorities,
    auditing,
    demo,
    new_handler,
):
    for command in module.COMMANDS:
        main.add_command(command)
