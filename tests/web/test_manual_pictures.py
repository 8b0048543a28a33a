"""The pictures in docs/images: each that is referred to is there, each that is there is referred to, and none is heavy."""

import re

import pytest
from desk import ROOT

IMAGES = ROOT / "docs" / "images"
TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MOST = 150 * 1024
"""Bytes of a picture."""


def referred_to():
    """The files that pictures in the texts name."""
    return {
        (text.parent / path).resolve() for text in TEXTS for path in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text.read_text(encoding="utf-8"))
    }


def test_pictures_and_references_agree():
    assert {path.name for path in referred_to()} == {path.name for path in IMAGES.iterdir()}


@pytest.mark.parametrize("picture", sorted(IMAGES.iterdir()), ids=lambda path: path.stem)
def test_a_picture_is_light(picture):
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size <= MOST
