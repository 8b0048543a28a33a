"""What is expected held against what is there."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from workflow_runtime.errors import Text
from workflow_runtime.expressions import ExpressionError, compile_expression
from workflow_runtime.handlers import Json
from workflow_runtime.scenarios.case import PlayedCase
from workflow_runtime.scenarios.model import ANY, Expected
from workflow_runtime.scenarios.problems import Difference


def differences(case: PlayedCase, expected: Expected) -> list[Difference]:
    """Everything that is otherwise than expected."""
    return [*_standing(case, expected), *_values(case, expected)]


def _standing(case: PlayedCase, expected: Expected) -> Iterator[Difference]:
    statuses = case.trace.statuses
    path = [node.id for node in case.trace.nodes]
    if expected.status is not None and expected.status != (statuses or [""])[-1]:
        yield Difference(Text("状态", "status"), expected.status, (statuses or [""])[-1])
    if expected.statuses is not None and list(expected.statuses) != statuses:
        yield Difference(Text("状态的先后", "statuses"), list(expected.statuses), list(statuses))
    if expected.path is not None and not follows(path, expected.path):
        yield Difference(Text("经过的元素", "path"), list(expected.path), list(path))
    if expected.ends is not None and expected.ends != _end(case, expected.ends):
        yield Difference(Text("结束于", "ends"), expected.ends, _end(case, expected.ends))
    if expected.waits is not None and sorted(expected.waits) != case.standing():
        yield Difference(Text("停在", "waits"), [*sorted(expected.waits)], [*case.standing()])
    if expected.accepts is not None and sorted(expected.accepts) != case.accepted():
        yield Difference(Text("等待的消息", "accepts"), [*sorted(expected.accepts)], [*case.accepted()])


def _values(case: PlayedCase, expected: Expected) -> Iterator[Difference]:
    for name, value in _flat(expected.variables):
        got = _value(case, name)
        if got != value:
            yield Difference(Text(f"变量 {name}", f"variable {name}"), value, got)
    for element, parameters in expected.calls.items():
        if element not in case.calls:
            yield Difference(Text(f"服务 {element} 的参数", f"parameters of {element}"), dict(parameters), None)
            continue
        for name, value in parameters.items():
            got = case.calls[element].get(name)
            if got != value:
                yield Difference(Text(f"服务 {element} 的参数 {name}", f"parameter {name} of {element}"), value, got)


def _flat(variables: object, before: str = "") -> Iterator[tuple[str, Json]]:
    """`review.outcome = "x"` may be written as a dotted name or as nested tables: both speak of the leaf alone."""
    if isinstance(variables, dict) and (variables or not before):
        for name, value in variables.items():
            yield from _flat(value, f"{before}.{name}" if before else name)
    else:
        yield before, variables  # type: ignore[misc]


def _value(case: PlayedCase, name: str) -> Json:
    try:
        return compile_expression(name).evaluate(case.variables)
    except ExpressionError:
        return None


def _end(case: PlayedCase, asked: str | bool) -> str | bool:
    if isinstance(asked, bool) or not case.ended:
        return case.ended
    ends = [node.id for node in case.trace.nodes if node.type == "endEvent" and node.process == case.stage.key]
    return ends[-1] if ends else True


def follows(path: Sequence[str], expected: Sequence[str]) -> bool:
    """Whether a path is the expected one; `…` stands for any number of elements."""
    blocks = [list(group) for skip, group in groupby(expected, key=lambda word: word == ANY) if not skip]
    open_start, open_end = expected[:1] == (ANY,) or expected[:1] == [ANY], tuple(expected[-1:]) == (ANY,)
    at = 0
    for number, block in enumerate(blocks):
        last = number == len(blocks) - 1
        if last and not open_end:
            place = len(path) - len(block)
            places = [place] if place >= at else []
        else:
            places = list(range(at, len(path) - len(block) + 1))
        if number == 0 and not open_start:
            places = [place for place in places if place == 0]
        found = next((place for place in places if list(path[place : place + len(block)]) == block), None)
        if found is None:
            return False
        at = found + len(block)
    return bool(blocks) or open_start or not path
