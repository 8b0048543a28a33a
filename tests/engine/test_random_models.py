"""Random structured processes on the engine, saved and loaded between all steps, against a token game written for this test."""

from collections import Counter
from datetime import timedelta
from random import Random

import orjson
from random_models import CODES, Drawing
from token_game import Game
from workbench import MONDAY

from workflow_runtime.diagram.reader import read_bpmn
from workflow_runtime.engine.compiler import compile_program
from workflow_runtime.engine.surroundings import Refused, Surroundings
from workflow_runtime.engine.tokens import Tokens
from workflow_runtime.working_days import WorkingDays

STEPS = 40


class Match:
    """One model, played by the engine and by the game side by side."""

    def __init__(self, seed):
        self.drawing = Drawing(seed)
        self.random = Random(f"play {seed}")
        self.now = MONDAY
        self.calendar = WorkingDays()
        self.variables = {}
        self.known = {}
        processes = {p.id: p for data in self.drawing.files() for p in read_bpmn("model.bpmn", data)[0]}
        self.program = compile_program("business", processes, {})
        self.choose()
        self.state = Tokens.start(self.program, self.surroundings()).save()
        self.game = Game(self.drawing.graphs, "business", self.now, self.variables)
        self.log = ["start"]
        self.compare()

    def choose(self):
        """Every gateway's variable anew: the game and the engine read the same ones."""
        names = [n for g in self.drawing.graphs.values() for n in g.nodes if n.startswith("exclusive")]
        self.variables.update({name: self.random.randint(0, 1) for name in names})

    def surroundings(self):
        return Surroundings(now=self.now, calendar=self.calendar, variables=self.variables)

    def compare(self):
        tokens = Tokens.load(self.program, self.state, self.surroundings())
        assert Counter(w.node.id for w in tokens.waiting()) == self.game.waiting(), self.log
        assert tokens.ended == self.game.ended, self.log
        assert tokens.next_due() == self.game.next_due(), self.log
        self.recognise(None, self.game.top.places, self.rows())

    def rows(self):
        """The waiting places of the stored state: id of the task that owns the scope → [(id, element)]."""
        document = orjson.loads(self.state)
        scopes = [(None, document["top"]), *document["subs"]]
        return {owner: [(row[3], row[0].removeprefix("#")) for row in scope[2] if row[3]] for owner, scope in scopes}

    def recognise(self, owner, places, rows):
        """Which of the engine's tokens is which of the game's: the same element in the same scope, in the order of their coming."""
        tokens = dict(rows.get(owner, []))
        for place in places:
            token = self.known.get(place)
            if token not in tokens:
                taken = {self.known.get(p) for p in places}
                token = next(t for t, element in tokens.items() if element == place.element.id and t not in taken)
                self.known[place] = token
            if place.inside is not None:
                self.recognise(token, place.inside.places, rows)

    def play(self):
        """Says how many steps it took."""
        for step in range(STEPS):
            if self.game.ended:
                return step
            self.choose()
            self.now += timedelta(microseconds=1)
            self.game.now = self.now
            tokens = Tokens.load(self.program, self.state, self.surroundings())
            self.step(tokens)
            self.state = tokens.save()
            self.compare()
        return STEPS

    def step(self, tokens):
        moves = [self.pass_time, self.message] + [self.act] * 4
        self.random.choice(moves)(tokens)

    def act(self, tokens):
        places = [p for p in self.game.places() if p.element.type in ("user", "service")]
        if not places:
            return self.pass_time(tokens)
        place = self.random.choice(places)
        token = self.known[place]
        if place.element.type == "user":
            self.log.append(f"complete {place.element.id}")
            tokens.complete(token)
            self.game.done(place)
        elif self.random.random() < 0.5:
            self.log.append(f"finish {place.element.id}")
            tokens.finish(token)
            self.game.done(place)
        else:
            code = self.random.choice([*CODES, "E3"])
            self.log.append(f"fail {place.element.id} {code}")
            assert (tokens.fail(token, Refused(code)) is not None) == self.game.fails(place, code), self.log
        return None

    def message(self, tokens):
        name = self.random.choice("mn")
        self.log.append(f"message {name}")
        assert tokens.deliver(name, {}) == self.game.message(name), self.log

    def pass_time(self, tokens):
        """To the next timer, or past several of them."""
        due = self.game.next_due()
        if due is None:
            return
        self.now = max(self.now, due + timedelta(seconds=self.random.choice([0, 0, 0, 3600 * 8])))
        self.log.append(f"until {self.now}")
        tokens._workflow.surroundings.now = self.now
        tokens.refresh()
        self.game.until(self.now)


def test_the_engine_moves_as_the_rules_of_bpmn_say(pytestconfig, figures):
    """After every step of every model the same elements wait, the same timer is next, and the case is over or not."""
    first, models = (1000, 1000) if pytestconfig.getoption("--chaos") else (0, 100)
    played = [Match(seed).play() for seed in range(first, first + models)]
    figures.update({"models": models, "steps": sum(played), "seeds from": first, "different": 0})
