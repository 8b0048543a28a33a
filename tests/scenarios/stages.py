"""Diagrams of a folder as stages for scenarios, without a database."""

from functools import cache
from pathlib import Path

from web.cli.workspace import read_around, stage_of
from web.composition import Settings, shipped
from workflow_runtime.working_days import WorkingDays

ROOT = Path(__file__).parent.parent.parent
SHIPPED = ROOT / "bpmn"


@cache
def product():
    return shipped(Settings.read({}))


@cache
def contents_around(file):
    return read_around(file, product()[2])


@cache
def stage(file, process):
    """The process of this diagram, or of this folder of diagrams, with what lies around it."""
    return stage_of(process, contents_around(file), product()[1], product()[0], WorkingDays())


def problems(played):
    """Everything that went otherwise, as text: what a failing test shows."""
    return [str(played.failure)] * (played.failure is not None) + [f"{d.what.en}: {d.expected!r} != {d.got!r}" for d in played.differences]
