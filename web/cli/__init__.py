"""The `crane` command."""

import click

from web.cli import auditing, casework, database, demo, deploying, people, working

main = click.Group("crane", help="建筑起重机械备案 电子证照 · filing of construction cranes and issuing of their e-certificates")

for module in (database, deploying, working, casework, people, auditing, demo):
    for command in module.COMMANDS:
        main.add_command(command)
