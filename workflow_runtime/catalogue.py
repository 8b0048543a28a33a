"""The catalogue of what developers wrote: the marked functions of every module of a package, found by being there."""

import importlib
import pkgutil
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from workflow_runtime.errors import Failure, Text
from workflow_runtime.handlers import Handler, Provider, Receiver

ENTRY_POINTS = "crane.tasks"


class HandlersInvalid(Failure):
    """A module of handlers cannot be used; names its file, the line (0 = not known) and the reason."""

    code = "HANDLERS_INVALID"

    def __init__(self, file: str, line: int, reason: Text) -> None:
        where = f"{file}:{line}" if line else file
        super().__init__(
            Text(f"处理程序模块有误：{where}：{reason.zh}", f"A module of handlers is faulty: {where}: {reason.en}"),
            Text("请开发人员改正该文件后重新运行。", "Have a developer mend this file and run again."),
        )


@dataclass
class Catalogue:
    """Everything that was discovered: handlers and receivers by name, operations by name, functions for the end of a case."""

    provide: Provider
    handlers: dict[str, Handler] = field(default_factory=dict)
    receivers: dict[str, Receiver] = field(default_factory=dict)
    operations: dict[str, Callable[..., Any]] = field(default_factory=dict)
    case_ends: list[Callable[[Any], None]] = field(default_factory=list)

    def collect(self, module: ModuleType) -> None:
        """Take in every marked function that this module defines.

        Raises HandlersInvalid for a name taken twice and for `replay="inquire"` without an inquiry.
        """
        for value in list(vars(module).values()):
            if getattr(value, "__module__", None) == module.__name__:
                self._take(module, value)

    def _take(self, module: ModuleType, value: Any) -> None:
        if (handler := getattr(value, "__handler__", None)) is not None:
            if handler.replay == "inquire" and handler.inquiry is None:
                raise _wrong(module, value, _without_inquiry(handler.name))
            _add(self.handlers, handler.name, handler, module, value)
        if (receiver := getattr(value, "__receiver__", None)) is not None:
            _add(self.receivers, receiver.name, receiver, module, value)
        if (name := getattr(value, "__operation__", None)) is not None:
            _add(self.operations, name, value, module, value)
        if getattr(value, "__case_end__", False):
            self.case_ends.append(value)


def _add(table: dict[str, Any], name: str, entry: Any, module: ModuleType, value: Any) -> None:
    if name in table:
        raise _wrong(module, value, Text(f"名称 {name} 重复定义", f"the name {name} is defined twice"))
    table[name] = entry


def _without_inquiry(name: str) -> Text:
    return Text(
        f"处理程序 {name} 声明 replay='inquire'，却没有查询函数（@….inquire）",
        f"handler {name} says replay='inquire' but has no inquiry (@….inquire)",
    )


def _wrong(module: ModuleType, value: Any, reason: Text) -> HandlersInvalid:
    code = getattr(value, "__code__", None)
    return HandlersInvalid(getattr(module, "__file__", None) or module.__name__, code.co_firstlineno if code else 0, reason)


def discover(package: str, provide: Provider) -> Catalogue:
    """Import every module of `package` and of the packages of entry-point group `crane.tasks`, and collect what they mark.

    Raises HandlersInvalid for a module that cannot be imported or breaks the rules of `collect`.
    """
    catalogue = Catalogue(provide)
    names = [package, *sorted({e.value for e in entry_points(group=ENTRY_POINTS)} - {package})]
    for name in names:
        root = _imported(name)
        catalogue.collect(root)
        for info in pkgutil.walk_packages(getattr(root, "__path__", []), f"{name}."):
            catalogue.collect(_imported(info.name))
    return catalogue


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:  # a module may raise anything while it is imported
        file, line = _place(name, error)
        reason = f"{type(error).__name__}: {error}"
        raise HandlersInvalid(
            file, line, Text(f"模块 {name} 无法导入（{reason}）", f"module {name} cannot be imported ({reason})")
        ) from error


def _place(name: str, error: Exception) -> tuple[str, int]:
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0
    # the first frame that is not of the import itself is the faulty module's own line; deeper ones are what it called
    ours = ("<frozen", importlib.__file__ or "", __file__)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(ours)]
    return (frames[0].filename, frames[0].lineno or 0) if frames else (name, 0)
