"""What developers write: service-task handlers, receivers, and what happens when a case ends.

A handler is one decorated function. It is found by being there: `workflow_runtime.catalogue` collects what carries a mark of this module.
"""

import inspect
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, Literal, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

from workflow_runtime.clock import Clock
from workflow_runtime.errors import BusinessError, Text

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Replay = Literal["key", "inquire", "manual"]
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class CaseFacts:
    """What every handler may know of the case it works for (the variables `case.*` of a diagram)."""

    number: str
    business: str
    opened: datetime
    parties: Mapping[str, str]
    status: str


@dataclass(frozen=True)
class Call:
    """One call of a handler.

    `key` is the same for every attempt of one task instance (case + token), never the attempt: send it to the other side as the
    idempotency key. `attempt` counts from 1. `transaction()` yields a database connection: for a local handler the one of the
    running step (it commits with the step), otherwise one of its own that commits when the block ends well. For a local handler `name` is
    what the diagram calls the element, and the clock stands at the step's instant.
    """

    key: str
    case: CaseFacts
    element: str
    attempt: int
    clock: Clock
    transaction: Callable[[], AbstractContextManager[Any]]
    name: str = ""


class Provider(Protocol):
    """Makes the context that handlers get as their first argument; the package of handlers supplies it as `provide`."""

    def __call__(self, call: Call) -> Any:
        """The context for this call."""
        ...


@dataclass(frozen=True)
class Backoff:
    """How often and when a transient failure is tried again.

    `first` and `cap` are seconds; the n-th pause is first × factor^(n-1), at most cap, with ±20 % jitter; after `attempts` tries the
    job becomes an incident. By default that is after two days: an outage over night is none.
    """

    first: float = 5.0
    factor: float = 2.0
    cap: float = 3600.0
    attempts: int = 60

    def pause(self, attempt: int, *, retry_after: float | None = None, jitter: Callable[[], float] = random.random) -> float | None:
        """Seconds to wait after the failed attempt number `attempt` (from 1); None when it was the last one.

        The other side's `Retry-After` is obeyed when it is longer than ours.
        """
        if attempt >= self.attempts:
            return None
        base = min(self.cap, self.first * self.factor ** min(attempt - 1, 64))
        return max(base * (0.8 + 0.4 * jitter()), retry_after or 0.0)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a handler: its name, its type, whether a diagram must give it."""

    name: str
    type: Any
    required: bool


@dataclass(frozen=True)
class Handler:
    """A service task's handler with everything the runtime and the deploy check need to know of it.

    `errors` are the codes of the business errors that it may raise (checked against error boundary events). `replay` says how a second
    attempt is safe: the other side deduplicates by `key`, it can be asked (`inquire`), or neither (`manual`: a person decides).
    """

    name: str
    function: Callable[..., Any]
    local: bool
    timeout: float
    retry: Backoff
    replay: Replay
    errors: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    results: tuple[str, ...] | None
    inquiry: Callable[..., Any] | None = None

    @property
    def lease(self) -> float:
        """Seconds that a worker owns a job of this handler: more than three times its time-out."""
        return 3 * self.timeout + 5

    def arguments(self, values: Mapping[str, Json]) -> dict[str, Any]:
        """The diagram's parameter values, checked and converted to the handler's types.

        Raises BusinessError PARAMETER_INVALID for a missing, unknown or wrongly typed one.
        """
        known = {p.name: p for p in self.parameters}
        for name in values:
            if name not in known:
                raise _bad_parameter(self.name, name, "没有这个参数", "there is no such parameter")
        result = {}
        for parameter in self.parameters:
            value = values.get(parameter.name)
            if value is None and not parameter.required:
                continue
            result[parameter.name] = _converted(self.name, parameter, value)
        return result


def _bad_parameter(handler: str, name: str, zh: str, en: str) -> BusinessError:
    return BusinessError(
        "PARAMETER_INVALID",
        Text(f"服务任务 {handler} 的参数 {name}：{zh}", f"Parameter {name} of service task {handler}: {en}"),
        Text("请检查流程图中该服务任务的参数表达式。", "Check the parameter's expression in the diagram."),
    )


def _accepted(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _converted(handler: str, parameter: Parameter, value: Json) -> Any:
    for wanted in _accepted(parameter.type):
        origin = get_origin(wanted) or wanted
        if origin is Any:
            return value
        if value is None and wanted is NoneType:
            return None
        if origin is date and isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                continue
        if origin is Mapping:
            origin = dict
        if origin is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if isinstance(origin, type) and isinstance(value, origin) and (origin is bool or not isinstance(value, bool)):
            return value
    raise _bad_parameter(handler, parameter.name, f"值 {value!r} 的类型不对", f"the value {value!r} has the wrong type")


def as_json(value: Any) -> Json:
    """A handler's result as JSON types: dataclasses become objects, dates ISO 8601 text, tuples lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return as_json(asdict(value))
    if isinstance(value, Mapping):
        return {str(k): as_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(v) for v in value]
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} cannot be kept in a case variable")


