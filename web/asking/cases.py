"""What a list of cases is asked for, as it stands in the address: a list can be bookmarked, reloaded and sent to a colleague."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask import url_for
from werkzeug.datastructures import MultiDict

from workflow_runtime.forms import Field
from workflow_runtime.worklist import Wanted

TODO, ALL = "todo", "all"
VIEWS = (TODO, ALL)
ANSWER = "f."
"""Begins the names of conditions on answers: `f.model=QTZ80`."""
AT = "at"
"""Names, one after the other, the filings to stand at: the first of them that is still in the list (`at=20260000007&at=20260000009`)."""
AHEAD = 8
"""How many of them."""


@dataclass(frozen=True)
class Asked:
    """The conditions of a list; what cannot be read in an address does not restrict."""

    view: str = ""
    keyword: str = ""
    business: str = ""
    status: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    opened_from: date | None = None
    opened_to: date | None = None
    overdue: bool = False
    after: str = ""
    at: Sequence[str] = ()

    @classmethod
    def read(cls, given: "MultiDict[str, str]", questions: Sequence[Field]) -> "Asked":
        """From the address; conditions on answers are those on these questions."""
        view = given.get("view", "")
        named = {question.name: given.get(ANSWER + question.name, "").strip() for question in questions}
        return cls(
            view=view if view in VIEWS else "",
            keyword=given.get("q", "").strip(),
            business=given.get("business", ""),
            status=given.get("status", ""),
            answers={name: part for name, part in named.items() if part},
            opened_from=_day(given.get("from", "")),
            opened_to=_day(given.get("to", "")),
            overdue=given.get("overdue") == "1",
            after=given.get("after", ""),
            at=given.getlist(AT)[:AHEAD],
        )

    def wanted(self, keyword_numbers: Sequence[str]) -> Wanted:
        """As the worklist takes them."""
        return Wanted(
            todo=self.view == TODO,
            overdue=self.overdue,
            keyword=self.keyword,
            keyword_numbers=keyword_numbers,
            business=self.business,
            status=self.status,
            answers=self.answers,
            opened_from=self.opened_from,
            opened_to=self.opened_to,
        )

    def parameters(self) -> dict[str, str]:
        """As they stand in the address, the place in the list left out."""
        plain = {
            "view": self.view,
            "q": self.keyword,
            "business": self.business,
            "status": self.status,
            **{ANSWER + name: part for name, part in self.answers.items()},
            "from": self.opened_from.isoformat() if self.opened_from else "",
            "to": self.opened_to.isoformat() if self.opened_to else "",
            "overdue": "1" if self.overdue else "",
        }
        return {name: value for name, value in plain.items() if value}

    def address(self, *, without: str = "", page: str = "cases.cases", **changed: str) -> str:
        """The address of this list, or of another `page` about the same cases, with some parameters changed or left out."""
        kept = {name: value for name, value in {**self.parameters(), **changed}.items() if value and name != without}
        return url_for(page, **kept)  # type: ignore[arg-type]  # values are texts, Flask's own options are not among them

    @property
    def restricted(self) -> bool:
        """Whether anything is asked for but the view."""
        return bool(self.parameters().keys() - {"view"})


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
