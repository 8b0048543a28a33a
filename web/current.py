"""What a request works with: the runtime, and the person who asks."""

from typing import cast

from flask import current_app, g

from workflow_runtime.actors import Actor
from workflow_runtime.errors import NotAllowed, Text
from workflow_runtime.runtime import Runtime

RUNTIME = "crane_runtime"


def runtime() -> Runtime:
    """The runtime around which the application was made."""
    return cast(Runtime, current_app.extensions[RUNTIME])


def visitor() -> Actor | None:
    """The person who has signed in, if anybody has."""
    return cast("Actor | None", g.get("actor"))


def actor() -> Actor:
    """The person who asks. Raises NotAllowed when nobody has signed in."""
    person = visitor()
    if person is None:
        raise NotAllowed(Text("请先登录。", "Sign in first."), Text("登录后再试。", "Sign in and try again."))
    return person
