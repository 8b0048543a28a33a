"""Files that chance has changed: none is accepted unless it says the same, none makes the verifier fall, none takes all memory.

CI takes two thousand, `make chaos` twenty thousand; a failure names the seed.
"""

import random
import re
import resource
import time
from contextlib import suppress

from seals import NOW, expected, files, packed, seal, trust

from registry.sealed_ofd.archive import Unreadable
from registry.sealed_ofd.der import read
from registry.sealed_ofd.drawing import draw_page
from registry.sealed_ofd.package import Package
from registry.sealed_ofd.seal import read_signature
from registry.sealed_ofd.verdict import judge

CI, CHAOS = 2_000, 20_000
SLOWEST = 5.0
"""Seconds for one file, on a busy machine."""
MOST_MORE = 300 * 1024
"""KiB by which the process may grow."""
DER_FILES = ("Doc_0/Signs/Sign_0/SignedValue.dat", "Doc_0/Signs/Sign_0/Seal.esl")


def changed_bytes(chance, content):
    """Some bytes of the archive: other ones, fewer, or more."""
    content = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 5, 40))):
        at = chance.randrange(len(content))
        what = chance.randrange(4)
        if what == 0:
            content[at] = chance.randrange(256)
        elif what == 1:
            content[at] ^= 1 << chance.randrange(8)
        elif what == 2:
            del content[at : at + chance.choice((1, 4, 1000))]
        else:
            content[at:at] = chance.randbytes(chance.choice((1, 4, 100)))
        if not content:
            break
    return bytes(content)


def changed_archive(chance, content):
    """Files left out, added, named otherwise, exchanged."""
    names = list(content)
    one, other = chance.sample(names, 2)
    changed = dict(content)
    what = chance.randrange(5)
    if what == 0:
        del changed[one]
    elif what == 1:
        changed[f"{one}{chance.choice(('.bak', '/x', '~'))}"] = content[other]
    elif what == 2:
        changed = {
            (chance.choice((one.upper(), f"../{one}", f"/{one}", "x")) if name == one else name): each for name, each in changed.items()
        }
    elif what == 3:
        changed[one], changed[other] = content[other], content[one]
    else:
        changed[one] = b""
    return packed(changed)


def changed_xml(chance, content):
    """An element or attribute doubled, dropped or filled otherwise, in any XML file."""
    name = chance.choice([each for each in content if each.endswith(".xml")])
    text = content[name].decode()
    pieces = [found.span() for found in re.finditer(r"<[^>]*>|\"[^\"]*\"|>[^<]+<", text)]
    start, end = chance.choice(pieces)
    piece = text[start:end]
    filled = chance.choice(
        (
            "",
            piece * 2,
            piece[: len(piece) // 2],
            piece.replace("0", "1"),
            '"' + "9" * 400 + '"',
            '"-1e308"',
            "<x>" * 300,
            "&#1;",
            "&amp;",
            "\ud7ff",
            "<!---->",
        )
    )
    return packed(content | {name: (text[:start] + filled + text[end:]).encode()})


def changed_der(chance, content):
    """A value of the signature's structure cut, doubled, lengthened or exchanged, its lengths as they were or not."""
    name = chance.choice(DER_FILES)
    encoded = content[name]
    values, level = [], [read(encoded)]
    while level:
        values += level
        level = [part for each in level if each.tag & 0x20 for part in each.parts]
    value = chance.choice(values)
    at = encoded.index(value.whole)
    other = chance.choice(values).whole
    filled = chance.choice(
        (
            b"",
            value.whole * 2,
            other,
            bytes([value.tag ^ 0x20]) + value.whole[1:],
            value.whole[:1] + b"\x84\xff\xff\xff\xff",
            value.whole[:-1],
            b"\x05\x00",
        )
    )
    return packed(content | {name: encoded[:at] + filled + encoded[at + len(value.whole) :]})


def test_no_changed_file_is_accepted_and_none_does_harm(pytestconfig, figures):
    """Accepted is only what says the same as before: a byte of the archive that stands for nothing may differ.

    What is fetched from the network or verified by the register is compared to the last byte besides.
    """
    wanted, seed = (CHAOS if pytestconfig.getoption("--chaos") else CI), random.randrange(1_000_000)
    chance, content, given = random.Random(seed), files(seal()), (trust(), NOW, expected())
    whole = packed(content)
    assert judge(whole, *given).ok
    changes = (
        lambda: changed_bytes(chance, whole),
        lambda: changed_archive(chance, content),
        lambda: changed_xml(chance, content),
        lambda: changed_der(chance, content),
    )
    before, accepted, problems, slowest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0, set(), 0.0
    for number in range(wanted):
        changed = changes[number % len(changes)]()
        began = time.perf_counter()
        verdict = judge(changed, *given)
        slowest = max(slowest, time.perf_counter() - began)
        if verdict.ok:
            accepted += 1
            assert said(Package(changed).files) == said(content), f"seed {seed}, file {number}"
        else:
            assert verdict.problem is not None, f"seed {seed}, file {number}"
            problems.add(verdict.problem.problem)
        drawn(changed)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert slowest < SLOWEST
    assert grown < MOST_MORE
    assert len(problems) > 10
    figures.update({"seed": seed, "files": wanted, "accepted, the same in every file": accepted, "different problems": len(problems),
                    "slowest ms": round(slowest * 1000, 1), "grown MiB": round(grown / 1024)})  # fmt: skip


def said(content):
    """What a package says: every file under its name, whose case does not count, but for the list of signatures; of the signature its parts."""
    told = {name.casefold(): each for name, each in content.items() if not name.casefold().endswith("signatures.xml")}
    value = next(name for name in told if name.endswith("signedvalue.dat"))
    return told | {value: read_signature(told[value])}


def drawn(content):
    """A picture of it, or a word why not."""
    with suppress(Unreadable):
        assert draw_page(content, "预览").startswith(b"<?xml")
