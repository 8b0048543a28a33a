"""What is told when a scenario cannot be read, cannot be played on, or ends otherwise than expected."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from workflow_runtime.errors import NO_REMEDY, Failure, Text
from workflow_runtime.handlers import Json

MOST_LISTED = 12


class ScenarioInvalid(Failure):
    """A scenario file says something that no scenario can say."""

    code = "SCENARIO_INVALID"


class StepImpossible(Failure):
    """A step that cannot happen where the case stands."""

    code = "STEP_IMPOSSIBLE"


class ScenarioRunaway(Failure):
    """A case that goes on moving by itself."""

    code = "SCENARIO_RUNAWAY"


@dataclass(frozen=True)
class Difference:
    """What was expected and what has come, of one thing: `what` names it."""

    what: Text
    expected: Json
    got: Json


def nearest(name: str, known: Collection[str]) -> Text:
    """A cure for an unknown name: the nearest known one, else all of them (the first twelve)."""
    if close := get_close_matches(name[:200], list(known), n=1, cutoff=0.5):
        return Text(f"是不是 {close[0]}？", f"Did you mean {close[0]}?")
    if not known:
        return NO_REMEDY
    listed = ", ".join(sorted(known)[:MOST_LISTED])
    return Text(f"已有：{listed}。", f"Known are: {listed}.")


def unknown(what: Text, name: str, known: Collection[str]) -> StepImpossible:
    """The name of something that is not there."""
    return StepImpossible(Text(f"没有{what.zh} {name}。", f"There is no {what.en} {name}."), nearest(name, known))


def sentences(texts: Sequence[Text]) -> Text:
    """Several sentences as one."""
    return Text("".join(t.zh for t in texts), " ".join(t.en for t in texts if t.en))
