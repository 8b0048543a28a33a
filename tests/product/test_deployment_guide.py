"""docs/deploy.md: the commands, options, settings and metrics that it names are there, and its units are such as systemd takes."""

import re
import shutil
import subprocess
from datetime import timedelta

import click
import pytest
import yaml
from desk import ROOT
from office import Office, furnished
from workbench import MONDAY

from web.app import create_app
from web.cli import main
from workflow_runtime.clock import ManualClock

TEXT = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def test_its_commands_and_options_exist():
    for line in re.findall(r"\bcrane ((?:[a-z-]+ ?)+)((?:--[a-z-]+[^`\n]*)?)", TEXT):
        words, options = line[0].split(), re.findall(r"--[a-z-]+", line[1])
        command, context = main.get_command(click.Context(main), words[0]), click.Context(main)
        assert command is not None, words
        if isinstance(command, click.Group):
            command = command.get_command(context, words[1])
            assert command is not None, words
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(options) <= known, (words, options)


def test_its_settings_are_in_the_table_of_the_readme():
    told = set(re.findall(r"\bCRANE_[A-Z_]*[A-Z]\b", TEXT))
    assert told <= set(re.findall(r"`(CRANE_[A-Z_]+)`", (ROOT / "README.md").read_text(encoding="utf-8")))


def test_its_metrics_are_told(addresses, tmp_path):
    """Those of what was done come with the first job."""
    with Office(addresses.sqlite(furnished), tmp_path, ManualClock(MONDAY)) as office:
        app = create_app(office.runtime, metrics_token="token")
        number = office.file()
        office.until(lambda: office.waiting(number) == ["review"])
        office.clock.advance(timedelta(hours=1))
        told = app.test_client().get("/metrics", headers={"Authorization": "Bearer token"}).get_data(as_text=True)
    names = set(re.findall(r"`(crane_[a-z_]+)`", TEXT))
    assert len(names) >= 6
    assert {name for name in names if f"\n# TYPE {name.removesuffix('_total')}" not in f"\n{told}"} == set()


@pytest.mark.parametrize("unit", re.findall(r"```ini\n(.*?)```", TEXT, re.DOTALL), ids=["crane", "worker"])
def test_its_units_are_readable(unit, tmp_path):
    """Every line is a section or a setting; where systemd is installed, it has nothing against the settings."""
    lines = [line for line in unit.splitlines() if line]
    assert all(re.fullmatch(r"\[(Unit|Service|Install)\]|[A-Z][A-Za-z]+=\S.*", line) for line in lines)
    if shutil.which("systemd-analyze"):
        (tmp_path / "crane.service").write_text(unit)
        said = subprocess.run(["systemd-analyze", "verify", tmp_path / "crane.service"], capture_output=True, text=True, check=False).stderr
        assert "Unknown" not in said


def test_its_compose_file_starts_what_there_is():
    """It can be read, each command of ours with its options is there, and what a service waits for is a service with that condition."""
    [told] = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    services = yaml.safe_load(told)["services"]
    assert {"web", "worker", "upgrade", "database", "broker"} == set(services)
    for service in services.values():
        for name, how in service.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in services[name]
        if service["image"] == "crane":
            program, *words = service["command"]
            given = [word for word in words if word.startswith("--")]
            command = main.get_command(click.Context(main), words[0])
            command = command.get_command(click.Context(main), words[1]) if isinstance(command, click.Group) else command
            assert program == "crane"
            assert set(given) <= {option for parameter in command.params for option in parameter.opts}
