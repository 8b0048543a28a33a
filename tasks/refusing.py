"""Guards of the books as business errors, so that a diagram can catch them."""

from collections.abc import Iterator
from contextlib import contextmanager

from workflow_runtime.errors import BusinessError, NotFound, WrongState


@contextmanager
def as_business_error(*codes: str) -> Iterator[None]:
    """Inside, a NotFound or WrongState with one of these codes becomes a BusinessError of the same code and text; others pass as they are."""
    try:
        yield
    except (NotFound, WrongState) as refusal:
        if refusal.code not in codes:
            raise
        raise BusinessError(refusal.code, refusal.message, refusal.remedy) from refusal
