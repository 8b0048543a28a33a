"""A form as the rest of the product uses it."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from marshmallow import Schema

from workflow_runtime.errors import Text
from workflow_runtime.expressions import Expression
from workflow_runtime.forms.answers import draft_answers, load_answers, put_computed, read_answers, visible_fields
from workflow_runtime.forms.json_schema import json_schema
from workflow_runtime.forms.model import Block, Field, FormContext, FormRules, Option, fields_of
from workflow_runtime.forms.nested import put
from workflow_runtime.forms.schema import build_schema
from workflow_runtime.forms.shown import Difference, differences
from workflow_runtime.forms.values import fitting
from workflow_runtime.handlers import Json


@dataclass(frozen=True, eq=False)
class Form:
    """One `.form` file, read and found sound: `blocks` is what a page shows, from top to bottom."""

    key: str
    title: Text
    blocks: tuple[Block, ...]
    rules: FormRules

    @property
    def titled(self) -> bool:
        """Whether the form says itself what it is called; otherwise its title is its key."""
        return self.title.zh != self.key

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Every question, in reading order, those of groups included."""
        return fields_of(self.blocks)

    @cached_property
    def schema(self) -> Schema:
        """The marshmallow schema of the answers."""
        return build_schema(self.fields)

    @cached_property
    def searchable(self) -> tuple[Field, ...]:
        """The questions whose answers become columns of the search."""
        return tuple(f for f in self.fields if f.searchable)

    def field(self, name: str) -> Field | None:
        """The question with this dotted name."""
        return next((f for f in self.fields if f.name == name), None)

    def load(self, answers: Mapping[str, Any], context: FormContext) -> dict[str, Json]:
        """The values to store: answers of hidden questions are dropped, blank ones left out, files are what the store knows of them.

        Raises Invalid with every wrong answer at once.
        """
        return load_answers(self.fields, self.schema, self.rules, answers, context)

    def draft(self, answers: Mapping[str, Any]) -> dict[str, Json]:
        """What can be kept of unfinished answers: bounded JSON for known questions, unchecked. Never raises."""
        return draft_answers(self.fields, answers)

    def defaults(self) -> dict[str, Json]:
        """The answers with which an empty form is shown."""
        result: dict[str, Json] = {}
        for question in self.fields:
            if question.default is not None:
                put(result, question.path, question.default)
        return result

    def prefilled(
        self, answers: Mapping[str, Json], variables: Mapping[str, Json], *, only: Callable[[Expression], bool] = bool
    ) -> dict[str, Json]:
        """The answers with those of the questions that have a `prefill` (of these, `only` such): null where nothing answers them."""
        result = deepcopy(dict(answers))
        for question in self.fields:
            if question.prefill is not None and only(question.prefill):
                put(result, question.path, fitting(question, question.prefill.evaluate(variables)))
        return result

    def computed(self, answers: Mapping[str, Any], variables: Mapping[str, Json]) -> dict[str, Any]:
        """The answers with those of the read-only questions that are prefilled: nobody types them, so neither drafts nor requests hold them."""
        result = deepcopy(dict(answers))
        put_computed(self.fields, result, variables)
        return result

    def hidden(self, answers: Mapping[str, Any], variables: Mapping[str, Json]) -> frozenset[str]:
        """The names of the questions that are hidden under these answers (drafts too); of `variables`, outcome and opinion count."""
        values, _ = read_answers(self.schema, answers)
        visible = {f.name for f in visible_fields(self.fields, values, variables)}
        return frozenset(f.name for f in self.fields if f.name not in visible)

    def options(self, question: Field, context: FormContext) -> tuple[Option, ...]:
        """The choices of a question: its own, or those of its named source."""
        source = self.rules.options.get(question.option_source)
        return tuple(Option(*o) for o in source(context)) if source else question.options

    def json_schema(self) -> dict[str, Json]:
        """The schema of the answers for OpenAPI 3.1."""
        return json_schema(self.title, self.fields)

    def differences(
        self, before: Mapping[str, Any], after: Mapping[str, Any], options: Mapping[str, Sequence[Option]] | None = None
    ) -> list[Difference]:
        """What a reviewer must look at again: the questions answered otherwise than before, in words.

        `options` gives the choices of named sources, so that labels are shown and not stored values.
        """
        return differences(self.fields, before, after, options or {})
