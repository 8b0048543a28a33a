"""Milliseconds to make and seal a certificate (stand-in), to verify one, and to draw one, as JSON; and the size of the file.

`python benchmarks/certificates.py [--rounds N]`. Verified afresh: nothing of it has been seen before, neither the seal nor its signer's and maker's certificates.
Verified in a row: a file after others of the same authority, as in daily work.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import seals

from registry.sealed_ofd import sm2, x509
from registry.sealed_ofd.drawing import draw_page
from registry.sealed_ofd.verdict import judge
from sandbox.typeface import installed_typeface


def timed(what, rounds, prepare=lambda number: None):
    """Median and 95th percentile of a call, in milliseconds."""
    times = []
    for number in range(-3, rounds):
        given = prepare(number)
        began = time.perf_counter()
        what(given)
        times += [time.perf_counter() - began] if number >= 0 else []
    times.sort()
    return {"p50 ms": round(statistics.median(times) * 1000, 2), "p95 ms": round(times[int(len(times) * 0.95)] * 1000, 2)}


def another(number):
    """A certificate that differs from the others."""
    return seals.packed(seals.files(seals.seal(), typeface=installed_typeface(), serialNo=f"SN-{number}"))


def with_what_was_approved(number):
    """A certificate, and what it should be."""
    return another(number), seals.expected(items=seals.expected().items | {"出厂编号": f"SN-{number}"})


def forgotten(number):
    """The same, and nothing is remembered of what was verified before but the directory of trust, which is read before any certificate."""
    sm2._verify_digest.cache_clear()
    x509.read_certificate.cache_clear()
    trust = seals.trust()
    assert trust.intermediates[0].signed_by(trust.roots[0])
    assert all(each.signed_by(issuer) for each, issuer in zip(trust.lists, (*trust.roots, *trust.intermediates), strict=True))
    return with_what_was_approved(number)


def measure(rounds=100):
    """All of it."""
    trust = seals.trust()

    def verify(given):
        content, expected = given
        assert judge(content, trust, seals.NOW, expected).ok

    return {
        "make and seal": timed(another, rounds),
        "verify, afresh": timed(verify, rounds, forgotten),
        "verify, in a row": timed(verify, rounds, with_what_was_approved),
        "draw": timed(lambda content: draw_page(content, "预览"), rounds, another),
        "bytes": len(another(0)),
    }


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    print(json.dumps(measure(parser.parse_args().rounds), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
