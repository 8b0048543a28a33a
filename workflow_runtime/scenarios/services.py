"""The service tasks of a scenario's case: their handlers answer as usual, or as a step says."""

from collections.abc import Callable

from workflow_runtime.diagram.model import Node
from workflow_runtime.engine.surroundings import Refused
from workflow_runtime.engine.tokens import Waiting
from workflow_runtime.errors import Text
from workflow_runtime.handlers import Handler, Json
from workflow_runtime.scenarios.case import PlayedCase
from workflow_runtime.scenarios.model import Refusal
from workflow_runtime.scenarios.pretended import ensure_error, ensure_result
from workflow_runtime.scenarios.problems import StepImpossible, sentences, unknown
from workflow_runtime.scenarios.stage import Stage


def ensure_service(stage: Stage, element: str, value: Json = None) -> None:
    """The element is a service task, and `value` a result that its handler may give. Raises StepImpossible."""
    services = [node for node in stage.nodes if node.operator is not None]
    node = next((n for n in stage.named(element) if n.operator is not None), None)
    if node is None:
        raise unknown(Text("服务任务", "service task"), element, {n.id for n in services})
    handler = _handler(stage, node)
    if handler is not None:
        ensure_result(handler, value)


def _handler(stage: Stage, node: Node) -> Handler | None:
    return stage.parts.handlers.get(node.operator.handler) if node.operator is not None else None


class Services:
    """The handlers of one case, as the scenario pretends them."""

    def __init__(self, case: PlayedCase) -> None:
        self.case, self.stage, self.scenario = case, case.stage, case.scenario

    def answer(self, task: Waiting, value: Json) -> None:
        """The handler of this task has done its work."""
        case, node = self.case, task.node
        case.trace.do(f"{node.name or node.id}：完成", f"{node.id}: done")
        if node.writes:
            case.variables[node.writes] = value
        case.move(lambda tokens: tokens.finish(task.token))

    def refuse(self, task: Waiting, step: Refusal) -> None:
        """The handler of this task refuses. Raises StepImpossible for an error that it never raises, or that is taken otherwise than said."""
        node, case = task.node, self.case
        handler = _handler(self.stage, node)
        if handler is not None:
            ensure_error(handler, step.code)
        said = step.message or step.code
        details: dict[str, Json] = {
            "code": step.code,
            "remote_code": "",
            "message": {"zh": said, "en": said},
            "remedy": {"zh": "", "en": ""},
            "element": node.id,
            "step": node.name,
            "at": case.now.isoformat(),
            "attempts": 1,
        }
        case.trace.do(f"{node.name or node.id}：错误 {step.code}", f"{node.id}: error {step.code}")
        caught: list[object] = []
        case.move(lambda tokens: caught.append(tokens.fail(task.token, Refused(step.code, details))))
        if (caught[0] is None) != step.incident:
            raise _caught_otherwise(step)

    def settle(self, wanted: Callable[[Node], bool] | None = None) -> None:
        """Give the usual answers until nobody needs one, or until a token stands where the step wants it."""
        case = self.case
        while True:
            services = case.places("service")
            if wanted is not None and any(wanted(waiting.node) for waiting in case.waiting):
                return
            task = next((waiting for waiting in services if self._usual(waiting.node) is not None), None)
            if task is None:
                return
            self.answer(task, self._usual(task.node))

    def _usual(self, node: Node) -> Json:
        """What the handler answers when no step speaks of it; None: nothing. A task that keeps no result needs no answer to be told."""
        names = (node.id, f"{node.process}/{node.id}")
        if self.scenario.held.intersection(names):
            return None
        value = next((self.scenario.results[name] for name in names if name in self.scenario.results), None)
        return {} if value is None and not node.writes else value

    def place(self, element: str, kind: str) -> Waiting:
        """Where a token waits at this element. Raises StepImpossible, telling where the tokens are instead."""
        nodes = self.stage.named(element)
        if not nodes:
            raise unknown(Text("元素", "element"), element, {node.id for node in self.stage.nodes})
        self.settle(lambda node: node in nodes)
        found = next((w for w in self.case.places(kind) if w.node in nodes), None)
        if found is None:
            name = nodes[0].name or element
            raise StepImpossible(Text(f"“{name}”（{element}）处没有待办。", f"No token waits at {element}."), standing(self.case))
        return found


def standing(case: PlayedCase) -> Text:
    """Where the tokens of a case are, and what would move a service task on."""
    if case.ended:
        return Text("案件已经办结。", "The case has ended.")
    told = [w.node for w in case.waiting if w.node.type != "boundaryEvent"]
    places = Text("、".join(f"{n.name or n.id}（{n.id}）" for n in told), ", ".join(n.id for n in told))
    where = Text(f"案件停在：{places.zh}。", f"The case waits at {places.en}.")
    service = next((node.id for node in told if node.operator is not None), None)
    if service is None:
        return where
    hint = f"{service} = {{ … }}"
    return sentences(
        [where, Text(f"在 [results] 中写 {hint}，给出服务任务的结果。", f"Say {hint} under [results] to answer the service task.")]
    )


def _caught_otherwise(step: Refusal) -> StepImpossible:
    if step.incident:
        return StepImpossible(
            Text(
                f"错误 {step.code} 由边界事件接住，不会成为异常。",
                f"A boundary event takes {step.code}: it does not become an incident.",
            ),
            Text("去掉 incident = true。", "Leave incident = true out."),
        )
    return StepImpossible(
        Text(
            f"没有人接住 {step.element} 的错误 {step.code}，案件会停在异常中。",
            f"Nobody catches {step.code} of {step.element}: an incident.",
        ),
        Text(
            "在流程图中加错误边界事件；如果本意如此，写 incident = true。",
            "Add an error boundary event, or say incident = true if it is meant.",
        ),
    )
