"""What is handed out of a certificate, to its parties and to the public alike: the QR code of its face, and its file."""

import io
from functools import lru_cache

import qrcode
from flask import Response, send_file
from qrcode.image.svg import SvgPathImage

from registry.certificate_files import CertificateFile
from registry.sealed_ofd.archive import Unreadable
from registry.sealed_ofd.drawing import draw_page
from registry.verification import PublicCertificate, unknown

PREVIEW = "电子证照预览"
"""The watermark of a certificate in force."""


def qr_picture(text: str) -> Response:
    """A QR code that says this text and nothing else, as SVG: on the face it is the national platform's, verbatim."""
    drawn = io.BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, error_correction=qrcode.constants.ERROR_CORRECT_M, border=2).save(drawn)
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


def page_picture(certificate: PublicCertificate, kept: CertificateFile) -> Response:
    """The first page of the certificate's file as SVG. Raises NotFound FILE_UNKNOWN when it cannot be drawn."""
    state = certificate.state_word.zh
    watermark = PREVIEW if certificate.in_force else f"{state} · 不再有效"
    try:
        drawn = _drawn(kept.sha256, kept.content, watermark)
    except Unreadable:
        raise unknown() from None
    return Response(drawn, mimetype="image/svg+xml")


@lru_cache(maxsize=64)
def _drawn(_digest: str, content: bytes, watermark: str) -> bytes:
    return draw_page(content, watermark)


def certificate_download(number: str, kept: CertificateFile, *, verified: bool = True) -> Response:
    """The e-certificate's file to be kept, named by the certificate's number; one that was refused says so in its name."""
    name = f"建筑起重机械备案证-{number}{'' if verified else '-未通过核验'}.ofd"
    return send_file(io.BytesIO(kept.content), mimetype=kept.media_type, as_attachment=True, download_name=name)
