"""Who may ask for a route at all. What a person sees there, and may do, the use cases decide again for themselves.

Every route declares its access where it is written; one that forgot is refused to everybody, and found by a test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from workflow_runtime.actors import Actor

View = TypeVar("View", bound=Callable[..., Any])
MARK = "access"


@dataclass(frozen=True)
class Access:
    """`public`: without signing in; otherwise anybody who holds one of the roles, or any person at all when none are named."""

    roles: frozenset[str] = frozenset()
    public: bool = False

    def lets_in(self, actor: Actor | None) -> bool:
        """Whether this person (None: nobody has signed in) gets in."""
        if self.public:
            return True
        return actor is not None and (not self.roles or any(actor.has_role(role) for role in self.roles))


PUBLIC = Access(public=True)
SIGNED_IN = Access()


def roles(*names: str) -> Access:
    """Only holders of one of these roles, at whatever party."""
    return Access(frozenset(names))


def access(rule: Access) -> Callable[[View], View]:
    """Declare the access of a view (a function, or a `MethodView` class or one of its methods)."""

    def declared(view: View) -> View:
        setattr(view, MARK, rule)
        return view

    return declared


def access_of(view: Any, method: str) -> Access | None:
    """The declared access of a view for a method; None when nobody has thought of it."""
    owner = getattr(view, "view_class", None)
    found = getattr(getattr(owner, method.lower(), None), MARK, None) or getattr(owner, MARK, None) or getattr(view, MARK, None)
    return found if isinstance(found, Access) else None