def service_task(
    name: str,
    *,
    replay: Replay | None = None,
    local: bool = False,
    timeout: float = 30.0,
    retry: Backoff | None = None,
    errors: tuple[str, ...] = (),
) -> Callable[[Function], Function]:
    """Mark a function as the handler of a service task.

    Its first parameter is the context, the others are the diagram's parameters (JSON types, `date`, or their unions with None).
    `local=True`: touches only our database and runs inside the step's transaction. All others become jobs and must say how a second
    attempt is safe (`replay`, no default). `replay="inquire"` needs an inquiry: decorate it with `@<handler>.inquire`; it gets the same
    arguments and returns the result if the first attempt arrived, else None.
    """
    if not local and replay is None:
        raise TypeError(f"handler {name}: say how a second attempt is safe (replay=)")

    def mark(function: Function) -> Function:
        hints = get_type_hints(function)
        parameters = tuple(
            Parameter(p.name, hints.get(p.name, Any), p.default is inspect.Parameter.empty)
            for p in list(inspect.signature(function).parameters.values())[1:]
        )
        handler = Handler(
            name=name,
            function=function,
            local=local,
            timeout=timeout,
            retry=retry or Backoff(),
            replay=replay or "key",
            errors=errors,
            parameters=parameters,
            results=_result_names(hints.get("return")),
        )
        marked: Any = function
        marked.__handler__ = handler

        def inquire(inquiry: Function) -> Function:
            marked.__handler__ = Handler(**{**marked.__handler__.__dict__, "inquiry": inquiry})
            return inquiry

        marked.inquire = inquire
        return function

    return mark


def _result_names(annotation: Any) -> tuple[str, ...] | None:
    if is_dataclass(annotation):
        return tuple(annotation.__dataclass_fields__)
    return None


@dataclass(frozen=True)
class IncomingRequest:
    """A raw request from another system: the signature is checked over exactly these bytes. Header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class IncomingMessage:
    """What a receiver makes of a request: which case, which BPMN message, its payload, and a key that is the same for repetitions."""

    case: str
    message: str
    payload: dict[str, Json]
    key: str


@dataclass(frozen=True)
class Receiver:
    """The mirror image of a handler: turns a request that comes in into a message about a case."""

    name: str
    function: Callable[[Any, IncomingRequest], IncomingMessage]


def receives(name: str) -> Callable[[Function], Function]:
    """Mark a function `(context, IncomingRequest) -> IncomingMessage` as the receiver for requests of this name.

    It must check the request's signature and raise NotAllowed when it is wrong.
    """

    def mark(function: Function) -> Function:
        marked: Any = function
        marked.__receiver__ = Receiver(name, function)
        return function

    return mark


def when_case_ends(function: Function) -> Function:
    """Mark a function `(context) -> None` that runs in the transaction in which a case ends, however it ends."""
    marked: Any = function
    marked.__case_end__ = True
    return function


def operation(name: str) -> Callable[[Function], Function]:
    """Mark a function `(context, **arguments) -> result` as a registered operation: a probe or a reconciliation, called by name."""

    def mark(function: Function) -> Function:
        marked: Any = function
        marked.__operation__ = name
        return function

    return mark
