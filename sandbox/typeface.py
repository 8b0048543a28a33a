"""The machine's Chinese typeface, and the part of it that a certificate carries with it: TrueType, which every OFD reader takes.

Latin letters are half as wide as Chinese ones, as the page is laid out. Without such a typeface the reader's own 宋体 serves.
"""

import io
import threading
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._g_l_y_f import Glyph

FILE, NUMBER = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"), 7
"""Debian's fonts-noto-cjk, and the place of Noto Sans Mono CJK SC in it."""
ALLOWED_ERROR = 1.0
"""How far a quadratic curve may lie beside the cubic one, in the typeface's units, a thousand to the letter."""


class _Outline(NamedTuple):
    compiled: bytes
    width: int
    left: int
    points: int
    contours: int


class Typeface:
    """A typeface of this machine. A letter's outline is converted once, and kept: 89 letters take 90 ms at first and 3 ms later."""

    def __init__(self, font: TTFont) -> None:
        self.name = str(font["name"].getDebugName(1))
        self._letters, self._drawn, self._units = font.getBestCmap(), font.getGlyphSet(), int(font["head"].unitsPerEm)
        self._height: dict[str, int] = {"ascent": font["hhea"].ascent, "descent": font["hhea"].descent}
        self._outlines: dict[str, _Outline] = {}
        self._converting = threading.Lock()

    def part(self, text: str) -> bytes:
        """A TrueType font with the letters of this text; those that the typeface lacks are left to the reader's own."""
        letters = sorted(letter for letter in set(text) if ord(letter) in self._letters)
        with self._converting:
            for letter in letters:
                if letter not in self._outlines:
                    self._outlines[letter] = self._converted(letter)
        return self._font({f"u{ord(letter):04X}": self._outlines[letter] for letter in letters}, letters)

    def _converted(self, letter: str) -> _Outline:
        drawn = self._drawn[self._letters[ord(letter)]]
        pen = TTGlyphPen(None)
        drawn.draw(Cu2QuPen(pen, ALLOWED_ERROR, reverse_direction=True))
        glyph: Any = pen.glyph()
        glyph.recalcBounds(None)
        points = len(glyph.coordinates) if glyph.numberOfContours > 0 else 0
        left = glyph.xMin if points else 0
        return _Outline(glyph.compile(None, recalcBBoxes=False), round(drawn.width), left, points, max(glyph.numberOfContours, 0))

    def _font(self, outlines: dict[str, _Outline], letters: list[str]) -> bytes:
        built = FontBuilder(self._units, isTTF=True)
        built.font.recalcBBoxes = False  # or every outline would be unpacked and packed again
        names = [".notdef", *outlines]
        built.setupGlyphOrder(names)
        built.setupCharacterMap({ord(letter): name for letter, name in zip(letters, outlines, strict=True)})
        glyphs: Any = newTable("glyf")
        glyphs.glyphOrder = names
        glyphs.glyphs = {".notdef": Glyph(b"")} | {name: Glyph(outline.compiled) for name, outline in outlines.items()}
        built.font["loca"], built.font["glyf"] = newTable("loca"), glyphs
        metrics = {name: (outline.width, outline.left) for name, outline in outlines.items()}
        built.setupHorizontalMetrics({".notdef": (self._units, 0)} | metrics)
        built.setupHorizontalHeader(**self._height)
        built.setupNameTable({"familyName": self.name, "styleName": "Regular"})
        built.setupOS2()
        built.setupPost(keepGlyphNames=False)
        built.setupMaxp()
        built.font["maxp"].maxPoints = max((outline.points for outline in outlines.values()), default=0)
        built.font["maxp"].maxContours = max((outline.contours for outline in outlines.values()), default=0)
        packed = io.BytesIO()
        built.save(packed)
        return packed.getvalue()


@cache
def installed_typeface() -> Typeface | None:
    """The typeface to carry along; None when this machine has none."""
    return Typeface(TTFont(FILE, fontNumber=NUMBER, lazy=True)) if FILE.exists() else None
