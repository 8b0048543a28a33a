"""How much of it: little in CI, everything with `make chaos`, whose figures are kept."""

import json
import time
from pathlib import Path

import pytest

KEPT = Path(__file__).parents[2] / "benchmarks" / "results" / "chaos.json"


def pytest_addoption(parser):
    parser.addoption("--chaos", action="store_true", help="every moment of a filing, and many rounds")
    parser.addoption("--kills", type=int, default=100, help="random kills for each kind of database")


@pytest.fixture
def figures(request, database_kind):
    """What a run did: kept with `--chaos`, under the test's name and the kind of database, when it has ended well."""
    told, began = {}, time.monotonic()
    yield told
    if told and request.config.getoption("--chaos"):
        kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
        told["seconds"] = round(time.monotonic() - began, 1)
        kept.setdefault(request.node.originalname.removeprefix("test_").replace("_", " "), {})[database_kind] = told
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
