"""`crane demo`: two new filings through the real parts, headless, with every step printed."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
import orjson
import requests
from rich.text import Text as Line

from registry.certificate_files import file_of
from registry.certificates import Certificate, by_case
from registry.certificates import certificate as certificate_numbered
from web.app import create_app
from web.cli.context import actor
from web.cli.deploying import read_paths
from web.cli.output import console
from web.composition import Settings, actor_named, open_runtime, prepare_database
from web.demonstration.filing import Move, run_filing
from web.demonstration.people import enter_people
from web.server import serving
from workflow_runtime.deployment import deploy
from workflow_runtime.errors import Failure, Text
from workflow_runtime.queries import TimelineEntry
from workflow_runtime.runtime import Runtime

ROOT = Path(__file__).parents[2]
START_SECONDS = 30.0

ACTIONS = {
    "case.started": "提交申请",
    "task.completed": "办理",
    "job.done": "完成",
    "job.refused": "对方拒绝",
    "message.received": "收到消息",
    "timer.fired": "定时",
    "incident.raised": "异常",
}


class DemonstrationFailed(Failure):
    """The platforms do not hold what they should."""

    code = "DEMONSTRATION_FAILED"


class Watch:
    """Prints each step as it happens: elapsed seconds, who, what, the case's status from then on."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __call__(self, entry: TimelineEntry) -> None:
        """Print one step."""
        what = " ".join(filter(None, (ACTIONS.get(entry.action, entry.action), entry.name, entry.label)))
        line = Line(f"{time.monotonic() - self._begun:7.2f}s  ", style="dim")
        line.append(f"{entry.who:<10}", style="cyan").append(what, style="")
        if entry.opinion:
            line.append(f"（{entry.opinion}）", style="italic")
        if entry.status:
            line.append(f"  → {entry.status}", style="bold green")
        console.print(line, soft_wrap=True)


