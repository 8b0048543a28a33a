"""The picture of a round seal: ring, star and, where the machine has a Chinese font, the name along the ring."""

import io
import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIDE, LARGER = 496, 2
"""Pixels of a side, and how many times larger it is drawn, for smooth edges."""
RED = (214, 30, 30, 255)
FONTS = ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc", "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
SPAN = math.radians(250)
"""The arc that the name takes at most."""


@lru_cache(maxsize=256)
def seal_picture(seal_name: str) -> bytes:
    """A PNG with a transparent ground."""
    side = SIDE * LARGER
    picture = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    drawing = ImageDraw.Draw(picture)
    drawing.ellipse((12, 12, side - 12, side - 12), outline=RED, width=24)
    drawing.polygon(list(_star(side / 2, side * 0.17)), fill=RED)
    font = _font(int(side * 0.095))
    if font is not None:
        _write_around(picture, seal_name, font)
    packed = io.BytesIO()
    picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS).quantize(16).save(packed, "PNG", optimize=True)
    return packed.getvalue()


def _star(centre: float, radius: float) -> Iterator[tuple[float, float]]:
    for corner in range(10):
        length = radius if corner % 2 == 0 else radius * 0.382
        angle = math.radians(36 * corner - 90)
        yield centre + length * math.cos(angle), centre + length * math.sin(angle)


def _font(size: int) -> "ImageFont.FreeTypeFont | None":
    found = next((path for path in FONTS if Path(path).exists()), None)
    return ImageFont.truetype(found, size, index=2) if found else None


def _write_around(picture: Image.Image, text: str, font: "ImageFont.FreeTypeFont") -> None:
    side, step = picture.width, min(math.radians(24), SPAN / max(len(text) - 1, 1))
    size = int(font.size * 1.5)
    for place, character in enumerate(text):
        angle = step * (place - (len(text) - 1) / 2)
        letter = Image.new("RGBA", (size, size), (255, 255, 255, 0))
        ImageDraw.Draw(letter).text((size / 2, size / 2), character, RED, font, anchor="mm")
        turned = letter.rotate(-math.degrees(angle), Image.Resampling.BICUBIC)
        x, y = side / 2 + side * 0.385 * math.sin(angle), side / 2 - side * 0.385 * math.cos(angle)
        picture.alpha_composite(turned, (int(x - size / 2), int(y - size / 2)))
