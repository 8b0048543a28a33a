"""Diagrams played on the engine alone: no database, no forms, a clock that is set by hand."""

from datetime import timedelta

from workbench import MONDAY

from workflow_runtime.diagram.reader import read_bpmn
from workflow_runtime.engine.compiler import compile_program
from workflow_runtime.engine.surroundings import Ran, Refused, Surroundings
from workflow_runtime.engine.tokens import Tokens
from workflow_runtime.working_days import WorkingDays


class Played:
    """One case on these files; saved and loaded again between all moves."""

    def __init__(self, *files, variables=None, service=None, main="business"):
        processes = {p.id: p for data in files for p in read_bpmn("played.bpmn", data)[0]}
        self.program = compile_program(main, processes, {})
        self.variables = variables if variables is not None else {}
        self.service = service or (lambda token, node: Ran.PARKED)
        self.now = MONDAY
        self.sent = []
        self.state = self.keep(Tokens.start(self.program, self.surroundings()))

    def surroundings(self):
        return Surroundings(now=self.now, calendar=WorkingDays(), variables=self.variables, service=self.service, sent=self.sent)

    def keep(self, tokens):
        self.path = [node.id for node in tokens.path]
        return tokens.save()

    def tokens(self):
        return Tokens.load(self.program, self.state, self.surroundings())

    def waiting(self):
        return sorted(w.node.id for w in self.tokens().waiting())

    def ids(self):
        return {w.node.id: w.token for w in self.tokens().waiting()}

    @property
    def ended(self):
        return self.tokens().ended

    def complete(self, element):
        tokens = self.tokens()
        tokens.complete(self.ids()[element])
        self.state = self.keep(tokens)

    def finish(self, element):
        tokens = self.tokens()
        tokens.finish(self.ids()[element])
        self.state = self.keep(tokens)

    def fail(self, element, code):
        tokens = self.tokens()
        caught = tokens.fail(self.ids()[element], Refused(code, {"code": code}))
        self.state = self.keep(tokens)
        return caught and caught.id

    def deliver(self, message, payload=None):
        tokens = self.tokens()
        taken = tokens.deliver(message, payload)
        self.state = self.keep(tokens)
        return taken

    def wait(self, **by):
        self.now += timedelta(**by)
        tokens = self.tokens()
        tokens.refresh()
        self.state = self.keep(tokens)
