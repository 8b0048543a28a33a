"""One load, completion and save of the engine's state: CPU microseconds and bytes after 1, 10, 100 and 1,000 rounds of rejection.

`python benchmarks/steps.py` prints JSON.
"""

import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "engine"))

from diagrams import bpmn, chain, end, exclusive, flow, start, user
from played import Played

DIAGRAM = bpmn(
    start(),
    user("review", "发证机关"),
    exclusive("approved", default="approved-review"),
    end(),
    chain("start", "review", "approved"),
    flow("approved", "end", 'review.outcome = "approve"'),
    chain("approved", "review"),
)
ROUNDS = (1, 10, 100, 1000)
AROUND = 200
"""Times that the step of a round is measured, from the same state."""


def measure():
    """Round → CPU µs (median) and bytes."""
    case, result = Played(DIAGRAM, variables={"review": {"outcome": "reject"}}), {}
    for number in range(1, ROUNDS[-1] + 1):
        before = case.state
        if number in ROUNDS:
            times, token = [], case.ids()["review"]
            for _ in range(AROUND):
                case.state = before
                began = time.process_time()
                tokens = case.tokens()
                tokens.complete(token)
                case.state = tokens.save()
                times.append(time.process_time() - began)
            result[number] = {"CPU µs": round(statistics.median(times) * 1e6), "bytes": len(case.state)}
        else:
            case.complete("review")
    return result


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1, ensure_ascii=False))
