"""What can be looked for: the searchable questions of the deployed forms, and their answers in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from workflow_runtime.actors import Actor
from workflow_runtime.bundles import Bundle
from workflow_runtime.diagram.model import Node
from workflow_runtime.errors import Text
from workflow_runtime.forms import Field, Form, FormContext, Option
from workflow_runtime.forms.shown import shown
from workflow_runtime.runtime import UnitOfWork


def search_fields(uow: UnitOfWork, business: str = "") -> tuple[Field, ...]:
    """The searchable questions of the deployed forms, once per name; those of the business that is asked for first, in its own words.

    Businesses that know nothing of each other may ask different things under one name: such a question has the labels and the choices of
    all of them, and is looked for as text where one of them lets choose and another does not.
    """
    own: dict[str, list[Field]] = {}
    others: dict[str, list[Field]] = {}
    for bundle in deployed_bundles(uow):
        for _, question in _searchable(bundle):
            (own if bundle.business == business else others).setdefault(question.name, []).append(question)
    return tuple(_as_one(questions) for questions in {**own, **{name: asked for name, asked in others.items() if name not in own}}.values())


def _as_one(questions: Sequence[Field]) -> Field:
    """What different forms ask under one name, as one question."""
    first = questions[0]
    labels = dict.fromkeys(question.label for question in questions)
    label = Text("／".join(each.zh for each in labels), " / ".join(dict.fromkeys(each.en for each in labels)))
    if len({(question.kind == "date", has_options(question), question.option_source) for question in questions}) > 1:
        return replace(first, kind="text", label=label, options=(), option_source="")
    options = {option.value: option for question in reversed(questions) for option in reversed(question.options)}
    return replace(first, label=label, options=tuple(reversed(options.values())))


def choices(uow: UnitOfWork, actor: Actor, business: str = "") -> Mapping[str, tuple[Option, ...]]:
    """The choices of each searchable question that has some; of the business that is asked for, where it has the question."""
    reading = Reading(uow, actor)
    forms = {question.option_source: form for bundle in deployed_bundles(uow) for form, question in _searchable(bundle)}
    asked = (question for question in search_fields(uow, business) if has_options(question))
    return {question.name: reading.options(forms[question.option_source], question) for question in asked}


def has_options(question: Field) -> bool:
    """Whether it is answered by choosing."""
    return bool(question.options or question.option_source)


class Reading:
    """Answers in words; the choices of a named source are asked for once."""

    def __init__(self, uow: UnitOfWork, actor: Actor) -> None:
        self.uow, self.actor = uow, actor
        self._questions: dict[str, Mapping[str, tuple[Form, Field]]] = {}
        self._options: dict[str, tuple[Option, ...]] = {}

    def words(self, bundle: Bundle, answers: Mapping[str, str]) -> dict[str, Text]:
        """Each answer as a person reads it."""
        known = self._known(bundle)
        return {name: self._shown(known.get(name), value) for name, value in answers.items()}

    def summary(self, bundle: Bundle, answers: Mapping[str, str]) -> str:
        """The answers as a person reads them, in the order in which the forms ask."""
        words = self.words(bundle, answers)
        return " ".join(words[name].zh for name in dict.fromkeys((*self._known(bundle), *words)) if name in words)

    def _known(self, bundle: Bundle) -> Mapping[str, tuple[Form, Field]]:
        if bundle.id not in self._questions:
            self._questions[bundle.id] = {q.name: (form, q) for form, q in _searchable(bundle)}
        return self._questions[bundle.id]

    def _shown(self, known: tuple[Form, Field] | None, value: str) -> Text:
        return Text(value, value) if known is None else shown(known[1], value, self.options(*known))

    def options(self, form: Form, question: Field) -> tuple[Option, ...]:
        """The choices of a question."""
        source = question.option_source
        if not source:
            return question.options
        if source not in self._options:
            self._options[source] = form.options(question, FormContext(self.uow.connection, self.uow.now, self.actor.party))
        return self._options[source]


def deployed_bundles(uow: UnitOfWork) -> list[Bundle]:
    """What every business was deployed with last."""
    return [uow.bundle(deployed.bundle_id) for deployed in uow.library.deployed()]


def nodes_of(bundle: Bundle, process: str, seen: set[str]) -> Iterator[Node]:
    """The nodes of a process in the order of its file, those of a called process where it is first called."""
    seen.add(process)
    for node in bundle.contents.processes[process].nodes:
        yield node
        if node.called is not None and node.called in bundle.contents.processes and node.called not in seen:
            yield from nodes_of(bundle, node.called, seen)


def _searchable(bundle: Bundle) -> Iterator[tuple[Form, Field]]:
    nodes = nodes_of(bundle, bundle.business, set())
    asked = (form for node in nodes for form in (bundle.form(node.form), *map(bundle.answered_form, node.form_modes)))
    forms = dict.fromkeys(form for form in asked if form is not None)
    return ((form, question) for form in forms for question in form.searchable)
