"""`crane migrate`: what does not go together is refused before anything is done."""

import pytest
from desk import Desk


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.mark.parametrize("more", [("--to", "abc"), ("--map", "a=b"), ("--case", "20260000001")], ids=lambda more: more[0])
@pytest.mark.parametrize("act", [("--undo", "1"), ("--batches",)], ids=lambda act: act[0])
def test_what_belongs_to_a_migration_is_not_silently_ignored(desk, act, more):
    said = desk.run("migrate", *act, *more)
    assert said.status == 2
    assert "只用于迁移一项业务" in said.err
