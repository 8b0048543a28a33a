"""Pictures in a package: what they are, and the texts of the QR codes in them, read as a telephone would."""

import io
import warnings
from collections.abc import Sequence

import zxingcpp
from PIL import Image

MOST_PIXELS = 4_000_000
MEDIA = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"BM": "image/bmp"}
"""Media types by the first bytes."""
_FORMATS = ("PNG", "JPEG", "BMP", "GIF")


def media_type(picture: bytes) -> str | None:
    """What a browser takes the picture for; None when it is none of `MEDIA`."""
    return next((kind for start, kind in MEDIA.items() if picture.startswith(start)), None)


def qr_texts(picture: bytes) -> Sequence[str]:
    """The text of every QR code in the picture; none in one that cannot be read."""
    grey = _grey(picture)
    if grey is None:
        return ()
    codes = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return [code.text for code in codes]


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
