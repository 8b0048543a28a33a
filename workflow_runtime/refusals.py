"""Refusals of authority: somebody tried what he or she may not do.

They are kept in the audit in a transaction of their own (`Runtime.transaction`), since the refused one leaves nothing behind.
"""

from workflow_runtime.actors import Actor
from workflow_runtime.errors import NotAllowed, NotFound, Text

REFUSALS = "refusals"
"""The audit stream of refusals."""


class ActorRefused(NotAllowed):
    """The actor lacks the role; `subject` says for what."""

    def __init__(self, message: Text, remedy: Text, *, actor: Actor, subject: str) -> None:
        super().__init__(message, remedy)
        self.actor = actor
        self.subject = subject


class HiddenFromActor(NotFound):
    """The thing exists, but belongs to another party: the actor is told that it does not exist, the audit is told the truth."""

    def __init__(self, message: Text, remedy: Text, *, actor: Actor, subject: str) -> None:
        super().__init__(message, remedy)
        self.actor = actor
        self.subject = subject
