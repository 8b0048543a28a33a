"""`crane sandbox`: the stand-ins for the platforms, and the settings with which they are reached."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from web.cli.output import say

CREDENTIALS = {
    "client_id": "crane-demo",
    "client_secret": "crane-demo-secret",
    "app_key": "crane-demo",
    "app_secret": "crane-demo-seal-secret",
}
"""By option, what the stand-ins accept when nothing else is said."""

PORT = click.IntRange(0, 65535)
SECONDS = click.FloatRange(0, 1e9, max_open=True)


def platform_settings(addresses: Mapping[str, str], state: Path, credentials: Mapping[str, str] = CREDENTIALS) -> dict[str, str]:
    """The settings (environment variables) that reach stand-ins at these addresses with their books in `state`."""
    return {
        "CRANE_NATIONAL_URL": addresses["national"],
        "CRANE_NATIONAL_CLIENT_ID": credentials["client_id"],
        "CRANE_NATIONAL_CLIENT_SECRET": credentials["client_secret"],
        "CRANE_NATIONAL_KEY_FILE": str(state.resolve() / "national-client-key.pem"),
        "CRANE_TRUST": str(state.resolve() / "pki" / "trust"),
        "CRANE_PROVINCIAL_URL": addresses["provincial"],
        "CRANE_PROVINCIAL_APP_KEY": credentials["app_key"],
        "CRANE_PROVINCIAL_APP_SECRET": credentials["app_secret"],
    }


def _seal_delay(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    if value in (None, "manual"):
        return value
    return str(SECONDS(value, option, context))


@click.group("sandbox", invoke_without_command=True)
@click.option(
    "--state", type=click.Path(file_okay=False, path_type=Path), default=Path("var/sandbox"), show_default=True, help="their books"
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--national-port", type=PORT, default=0, show_default=True, help="0 = a free one")
@click.option("--provincial-port", type=PORT, default=0, show_default=True, help="0 = a free one")
@click.option("--seal-delay", metavar="SECONDS|manual", callback=_seal_delay, help="how long a seal takes; manual: until it is told")
@click.option("--rate", type=click.IntRange(1), help="national calls a second, then 429")
@click.option("--token-seconds", type=int, help="how long a national token lives")
@click.option("--client-id", default=CREDENTIALS["client_id"], show_default=True, help="accepted by the national one")
@click.option("--client-secret", default=CREDENTIALS["client_secret"], show_default=True)
@click.option("--app-key", default=CREDENTIALS["app_key"], show_default=True, help="accepted by the provincial one")
@click.option("--app-secret", default=CREDENTIALS["app_secret"], show_default=True)
@click.option("--ready", type=click.Path(dir_okay=False, path_type=Path), help="a file that gets the addresses when ready")
@click.pass_context
def sandbox(context: click.Context, /, state: Path, **options: Any) -> None:
    """模拟平台 · run the stand-ins for the national and the provincial platform, as a process of its own.

    Prints their addresses as one line of JSON, then the settings with which they are reached, ready to paste.
    """
    context.obj = state
    if context.invoked_subcommand is not None:
        return
    given = [f"--{name.replace('_', '-')}={value}" for name, value in options.items() if value is not None]
    command = [sys.executable, "-m", "sandbox", f"--state={state}", *given]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 our own module
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.terminate())
    told = process.stdout.readline() if process.stdout else b""
    if told:
        click.echo(told, nl=False)
        for name, value in platform_settings(orjson.loads(told), state, options).items():
            say(f"export {name}={shlex.quote(value)}")
        sys.stdout.flush()
    sys.exit(process.wait())


@sandbox.command("pki")
@click.pass_obj
def pki(state: Path) -> None:
    """测试用签章证书 · make new certificates for the stand-in's seals, and print the directory for CRANE_TRUST. They are for tests alone.

    Stop the stand-ins before. What was sealed before stays as it is, and is trusted by the old directory only, which is kept beside the
    new one under the name `pki-until-TIME`.
    """
    done = subprocess.run([sys.executable, "-m", "sandbox", f"--state={state}", "--fresh-pki"], check=False)  # noqa: S603 our own module
    sys.exit(done.returncode)


COMMANDS = (sandbox,)
