"""The texts of the QR codes among pictures, read as a telephone would."""

import io
import warnings
from collections.abc import Iterable

import zxingcpp
from PIL import Image

MOST_PIXELS = 4_000_000
MOST_PICTURES = 20
_FORMATS = ("PNG", "JPEG", "BMP", "GIF")


def qr_texts(pictures: Iterable[bytes]) -> list[str]:
    """The text of every QR code in these pictures; a picture that cannot be read has none."""
    found, kinds = [], zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    for number, content in enumerate(pictures):
        if number < MOST_PICTURES and (picture := _grey(content)) is not None:
            found += [code.text for code in zxingcpp.read_barcodes(picture, formats=kinds)]
    return found


def _grey(content: bytes) -> Image.Image | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(content), formats=_FORMATS)
            if picture.width * picture.height > MOST_PIXELS:
                return None
            return picture.convert("L")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        return None
