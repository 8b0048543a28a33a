"""The read model of a form: what a template, the schemas and the search index need to know of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, NamedTuple

from workflow_runtime.attachments import AttachmentFacts
from workflow_runtime.errors import Text
from workflow_runtime.expressions import Expression
from workflow_runtime.handlers import Json

NO_WORDS = Text("", "")

Kind = Literal["text", "textarea", "number", "date", "select", "radio", "checkbox", "checklist", "file"]


class Option(NamedTuple):
    """One choice: the value that is stored, its Chinese and its English label (empty: the Chinese one serves)."""

    value: str
    label: str
    en: str = ""

    @property
    def text(self) -> Text:
        """The label in both languages."""
        return Text(self.label, self.en or self.label)


def no_attachment(_: str) -> AttachmentFacts | None:
    """Knows no file: the default of a context for forms without file fields."""
    return None


@dataclass(frozen=True)
class FormContext:
    """What the rules of a form may look at while answers are loaded.

    `connection` is the open transaction, `now` the injected time (aware), `actor_party` the party for which the person acts. `variables`
    are those of the case; of them, conditions read `outcome` and `opinion` only. `attachment` gives the stored facts of a file that this
    person may attach to this case, or None.
    """

    connection: Any
    now: datetime
    actor_party: str | None = None
    variables: Mapping[str, Json] = field(default_factory=dict)
    attachment: Callable[[str], AttachmentFacts | None] = no_attachment


Validator = Callable[[FormContext, Json], Text | None]
"""A named rule for one value: what is wrong with it, or None."""

OptionSource = Callable[[FormContext], Sequence[Option]]
"""A named source of choices."""


@dataclass(frozen=True)
class FormRules:
    """The rule book: the validators and option sources that a form may name."""

    validators: Mapping[str, Validator] = field(default_factory=dict)
    options: Mapping[str, OptionSource] = field(default_factory=dict)


@dataclass(frozen=True)
class Field:
    """One question.

    `name` is the dotted path of its answer, `key` the last part of it. `description` stands under the label, `hint` is an example of a right
    answer. Lengths are characters, `max_size` is bytes, `decimals` the
    digits after the decimal point (None: any). `hidden_if`: the question is hidden when one of these holds. `columns` (2–16, None:
    automatic) and `row` place it in the sixteen-column grid of the editor. A `readonly` question is shown, its answer never taken from anybody; prefilled, it says what the case knows.
    `prefill` gives the answer with which a task shows the question at first, from the case's variables.
    """

    name: str
    kind: Kind
    label: Text
    description: Text = NO_WORDS
    hint: Text = NO_WORDS
    required: bool = False
    readonly: bool = False
    default: Json = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str = ""
    format: str = ""
    minimum: float | None = None
    maximum: float | None = None
    decimals: int | None = None
    unit: Text = NO_WORDS
    options: tuple[Option, ...] = ()
    option_source: str = ""
    validator: str = ""
    accept: tuple[str, ...] = ()
    max_files: int = 1
    max_size: int | None = None
    searchable: bool = False
    hidden_if: tuple[Expression, ...] = ()
    row: str = ""
    columns: int | None = None
    prefill: Expression | None = None

    @property
    def key(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    @cached_property
    def path(self) -> tuple[str, ...]:
        """The parts of the name: where the answer stands in the nested answers."""
        return tuple(self.name.split("."))


@dataclass(frozen=True)
class TextBlock:
    """Words between the questions, in the editor's Markdown."""

    text: Text
    hidden_if: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Group:
    """Questions that belong together under one heading; `hidden_if` is already in the `hidden_if` of everything inside."""

    label: Text
    blocks: "tuple[Block, ...]"
    hidden_if: tuple[Expression, ...] = ()


Block = Field | TextBlock | Group


def fields_of(blocks: Sequence[Block]) -> tuple[Field, ...]:
    """Every question of these blocks, in reading order, groups opened."""
    found: list[Field] = []
    for block in blocks:
        if isinstance(block, Group):
            found.extend(fields_of(block.blocks))
        elif isinstance(block, Field):
            found.append(block)
    return tuple(found)
