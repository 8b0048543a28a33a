"""How long an act takes, told apart from what else the machine and this process have to do."""

import gc
import time
from contextlib import contextmanager

import pytest


@contextmanager
def unburdened():
    """What thousands of earlier tests left in memory is not gone through again and again at the act's expense."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def within(seconds, act, label="it"):
    """What the act returns; the test fails if it takes more CPU seconds. A neighbour's noise is not the act's: the best of three tries counts."""
    for _ in range(3):
        before = time.process_time()
        result = act()
        taken = time.process_time() - before
        if taken < seconds:
            return result
    pytest.fail(f"{label} took {taken:.2f} s of CPU each time; {seconds} s are allowed")