@contextmanager
def sandboxes(folder: Path) -> Iterator[dict[str, str]]:
    """Both stand-ins in a process of their own; gives their addresses."""
    ready = folder / "sandbox.json"
    command = [sys.executable, "-m", "sandbox", "--state", str(folder / "sandbox"), "--seal-delay", "0.5", "--ready", str(ready)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 our own module
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists() or not ready.read_bytes().strip():
            if process.poll() is not None or time.monotonic() > deadline:
                raise DemonstrationFailed(
                    Text("模拟平台未能启动。", "The sandboxes did not start."),
                    Text("请运行 crane sandbox 查看原因。", "Run `crane sandbox` to see why."),
                )
            time.sleep(0.02)
        yield orjson.loads(ready.read_bytes())
    finally:
        process.terminate()
        process.wait()


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[None]:
    """A worker in a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", "web", "worker"], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@click.command("demo")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), default=Path("var/demo"), show_default=True)
def demo(state: Path) -> None:
    """演示 · run two new filings from the owner's answers and files to 已归集; leaves the certificate files under --state."""
    begun = time.monotonic()
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    with sandboxes(state.resolve()) as addresses:
        environment = _environment(state.resolve(), addresses)
        runtime = open_runtime(Settings.read(environment))
        _prepare(runtime)
        with serving(create_app(runtime)) as address, worker({**environment, "CRANE_PUBLIC_URL": address}):
            numbers = [_tower_crane(runtime), _hoist(runtime)]
        certificates = [_leave_file(runtime, number, state / "certificates") for number in numbers]
        runtime.database.close()
        _check_platforms(addresses, certificates)
    console.print(f"\n[bold green]✓[/] 两件新申请均已归集，用时 {time.monotonic() - begun:.1f} 秒 · both filings aggregated")


def _environment(state: Path, addresses: dict[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        "CRANE_DATABASE_URL": f"sqlite:///{state / 'crane.db'}",
        "CRANE_NATIONAL_URL": addresses["national"],
        "CRANE_NATIONAL_CLIENT_ID": "crane-demo",
        "CRANE_NATIONAL_CLIENT_SECRET": "crane-demo-secret",
        "CRANE_NATIONAL_KEY_FILE": str(state / "sandbox" / "national-client-key.pem"),
        "CRANE_PROVINCIAL_URL": addresses["provincial"],
        "CRANE_PROVINCIAL_APP_KEY": "crane-demo",
        "CRANE_PROVINCIAL_APP_SECRET": "crane-demo-seal-secret",
    }


def _prepare(runtime: Runtime) -> None:
    prepare_database(runtime)
    console_actor = actor(runtime, None)
    with runtime.transaction() as uow:
        enter_people(uow, console_actor)
    with runtime.transaction() as uow:
        done = deploy(uow, console_actor, read_paths((ROOT / "bpmn", ROOT / "forms")))
    console.print("部署业务 · deployed: " + "、".join(f"{b.title}（{b.bundle_id[:8]}）" for b in done.businesses), highlight=False)


def _answers(name: str) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(files("web.demonstration").joinpath(f"{name}.json").read_bytes())
    return value


def _tower_crane(runtime: Runtime) -> str:
    console.print("\n[bold]一、塔式起重机 · a tower crane[/]")
    owner, reviewer = actor_named(runtime, "zhang"), actor_named(runtime, "li.150100")
    moves = {
        "review": [Move(reviewer, "approve", "材料齐全，符合规定，同意备案。")],
        "aggregate_button": [Move(reviewer, "push")],
    }
    return run_filing(runtime, "new_filing", owner, _answers("tower_crane"), moves, Watch())


def _hoist(runtime: Runtime) -> str:
    console.print("\n[bold]二、施工升降机（先退回补正）· a hoist, first rejected[/]")
    owner, reviewer = actor_named(runtime, "wang"), actor_named(runtime, "li.150200")
    moves = {
        "review": [
            Move(reviewer, "reject", "出厂编号与产品合格证不一致，请核对后重新提交。"),
            Move(reviewer, "approve", "已补正，同意备案。"),
        ],
        "correct": [Move(owner, "resubmit", corrected={"serial_no": "JL-23-0971"})],
        "aggregate_button": [Move(reviewer, "push")],
    }
    return run_filing(runtime, "new_filing", owner, _answers("hoist"), moves, Watch())


def _leave_file(runtime: Runtime, number: str, folder: Path) -> Certificate:
    with runtime.reading() as uow:
        drafted = by_case(uow.connection, number)
        if drafted is None:
            raise DemonstrationFailed(Text(f"案件 {number} 没有证照。", f"Case {number} has no certificate."))
        found = certificate_numbered(uow.connection, drafted.number)
        content = file_of(uow.connection, found.identifier).content
    folder.mkdir(exist_ok=True)
    path = folder / f"{found.number}.ofd"
    path.write_bytes(content)
    console.print(f"\n{found.number}  {found.identifier}\n  → {path}（{len(content)} bytes）", highlight=False)
    return found


def _check_platforms(addresses: dict[str, str], certificates: list[Certificate]) -> None:
    """Each platform holds exactly one effect for each certificate: one 赋码, one 归集, one seal request. Raises DemonstrationFailed."""
    national = requests.get(f"{addresses['national']}/effects", timeout=10).json()
    seals = requests.get(f"{addresses['provincial']}/effects", timeout=10).json()["seal"]
    for each in certificates:
        counts = {
            "赋码": sum(row["certNum"] == each.number for row in national["fm"]),
            "归集": sum(row["zzeCertID"] == each.identifier for row in national["gj"]),
            "签章申请": sum(row["certificateNo"] == each.number for row in seals),
        }
        console.print(f"{each.number}  " + "  ".join(f"{name} {count} 次" for name, count in counts.items()), highlight=False)
        if set(counts.values()) != {1}:
            raise DemonstrationFailed(
                Text(f"{each.number} 在平台上的记录不是各一次：{counts}", f"{each.number} is not held exactly once: {counts}"),
                Text("请查看推送日志。", "See the push log."),
            )


COMMANDS = (demo,)
