"""What a person is told when something cannot be done.

Every failure has a stable code (for programs and for support), a plain sentence and a remedy, in Chinese and English.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Text(NamedTuple):
    """One sentence in the two languages of the product."""

    zh: str
    en: str


NO_REMEDY = Text("", "")


class Failure(Exception):
    """Base of everything that is told to a person.

    `code` is stable and upper case; `message` says what happened; `remedy` says what to do about it. `reason` is what a library said, for
    the log and the operator's terminal alone: it may name hosts and users.
    """

    code = "FAILURE"
    reason = ""

    def __init__(self, message: Text, remedy: Text = NO_REMEDY, *, code: str | None = None) -> None:
        super().__init__(f"{message.zh} / {message.en}")
        self.message = message
        self.remedy = remedy
        if code is not None:
            self.code = code


class NotFound(Failure):
    """The thing asked for does not exist, or the actor may not know that it does."""

    code = "NOT_FOUND"


class NotAllowed(Failure):
    """The actor lacks the role or belongs to another party."""

    code = "NOT_ALLOWED"


class Conflict(Failure):
    """Somebody else was faster: `who` (display name) did it at `when`."""

    code = "CONFLICT"

    def __init__(self, message: Text, remedy: Text, *, who: str | None, when: datetime | None) -> None:
        super().__init__(message, remedy)
        self.who = who
        self.when = when


@dataclass(frozen=True)
class FieldError:
    """One wrong answer: the field's key (dotted inside groups), its label, and what is wrong."""

    field: str
    label: str
    message: Text


class Invalid(Failure):
    """The answers break the form's rules; `fields` holds every error at once (一次性告知)."""

    code = "INVALID"

    def __init__(self, fields: Sequence[FieldError]) -> None:
        count = len(fields)
        names_zh = "；".join(f"{f.label}：{f.message.zh}" for f in fields)
        names_en = "; ".join(f"{f.label}: {f.message.en}" for f in fields)
        super().__init__(
            Text(f"有 {count} 处填写有误：{names_zh}", f"{count} field(s) are wrong: {names_en}"),
            Text("请按提示逐项更正后重新提交，已填写的内容不会丢失。", "Correct the fields named and submit again; nothing typed is lost."),
        )
        self.fields = tuple(fields)


class WrongState(Failure):
    """The case, task or job is not in a state in which this can be done."""

    code = "WRONG_STATE"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a deployed file.

    `file`, `element` (id, may be empty) and `line` (1-based, 0 = whole file) say where; `message` says why; `cure` says what to do.
    `severity` is "error" (refused) or "warning" (deployed, but worth a look).
    """

    code: str
    file: str
    element: str
    line: int
    message: Text
    cure: Text
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity} {self.code} [{self.element}] {self.message.zh} / {self.message.en} → {self.cure.zh} / {self.cure.en}"


class DiagramRefused(Failure):
    """The files break the diagram contract; `findings` names every place with its reason and cure."""

    code = "DIAGRAM_REFUSED"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        listing = "\n".join(str(f) for f in self.findings)
        super().__init__(
            Text(
                f"流程图未部署，共 {len(self.findings)} 个问题：\n{listing}",
                f"The diagram was not deployed, {len(self.findings)} finding(s):\n{listing}",
            ),
            Text(
                "按每条提示修改后重新部署；此前部署的版本继续运行。",
                "Mend each finding and deploy again; what was deployed before goes on.",
            ),
        )


class BusinessError(Failure):
    """A handler's business refusal: caught by the error boundary event with this code, else an incident."""

    def __init__(self, code: str, message: Text, remedy: Text = NO_REMEDY) -> None:
        super().__init__(message, remedy, code=code)


class RemoteRefused(BusinessError):
    """The other system received the request, understood it and said no. A second try without a change is useless.

    `remote_code` is the other system's own code.
    """

    def __init__(self, code: str, message: Text, remedy: Text = NO_REMEDY, *, remote_code: str = "") -> None:
        super().__init__(code, message, remedy)
        self.remote_code = remote_code


class RemoteTransient(Failure):
    """The request certainly had no effect (refused connection, 429, 503 before work …): try again later.

    `retry_after` is the other side's wish in seconds, if it named one.
    """

    code = "REMOTE_TRANSIENT"

    def __init__(self, message: Text, remedy: Text = NO_REMEDY, *, retry_after: float | None = None) -> None:
        super().__init__(message, remedy)
        self.retry_after = retry_after


class RemoteUnknown(Failure):
    """The request may or may not have had its effect (time-out after sending, cut answer, nonsense answer): inquire first."""

    code = "REMOTE_UNKNOWN"
