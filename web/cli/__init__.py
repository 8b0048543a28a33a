"""The `crane` command."""

from web.cli.command_line import CommandLine

COMMANDS = {
    "run": ("run",),
    "database": ("db",),
    "deploying": ("deploy",),
    "linting": ("lint",),
    "comparing": ("diff",),
    "importing": ("import",),
    "migrating": ("migrate",),
    "lanes": ("lane",),
    "working": ("worker", "serve"),
    "sandbox": ("sandbox",),
    "cases": ("cases", "case", "start", "withdraw"),
    "tasks": ("tasks", "complete"),
    "incidents": ("incidents", "retry", "resolve"),
    "push_log": ("push-log",),
    "users": ("user",),
    "tokens": ("token",),
    "authorities": ("authority",),
    "legacy": ("legacy",),
    "auditing": ("audit",),
    "reconciling": ("reconcile",),
    "verifying": ("verify",),
    "demo": ("demo",),
    "handlers": ("handlers",),
    "new_handler": ("new-handler",),
    "new_business": ("new-business",),
    "trying": ("try",),
    "covering": ("coverage",),
    "deciding": ("decide",),
}
"""The commands of each module of this package, in the order of its own COMMANDS."""

main = CommandLine(
    "crane",
    help="建筑起重机械备案 电子证照 · filing of construction cranes and issuing of their e-certificates",
    modules={command: f"web.cli.{module}" for module, commands in COMMANDS.items() for command in commands},
)
