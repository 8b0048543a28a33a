"""`crane demo`: two new filings and a reissue through the real parts, headless, with every step printed."""

import os
import shutil
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
import orjson
from sqlalchemy import URL

from web.cli.context import actor
from web.cli.output import say
from web.cli.paths import read_paths
from web.cli.sandbox import platform_settings
from web.composition import Settings, actor_named, open_runtime, prepare_database
from web.demonstration.filing import Move, run_filing
from web.demonstration.old_register import import_old_register
from web.demonstration.people import enter_people
from web.demonstration.processes import READY, alone, sandboxes, stop_like_interrupt, worker
from web.demonstration.results import DemonstrationFailed, check_platforms, leave_file
from web.demonstration.watch import Watch
from workflow_runtime.contents import File
from workflow_runtime.deployment import deploy
from workflow_runtime.errors import Text
from workflow_runtime.runtime import Runtime

ROOT = Path(__file__).parents[2]


@click.command("demo")
@click.option("--state", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True)
def demo(state: Path) -> None:
    """演示 · run two new filings and a reissue from the owner's answers and files to 已归集; leaves the certificate files under --state."""
    begun = time.monotonic()
    with alone(state.resolve()):
        stop_like_interrupt()
        diagrams = read_paths((ROOT / "bpmn", ROOT / "forms"))
        _make_room(state)
        _play(state, diagrams)
    say(
        f"\n✓ 两件新申请、一件换发均已归集，用时 {time.monotonic() - begun:.1f} 秒 · two new filings and a reissue aggregated", "bold green"
    )


def _play(state: Path, diagrams: list[File]) -> None:
    # The pages take long to import: the other commands must not wait for them.
    from web.app import create_app
    from web.server import serving

    with sandboxes(state.resolve()) as addresses:
        environment = _environment(state.resolve(), addresses)
        runtime = open_runtime(Settings.read(environment))
        try:
            _prepare(runtime, diagrams)
            watch = Watch()
            with serving(create_app(runtime)) as address, worker({**environment, "CRANE_PUBLIC_URL": address}):
                numbers = [_tower_crane(runtime, watch), _hoist(runtime, watch), _reissue(runtime, watch)]
            say("")
            certificates = [leave_file(runtime, number, state / "certificates") for number in numbers]
        finally:
            runtime.database.close()
        check_platforms(addresses, certificates)


def _make_room(state: Path) -> None:
    """An empty folder, after clearing what an earlier demonstration left. Raises DemonstrationFailed for anything else that is in the way."""
    marker = state / READY
    try:
        if state.is_dir() and any(state.iterdir()):
            if not marker.exists():
                raise DemonstrationFailed(
                    Text(f"文件夹 {state} 中已有其他文件，未作改动。", f"The folder {state} holds other files; nothing was changed."),
                    Text("请用 --state 指定一个新的文件夹。", "Name a new folder with --state."),
                )
            shutil.rmtree(state)
        state.mkdir(parents=True, exist_ok=True)
        marker.touch()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DemonstrationFailed(
            Text(f"无法使用文件夹 {state}（{reason}）。", f"The folder {state} cannot be used ({reason})."),
            Text("请用 --state 指定一个可写的文件夹。", "Name a folder that can be written with --state."),
        ) from error


def _environment(state: Path, addresses: dict[str, str]) -> dict[str, str]:
    """Settings of the demonstration alone: what the environment says of the real installation is left out."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CRANE_")},
        "CRANE_DATABASE_URL": URL.create("sqlite", database=str(state / "crane.db")).render_as_string(),
        **platform_settings(addresses, state / "sandbox"),
    }


def _prepare(runtime: Runtime, diagrams: list[tuple[str, bytes]]) -> None:
    prepare_database(runtime)
    console_actor = actor(runtime, None)
    with runtime.transaction() as uow:
        enter_people(uow, console_actor)
    with runtime.transaction() as uow:
        done = deploy(uow, console_actor, diagrams)
    say("部署业务 · deployed: " + "、".join(f"{b.title}（{b.bundle_id[:8]}）" for b in done.businesses))
    with runtime.transaction() as uow:
        plan = import_old_register(uow, console_actor)
    say(f"导入原备案登记簿 · old register imported: {plan.counts['new']} 条新增 new, {plan.counts['duplicates']} 条重复 duplicate")


def _answers(name: str) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(files("web.demonstration").joinpath(f"{name}.json").read_bytes())
    return value


def _tower_crane(runtime: Runtime, watch: Watch) -> str:
    say("\n一、塔式起重机 · a tower crane", "bold")
    owner, reviewer = actor_named(runtime, "zhang"), actor_named(runtime, "li.150100")
    moves = {
        "review": [Move(reviewer, "approve", "材料齐全，符合规定，同意备案。")],
        "aggregate_button": [Move(reviewer, "push")],
    }
    return run_filing(runtime, "new_filing", owner, _answers("tower_crane"), moves, watch)


def _hoist(runtime: Runtime, watch: Watch) -> str:
    say("\n二、施工升降机（先退回补正）· a hoist, first rejected", "bold")
    owner, reviewer = actor_named(runtime, "wang"), actor_named(runtime, "li.150200")
    moves = {
        "review": [
            Move(reviewer, "reject", "出厂编号与产品合格证不一致，请核对后重新提交。"),
            Move(reviewer, "approve", "已补正，同意备案。"),
        ],
        "correct": [Move(owner, "resubmit", corrected={"serial_no": "JL-23-0971"})],
        "aggregate_button": [Move(reviewer, "push")],
    }
    return run_filing(runtime, "new_filing", owner, _answers("hoist"), moves, watch)


def _reissue(runtime: Runtime, watch: Watch) -> str:
    say("\n三、换发（原备案编号先填错）· a reissue; the reviewer first types another machine's number", "bold")
    owner, reviewer = actor_named(runtime, "zhang"), actor_named(runtime, "li.150100")
    right = {"has_paper_certificate": "yes", "old_number": "蒙A-2016-0088"}
    moves = {
        "review": [
            Move(reviewer, "approve", "材料齐全，同意换发。", answers={**right, "old_number": "蒙A-2016-0089"}),
            Move(reviewer, "approve", "已更正原备案编号，同意换发。", answers=right),
        ],
        "aggregate_button": [Move(reviewer, "push")],
    }
    return run_filing(runtime, "reissue", owner, _answers("reissue"), moves, watch, watcher=reviewer)


COMMANDS = (demo,)
