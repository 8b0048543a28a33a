"""Misbehaviour on demand: every way in which a platform can go wrong, in one table.

Control (never misbehaved itself, on either platform):

`POST /control/misbehave` with a JSON object

=============  ====================================================================================================
`mode`         one of `MODES` below (required)
`path`         substring of the request's path, or `*` (default) for every path
`times`        how many matching requests are spoilt; default 1, or without end when `probability` is given
`probability`  0…1, spoil each matching request with this chance only; `seed` (default 0) makes the dice repeatable
`arg`          the mode's own argument, see the table
=============  ====================================================================================================

answers 201 with the fault as it is kept; 400 `UNKNOWN_MODE` / `BAD_FAULT`. `DELETE /control/misbehave` forgets all faults,
`GET /control/misbehave` lists those still in wait. Faults live in memory: a restart forgets them.

One request meets at most one fault of the wire and one of the business, the oldest that matches first, so that for example
`answer-lost` and `no-callback` can be combined.
"""

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Scope = Literal["wire", "national", "provincial"]


@dataclass(frozen=True)
class Mode:
    """One kind of misbehaviour.

    `scope` "wire" is done by the HTTP server for either platform, the others by that platform's business code.
    `effect` says whether the request has its effect all the same; `arg.effect` (true/false) overrides it for wire modes.
    """

    name: str
    scope: Scope
    effect: bool
    seen_by_client: str


MODES = {
    mode.name: mode
    for mode in (
        Mode("http-500", "wire", False, "status 500, JSON body"),
        Mode("http-502", "wire", False, "status 502, HTML body of a gateway"),
        Mode("http-503", "wire", False, "status 503, JSON body"),
        Mode("http-403", "wire", False, "status 403, HTML body of a gateway that does not know the caller's address"),
        Mode("http-429", "wire", False, "status 429, Retry-After: arg seconds (default 1)"),
        Mode(
            "refuse-connections",
            "wire",
            False,
            "connection refused for arg seconds (default 1), from the control's answer on; open connections are cut",
        ),
        Mode("reset-before", "wire", False, "connection reset after the request was read"),
        Mode("reset-after", "wire", True, "head of the answer, then connection reset"),
        Mode("silence", "wire", False, "no answer until the client gives up; arg 'with-effect' or 'without-effect'"),
        Mode("truncated", "wire", True, "Content-Length promises more than arrives"),
        Mode("not-json", "wire", True, "status 200, application/json, body that is no JSON"),
        Mode("html", "wire", False, "status 200, an HTML error page"),
        Mode("empty", "wire", True, "status 200, empty body"),
        Mode("answer-lost", "wire", True, "connection closed without a byte of answer"),
        Mode("unknown-code", "national", True, 'ReturnCode "7", empty lists'),
        Mode("refuse", "national", False, "ReturnCode 0 with arg {code, message}; provincial: status 422 with them"),
        Mode("warn", "national", True, "ReturnCode 2 with arg {code, message} among the warnings"),
        Mode("duplicate-callback", "provincial", True, "the call-back comes arg times (default 2)"),
        Mode("early-callback", "provincial", True, "sealed and called back before the seal request is answered"),
        Mode("foreign-callback", "provincial", True, "the call-back names another requestKey (arg, or a made-up one) instead"),
        Mode("forged-callback", "provincial", True, "the call-back's signature is wrong"),
        Mode("no-callback", "provincial", True, "sealed, but no call-back"),
        Mode("wrong-seal-name", "provincial", True, "sealed with the seal named arg"),
        Mode("changed-item", "provincial", True, "face item arg {item, value} differs in file and metadata (default: owner)"),
        Mode("stale-seal", "provincial", True, "sealedAt lies arg seconds (default 3600) before the request"),
        Mode("bad-seal", "provincial", True, "sealed badly; arg: unknown-root, expired, unsigned-file or changed-page"),
        Mode("never-seal", "provincial", True, "stays pending until sealed by hand"),
    )
}

SHARED_BUSINESS_MODES = frozenset({"refuse"})
"""Business modes that both platforms know."""


class BadFault(ValueError):
    """The description of a fault is wrong; `code` is stable, the text says what."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Fault:
    """A misbehaviour in wait. `left` is how many more requests it spoils; None is without end."""

    mode: Mode
    path: str
    left: int | None
    probability: float
    arg: Any
    dice: random.Random

    @property
    def effect(self) -> bool:
        """Whether the spoilt request has its effect."""
        if isinstance(self.arg, dict) and isinstance(self.arg.get("effect"), bool):
            return bool(self.arg["effect"])
        if self.arg in ("with-effect", "without-effect"):
            return bool(self.arg == "with-effect")
        return self.mode.effect

    def seconds(self, default: float) -> float:
        """The argument as a duration in seconds."""
        return float(self.arg) if isinstance(self.arg, int | float) else default

    def strikes(self, path: str) -> bool:
        """Whether it spoils this request; a hit uses up one of its times."""
        if self.left == 0 or (self.path != "*" and self.path not in path):
            return False
        if self.probability < 1 and self.dice.random() >= self.probability:
            return False
        if self.left is not None:
            self.left -= 1
        return True

    def describe(self) -> dict[str, Any]:
        """What the control answers about it."""
        return {"mode": self.mode.name, "path": self.path, "left": self.left, "probability": self.probability, "arg": self.arg}


class Misbehaviour:
    """The faults in wait on one platform; safe for use from many threads."""

    def __init__(self, platform: Literal["national", "provincial"]) -> None:
        self._platform = platform
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, description: object) -> Fault:
        """Keep a fault described as in the module's text.

        Raises BadFault (`UNKNOWN_MODE`, `BAD_FAULT`) without keeping anything.
        """
        fault = read_fault(description, self._platform)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._faults.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """Describe the faults that can still strike."""
        with self._lock:
            return [fault.describe() for fault in self._faults if fault.left != 0]

    def strike_wire(self, path: str) -> Fault | None:
        """The wire fault that spoils a request to this path, used up by one."""
        return self._strike(path, (name for name, mode in MODES.items() if mode.scope == "wire"))

    def strike_business(self, path: str, modes: Iterable[str]) -> Fault | None:
        """The fault among the named business modes that spoils a request to this path, used up by one."""
        return self._strike(path, modes)

    def _strike(self, path: str, modes: Iterable[str]) -> Fault | None:
        names = frozenset(modes)
        with self._lock:
            return next((fault for fault in self._faults if fault.mode.name in names and fault.strikes(path)), None)


def read_fault(description: object, platform: str) -> Fault:
    """Make a fault from its JSON description. Raises BadFault."""
    if not isinstance(description, dict):
        raise BadFault("BAD_FAULT", "a JSON object is expected")
    mode = MODES.get(str(description.get("mode")))
    if mode is None or not (mode.scope in ("wire", platform) or mode.name in SHARED_BUSINESS_MODES):
        raise BadFault("UNKNOWN_MODE", f"this platform has no mode {description.get('mode')!r}")
    probability = description.get("probability", 1)
    times = description.get("times", 1 if "probability" not in description else None)
    if isinstance(probability, bool) or not isinstance(probability, int | float) or not 0 <= probability <= 1:
        raise BadFault("BAD_FAULT", "probability is a number from 0 to 1")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise BadFault("BAD_FAULT", "times is a whole number from 1")
    dice = random.Random(str(description.get("seed", 0)))  # noqa: S311  repeatable dice are wanted here, not secrets
    return Fault(mode, str(description.get("path", "*")), times, float(probability), description.get("arg"), dice)
