"""A form as a page shows it: with answers, choices, errors, and what is hidden under these answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from markupsafe import Markup

from web.html_forms.conditions import Conditions
from web.html_forms.markdown import markdown
from web.html_forms.posted import REMOVE, is_file_id, reference_of
from web.words import text_of
from workflow_runtime.actors import Actor
from workflow_runtime.diagram.model import Outcome
from workflow_runtime.errors import FieldError, Text
from workflow_runtime.forms import Block, Field, Form, FormContext, Group, Option, TextBlock, shown
from workflow_runtime.forms.model import fields_of
from workflow_runtime.forms.nested import value_at
from workflow_runtime.handlers import Json
from workflow_runtime.runtime import UnitOfWork

COLUMNS = 16
"""Of the editor's grid."""


@dataclass(frozen=True)
class Wrong:
    """An error as the page's summary tells it: the element to go to (empty: none), what it is called, what is wrong."""

    anchor: str
    label: Text
    message: Text


@dataclass(frozen=True, eq=False)
class FormOnPage:
    """What the templates of `forms/` work with. `answers` may be anything that was typed; `given` are outcome and opinion."""

    form: Form
    answers: Mapping[str, Any]
    prefix: str = "answers"
    options: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    errors: Sequence[FieldError] = ()
    given: Mapping[str, Json] = field(default_factory=dict)
    outcomes: Sequence[Outcome] = ()

    def name(self, question: Field) -> str:
        """The name under which the answer is posted."""
        return f"{self.prefix}.{question.name}"

    def remove_name(self, question: Field) -> str:
        """The name under which ids of files to be removed are posted."""
        return REMOVE + self.name(question)

    def id(self, question: Field) -> str:
        """The element's id."""
        return element_id(self.name(question))

    def value(self, question: Field) -> Any:
        """What was answered or typed; a read-only question's own value."""
        return question.default if question.readonly and question.prefill is None else value_at(self.answers, question.path)

    def text(self, question: Field) -> str:
        """The same as text, for an input."""
        value = self.value(question)
        return "" if value is None or isinstance(value, dict | list) else str(value)

    def files(self, question: Field) -> list[tuple[dict[str, Any], str]]:
        """The uploaded files, each with what a hidden input remembers of it."""
        value = self.value(question)
        found = [f for f in value if isinstance(f, dict) and is_file_id(f.get("id"))] if isinstance(value, list) else []
        return [(f, reference_of(f)) for f in found]

    def chosen(self, question: Field, option: Option) -> bool:
        """Whether this choice is taken."""
        value = self.value(question)
        return option.value in value if isinstance(value, list) else option.value == value

    def offered(self, question: Field) -> Sequence[Option]:
        """The choices."""
        return self.options.get(question.option_source, ()) if question.option_source else question.options

    def said(self, question: Field) -> Text:
        """The answer as a person reads it."""
        return shown(question, self.value(question), self.offered(question))

    def wrong(self, question: Field) -> list[Text]:
        """What is wrong with the answer."""
        return [e.message for e in self.errors if e.field == question.name]

    def described_by(self, question: Field, known: int) -> str:
        """The ids of what explains a question and of what is wrong with it."""
        there: dict[str, object] = {"about": question.description.zh, "example": question.hint.zh}
        there |= {"condition": self.condition(question, known), "error": self.wrong(question)}
        return " ".join(f"{self.id(question)}-{part}" for part, told in there.items() if told)

    def condition(self, block: Block, known: int) -> Text | None:
        """When the block has to be answered, in words; the first `known` conditions are told by the groups around it."""
        return self._conditions.answered_if(block.hidden_if[known:])

    @cached_property
    def _conditions(self) -> Conditions:
        return Conditions(self.form.fields, self.options, self.outcomes)

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The names of the questions that are hidden under these answers."""
        return self.form.hidden(self.answers, self.given)

    def is_hidden(self, block: Block) -> bool:
        """Whether a block is hidden: a group when nothing in it is left."""
        if isinstance(block, Field):
            return block.name in self.hidden
        questions = fields_of(block.blocks) if isinstance(block, Group) else ()
        if questions:
            return all(q.name in self.hidden for q in questions)
        return any(condition.holds({**self.answers, **self.given}) for condition in block.hidden_if)

    def key(self, block: Block) -> str:
        """The name by which the page's script finds a block."""
        return self.id(block) if isinstance(block, Field) else f"{self.prefix}-block-{self._numbers[id(block)]}"

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return {id(block): number for number, block in enumerate(_walk(self.form.blocks))}

    def hidden_keys(self) -> list[str]:
        """The blocks that are hidden now."""
        return [self.key(block) for block in _walk(self.form.blocks) if block.hidden_if and self.is_hidden(block)]

    @property
    def shows_anything(self) -> bool:
        """Whether any question is left."""
        return len(self.hidden) < len(self.form.fields)

    @property
    def conditional(self) -> bool:
        """Whether anything can be hidden."""
        return any(block.hidden_if for block in _walk(self.form.blocks))

    def classes(self, block: Block, before: Block | None, siblings: Sequence[Block]) -> str:
        """The classes that place a block in the grid; `before` is the one before it."""
        if not isinstance(block, Field) or not block.row:
            return f"span-{COLUMNS // 2}" if isinstance(block, Field) and block.kind == "file" else f"span-{COLUMNS} row-start"
        together = [b for b in siblings if isinstance(b, Field) and b.row == block.row]
        starts = not isinstance(before, Field) or before.row != block.row
        return f"span-{block.columns or max(2, COLUMNS // len(together))}{' row-start' if starts else ''}"

    def html(self, block: TextBlock) -> Markup:
        """A text block's words."""
        return markdown(text_of(block.text))

    def kind(self, block: Block) -> str:
        """`group`, `words`, or the question's kind."""
        if isinstance(block, Group):
            return "group"
        return "words" if isinstance(block, TextBlock) else block.kind


def element_id(name: str) -> str:
    """An element's id from the name of its input."""
    return name.replace(".", "-")


def _walk(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Group):
            yield from _walk(block.blocks)


def form_on_page(
    uow: UnitOfWork,
    actor: Actor,
    form: Form,
    answers: Mapping[str, Any],
    *,
    prefix: str = "answers",
    errors: Sequence[FieldError] = (),
    given: Mapping[str, Json] | None = None,
    outcomes: Sequence[Outcome] = (),
) -> FormOnPage:
    """The form with the choices of its named sources, as they are now."""
    context = FormContext(uow.connection, uow.now, actor.party)
    sources = {q.option_source: q for q in form.fields if q.option_source}
    options = {name: form.options(question, context) for name, question in sources.items()}
    return FormOnPage(form, answers, prefix, options, errors, given or {}, outcomes)


def wrong_answers(errors: Sequence[FieldError], pages: Sequence[FormOnPage], others: Mapping[str, str] | None = None) -> list[Wrong]:
    """The errors for the page's summary, each with the element to go to; `others`: ids of inputs that are not of a form, by field."""
    return [_wrong(error, pages, others or {}) for error in errors]


def _wrong(error: FieldError, pages: Sequence[FormOnPage], others: Mapping[str, str]) -> Wrong:
    for page in pages:
        question = page.form.field(error.field)
        if question is not None and error in page.errors:
            return Wrong(page.id(question), question.label, error.message)
    return Wrong(others.get(error.field, ""), Text(error.label, error.label), error.message)
