"""The demonstration's installation in a folder of its own: a database and the stand-ins' books, made once and kept between starts.

It is made beside its place and moved there when it is whole: a first start that was interrupted leaves nothing that a second one would take for
finished.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from registry.authorities import authorities
from registry.parties import authority_party, owner_party
from registry.users import User, users
from web.app import create_app
from web.cli.context import actor
from web.cli.sandbox import platform_settings
from web.composition import DatabaseNotReady, Settings, ensure_current, open_runtime, prepare_database
from web.demonstration.history import History, Tell, first_instant
from web.demonstration.old_register import import_old_register
from web.demonstration.people import OWNERS, enter_people
from web.server import serving
from workflow_runtime.clock import ManualClock
from workflow_runtime.contents import File
from workflow_runtime.deployment import deploy
from workflow_runtime.errors import Failure, Text
from workflow_runtime.runtime import Runtime
from workflow_runtime.working_days import WorkingDays

DATABASE = "crane.db"
BOOKS = "sandbox"

QUICKLY = {"CRANE_NATIONAL_PAUSE": "0", "CRANE_PROVINCIAL_PAUSE": "0", "CRANE_BREAKER_FAILURES": "1000000"}
"""While time is held, nobody waits for a platform's sake."""


class FolderInTheWay(Failure):
    """The demonstration's folder cannot be used, or holds other files."""

    code = "FOLDER_IN_THE_WAY"


def settings(state: Path, addresses: Mapping[str, str], public: str) -> dict[str, str]:
    """The environment of the demonstration alone: what the process's own says of a real installation is left out."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CRANE_")},
        "CRANE_DATABASE_URL": URL.create("sqlite", database=str(state / DATABASE)).render_as_string(),
        "CRANE_PUBLIC_URL": public,
        **platform_settings(addresses, state / BOOKS),
    }


def is_made(state: Path) -> bool:
    """Whether an earlier start has made everything."""
    return (state / DATABASE).exists()


def make(state: Path, address: tuple[str, int], diagrams: list[File], tell: Tell, now: datetime | None = None) -> None:
    """Make database, people and past in a folder that must not hold anything yet; the pages will be at `address`, the past ends `now`.

    Raises FolderInTheWay, DiagramRefused, Stuck.
    """
    making = state.with_name(state.name + ".making")
    _on_disk(state, lambda: _make_room(state, making))
    _fill(making, address, diagrams, tell, now or datetime.now(UTC))
    _on_disk(state, lambda: making.replace(state))


def _make_room(state: Path, making: Path) -> None:
    if state.exists() and any(state.iterdir()):
        raise FolderInTheWay(
            Text(f"文件夹 {state} 中已有其他文件，未作改动。", f"The folder {state} holds other files; nothing was changed."),
            Text("请用 --state 指定一个新的文件夹。", "Name a new folder with --state."),
        )
    if making.exists():
        shutil.rmtree(making)
    making.mkdir(parents=True)


def _on_disk(state: Path, act: Callable[[], Any]) -> None:
    try:
        act()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FolderInTheWay(
            Text(f"无法使用文件夹 {state}（{reason}）。", f"The folder {state} cannot be used ({reason})."),
            Text("请用 --state 指定一个可写的文件夹。", "Name a folder that can be written with --state."),
        ) from error


def _fill(folder: Path, address: tuple[str, int], diagrams: list[File], tell: Tell, now: datetime) -> None:
    clock = ManualClock(first_instant(WorkingDays(), now))
    # In this process, because their clock has to be held too; afterwards they get a process of their own.
    platforms = import_module("sandbox").start(folder / BOOKS, now=clock.now)
    try:
        _live(folder, address, diagrams, (clock, now), platforms, tell)
    finally:
        platforms.stop()


def _live(
    folder: Path,
    address: tuple[str, int],
    diagrams: list[File],
    time: tuple[ManualClock, datetime],
    platforms: Any,
    tell: Tell,
) -> None:
    clock, now = time
    addresses = {"national": platforms.national, "provincial": platforms.provincial}
    host, port = address
    environment = {**settings(folder, addresses, f"http://{host}:{port}"), **QUICKLY}
    runtime = open_runtime(Settings.read(environment), clock=clock)
    try:
        prepare_database(runtime)
        who = actor(runtime, None)
        with runtime.transaction() as uow:
            enter_people(uow, who)
        with runtime.transaction() as uow:
            deploy(uow, who, diagrams)
        with runtime.transaction() as uow:
            import_old_register(uow, who)
        with serving(create_app(runtime), host, port):
            History(runtime, clock, addresses).play(now, tell)
    finally:
        runtime.database.close()


def bring_up_to_date(given: Settings, diagrams: list[File]) -> None:
    """An installation that an earlier version made gets this one's tables and diagrams; nothing happens where nothing has changed.

    Raises DatabaseNotReady's kin (an unreadable or newer database), DiagramRefused.
    """
    runtime = open_runtime(given)
    try:
        try:
            ensure_current(runtime)
        except DatabaseNotReady:
            prepare_database(runtime)
        with runtime.reading() as uow:
            kept = dict(uow.library.files().values())
        if any(kept.get(name) != content for name, content in diagrams):
            who = actor(runtime, None)
            with runtime.transaction() as uow:
                deploy(uow, who, diagrams)
    finally:
        runtime.database.close()


def accounts(runtime: Runtime) -> list[tuple[str, str, str, str]]:
    """Everybody who can sign in: login, roles, name, unit."""
    with runtime.reading() as uow:
        units = {authority_party(body.code): body.name for body in authorities(uow.connection)}
        units |= {owner_party(code): company for _, _, code, company in OWNERS}
        return [(u.login, _roles(u), u.display_name, _unit(units, u.unit)) for u in users(uow.connection) if not u.disabled]


def _roles(person: User) -> str:
    return "、".join(sorted({role for role, _ in person.grants}))


def _unit(units: Mapping[str, str], party: str) -> str:
    body, _, department = party.partition("/")
    return units.get(body, "") + department
