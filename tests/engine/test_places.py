"""The state as places of the diagram and back: a case that was moved onto its own version goes on as if it had not been."""

import pytest
from test_random_models import Match

from workflow_runtime.bundles import Bundle
from workflow_runtime.contents import Contents
from workflow_runtime.diagram.reader import read_bpmn
from workflow_runtime.engine.codec import UnreadableState
from workflow_runtime.engine.places import read_places, write_places
from workflow_runtime.migration.checking import examine
from workflow_runtime.migration.mapping import ElementMap
from workflow_runtime.migration.passage import Passage

MODELS = 50
"""The first seeds; three hundred more have been played by hand."""


class MovedMatch(Match):
    """A model that is moved onto itself after every step, while the token game beside it knows nothing of that."""

    def __init__(self, seed):
        self.moves = 0
        super().__init__(seed)

    def compare(self):
        super().compare()
        if not self.game.ended:
            self.move()
            super().compare()

    def move(self):
        places = read_places(self.state, self.program)
        verdict = examine(self.passage, places, {})
        assert (verdict.reasons, verdict.notices, verdict.marking) == ((), (), places), self.log
        assert self.passage.wanted(places, places) == frozenset()
        self.state = write_places(places, self.program)
        assert read_places(self.state, self.program) == places
        self.moves += 1

    @property
    def passage(self):
        if not hasattr(self, "_passage"):
            processes = {p.id: p for data in self.drawing.files() for p in read_bpmn("model.bpmn", data)[0]}
            bundle = Bundle("x", "business", Contents(processes, {}, {}, {}, {}, ()), self.program)
            self._passage = Passage(bundle, bundle, ElementMap())
        return self._passage


@pytest.mark.parametrize("part", range(2))
def test_a_case_moved_onto_its_own_version_at_every_step_goes_on_as_before(part):
    """Random models with loops, forks, calls, subprocesses, events of every kind: the game that is not moved sees the same."""
    moves = 0
    for seed in range(part * MODELS // 2, (part + 1) * MODELS // 2):
        match = MovedMatch(seed)
        match.play()
        moves += match.moves
    assert moves > MODELS


def test_a_state_that_is_none_is_refused():
    match = Match(1)
    for broken in (b"", b"{}", b'{"v": 9}', match.state.replace(b'"top"', b'"pot"')):
        with pytest.raises(UnreadableState):
            read_places(broken, match.program)
