"""A filing that is moved at any of its waits to an edited diagram ends as a filing that began on the edited one.

The engine alone, without a database: the oracle is a fresh case on the new version, walked by the same rule from the same place.
"""

import re
from datetime import timedelta

import pytest
from office import ROOT
from workbench import MONDAY

from registry.rules import FORM_RULES
from workflow_runtime.bundles import Bundle
from workflow_runtime.contents import read_files
from workflow_runtime.engine.compiler import compile_program
from workflow_runtime.engine.places import read_places, write_places
from workflow_runtime.engine.surroundings import Surroundings
from workflow_runtime.engine.tokens import Tokens
from workflow_runtime.migration.checking import examine
from workflow_runtime.migration.mapping import read_map
from workflow_runtime.migration.passage import Passage
from workflow_runtime.working_days import WorkingDays

SHIPPED = {p.name: p.read_text(encoding="utf-8") for p in (ROOT / "bpmn").iterdir() if p.suffix in (".bpmn", ".dmn")}
LONGEST = 60
"""Moves of a walk."""


def bundle(files):
    contents = read_files([(name, text.encode()) for name, text in files.items()], FORM_RULES)
    return Bundle("x", "new_filing", contents, compile_program("new_filing", contents.processes, contents.decisions))


def edited():
    """A second review after the first, another id for 补正, other timers, and no more escalation of what is overdue."""
    text = SHIPPED["new_filing.bpmn"]
    text = re.sub(r"\bcorrect\b", "mend", text)
    text = text.replace(
        '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">due-WD1<', '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">due-WD2<'
    )
    text = text.replace(
        'id="review_to_decision" sourceRef="review" targetRef="decision"', 'id="review_to_decision" sourceRef="second" targetRef="decision"'
    )
    extra = '<bpmn:userTask id="second" name="复审" /><bpmn:sequenceFlow id="to_second" sourceRef="review" targetRef="second" />'
    text = text.replace('<bpmn:sequenceFlow id="submit_to_submitted"', f'{extra}<bpmn:sequenceFlow id="submit_to_submitted"')
    text = re.sub(r'<bpmn:boundaryEvent id="overdue".*?</bpmn:boundaryEvent>', "", text, flags=re.DOTALL)
    return {**SHIPPED, "new_filing.bpmn": re.sub(r'<bpmn:sequenceFlow id="overdue_to_escalate"[^>]*/>', "", text)}


OLD, NEW = bundle(SHIPPED), bundle(edited())
PASSAGE = Passage(OLD, NEW, read_map(["correct=mend"]))


class Walk:
    """One case, moved on by one rule; `rejected`: its first review says no, so that it is corrected once."""

    def __init__(self, of, *, rejected):
        self.program, self.rejected, self.now, self.path = of.program, rejected, MONDAY, []
        self.variables = {
            "seal_state": {"sealed": True},
            "apply": {"category": "T"},
            "review": {"outcome": "reject" if rejected else "approve"},
            "aggregate": {"outcome": "push"},
        }
        self.state = self.keep(Tokens.start(self.program, self.surroundings()))

    def surroundings(self):
        return Surroundings(now=self.now, calendar=WorkingDays(), variables=self.variables, due=lambda node: MONDAY + timedelta(days=30))

    def keep(self, tokens):
        self.path += [node.id for node in tokens.path]
        return tokens.save()

    @property
    def tokens(self):
        return Tokens.load(self.program, self.state, self.surroundings())

    def step(self):
        """A person first, then a job, then a message, then time."""
        tokens = self.tokens
        waiting = tokens.waiting()
        first = next((w for kind in ("user", "service") for w in waiting if w.kind == kind), None)
        if first is None:
            if not tokens.deliver("certificate.sealed", {}):
                self.now = tokens.next_due() or self.now
                tokens = self.tokens
                tokens.refresh()
        elif first.kind == "user":
            if first.node.id in ("correct", "mend"):
                self.variables["review"] = {"outcome": "approve"}
            tokens.complete(first.token)
        else:
            tokens.finish(first.token)
        self.state = self.keep(tokens)

    def move(self):
        verdict = examine(PASSAGE, read_places(self.state, self.program), {})
        assert verdict.reasons == ()
        self.program, self.state = NEW.program, write_places(verdict.marking, NEW.program)

    def to_the_end(self):
        for _ in range(LONGEST):
            if self.tokens.ended:
                return self.path
            self.step()
        raise AssertionError(self.path)


def waits(rejected):
    walk, count = Walk(OLD, rejected=rejected), 0
    while not walk.tokens.ended:
        walk.step()
        count += 1
        assert count < LONGEST, walk.path
    return count


@pytest.mark.parametrize("rejected", [False, True])
def test_from_every_wait_a_moved_filing_goes_the_way_of_a_fresh_one(rejected):
    fresh = Walk(NEW, rejected=rejected).to_the_end()
    assert "second" in fresh
    assert ("mend" in fresh) == rejected
    count = waits(rejected)
    assert count > 6
    for moved_after in range(count):
        walk = Walk(OLD, rejected=rejected)
        for _ in range(moved_after):
            walk.step()
        gone = len(walk.path)
        walk.move()
        rest = walk.to_the_end()[gone:]
        assert rest == fresh[len(fresh) - len(rest) :], (moved_after, rest, fresh)
        assert rest[-1] == fresh[-1]
