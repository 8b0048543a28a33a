"""When a question has to be answered, in words: the opposite of the conditions under which it is hidden."""

from collections.abc import Mapping, Sequence

from web.words import word
from workflow_runtime.diagram.model import Outcome
from workflow_runtime.errors import Text
from workflow_runtime.expressions import Expression
from workflow_runtime.expressions.tree import And, Comparison, ComparisonOperator, ListOf, Literal, Name, Node, Not, Or
from workflow_runtime.forms import Field, Option

OPPOSITE: Mapping[ComparisonOperator, ComparisonOperator] = {
    "=": "!=",
    "!=": "=",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "not in",
    "not in": "in",
}

RELATIONS = {
    "=": Text("为", "is"),
    "!=": Text("不为", "is not"),
    "<": Text("小于", "is less than"),
    "<=": Text("不大于", "is at most"),
    ">": Text("大于", "is greater than"),
    ">=": Text("不小于", "is at least"),
    "in": Text("为", "is one of"),
    "not in": Text("不为", "is none of"),
}

OUTCOME, OPINION = Text("办理结果", "the outcome"), Text("审核意见", "the opinion")


class Conditions:
    """Says conditions in the words of a form: its questions' labels, its choices, the buttons of the task."""

    def __init__(self, questions: Sequence[Field], options: Mapping[str, Sequence[Option]], outcomes: Sequence[Outcome]) -> None:
        self._questions = {q.name: q for q in questions}
        self._options = options
        self._outcomes = {o.code: o.label for o in outcomes}

    def answered_if(self, hidden_if: Sequence[Expression]) -> Text | None:
        """`设备类别 为 塔式起重机`, or None when it is always asked."""
        if not hidden_if:
            return None
        parts = [self._said(_not(expression.tree)) or self._formula(expression) for expression in hidden_if]
        return _joined(parts, "，且", " and ")

    def _formula(self, expression: Expression) -> Text:
        text = expression.text.lstrip("= ")
        return Text(f"以下条件不成立：{text}", f"this does not hold: {text}")

    def _said(self, node: Node) -> Text | None:
        match node:
            case And(operands):
                return self._all(operands, "，且", " and ")
            case Or(operands):
                return self._all(operands, " 或 ", " or ")
            case Comparison(operator, Name(path), right):
                return self._compared(".".join(path), operator, right)
            case Name(path) if (label := self._label(".".join(path))) is not None:
                return Text(f"已填写 {label.zh}", f"{label.en} is given")
            case Not(Name(path)) if (label := self._label(".".join(path))) is not None:
                return Text(f"未填写 {label.zh}", f"{label.en} is not given")
        return None

    def _all(self, operands: Sequence[Node], zh: str, en: str) -> Text | None:
        parts = [self._said(operand) for operand in operands]
        return _joined([p for p in parts if p is not None], zh, en) if None not in parts else None

    def _compared(self, name: str, operator: str, right: Node) -> Text | None:
        label, value = self._label(name), self._value(name, right)
        if label is None or value is None:
            return None
        if value == NOTHING:
            given = operator == "!="
            return Text(f"{'已' if given else '未'}填写 {label.zh}", f"{label.en} is {'' if given else 'not '}given")
        relation = RELATIONS[operator]
        return Text(f"{label.zh} {relation.zh} {value.zh}", f"{label.en} {relation.en} {value.en}")

    def _label(self, name: str) -> Text | None:
        question = self._questions.get(name)
        return question.label if question is not None else {"outcome": OUTCOME, "opinion": OPINION}.get(name)

    def _value(self, name: str, node: Node) -> Text | None:
        if isinstance(node, ListOf):
            parts = [self._value(name, item) for item in node.items]
            return _joined([p for p in parts if p is not None], "、", ", ") if parts and None not in parts else None
        if not isinstance(node, Literal):
            return None
        if isinstance(node.value, bool):
            return Text("是", "yes") if node.value else Text("否", "no")
        if node.value is None or node.value == "":
            return NOTHING
        return self._choice(name, node.value)

    def _choice(self, name: str, value: object) -> Text:
        if name == "outcome" and value in self._outcomes:
            label = self._outcomes[str(value)]
            return Text(label, word(label))
        question = self._questions.get(name)
        offered = [*question.options, *self._options.get(question.option_source, ())] if question is not None else []
        return next((o.text for o in offered if o.value == value), Text(str(value), str(value)))


NOTHING = Text("", "")


def _joined(parts: Sequence[Text], zh: str, en: str) -> Text:
    return Text(zh.join(p.zh for p in parts), en.join(p.en for p in parts))


def _not(node: Node) -> Node:
    match node:
        case Not(inner):
            return inner
        case And(operands):
            return Or(tuple(_not(o) for o in operands))
        case Or(operands):
            return And(tuple(_not(o) for o in operands))
        case Comparison(operator, left, right):
            return Comparison(OPPOSITE[operator], left, right)
        case _:
            return Not(node)
