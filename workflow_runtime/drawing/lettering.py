"""Words on the drawing: broken into lines by the width of their letters (Chinese ones are twice as wide as Latin ones)."""

import unicodedata

SIZE = 12.0
"""Pixels of a letter's height."""
LEADING = 14.0
"""Pixels from line to line."""


def width(text: str) -> float:
    """About how wide a text is, in pixels."""
    return sum(SIZE if unicodedata.east_asian_width(letter) in "WFA" else SIZE * 0.56 for letter in text)


def lines(text: str, room: float, most: int = 5) -> list[str]:
    """The text in lines of at most `room` pixels, at most `most` of them: what does not fit ends in `…`."""
    broken = [line for part in text.split("\n") for line in _broken(part.strip(), max(room, SIZE))]
    return broken if len(broken) <= most else [*broken[: most - 1], broken[most - 1][:-1] + "…"]


def _broken(text: str, room: float) -> list[str]:
    found, line = [], ""
    for letter in text:
        if line and width(line + letter) > room:
            # A Latin word is kept together where there is a blank to break at.
            at = line.rfind(" ") if letter.isascii() and letter != " " else -1
            head, line = (line[:at], line[at + 1 :]) if at > 0 else (line, "")
            found.append(head.strip())
        line += letter
    return [*found, line.strip()] if line.strip() else found
