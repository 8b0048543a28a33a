"""The list of guards is of this product: each stands where it is said to, and its tests are there. `make mutants` takes them away."""

import shlex
from pathlib import Path

import pytest
from guards import GUARDS

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("guard", GUARDS, ids=[guard.name for guard in GUARDS])
def test_a_guard_stands_where_it_is_said_to(guard):
    whole = (ROOT / guard.file).read_text()
    assert whole.count(guard.present) == 1
    assert guard.gone != guard.present
    compile(whole.replace(guard.present, guard.gone), guard.file, "exec")
    named = [word for word in shlex.split(guard.tests) if word.startswith("tests/")]
    assert named
    assert [word for word in named if not (ROOT / word).exists()] == []


def test_no_guard_is_named_twice():
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)
