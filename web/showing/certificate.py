"""What is handed out of a certificate, to its parties and to the public alike: the QR code of its face, and its file."""

import io

import qrcode
from flask import Response, send_file
from qrcode.image.svg import SvgPathImage

from registry.certificate_files import CertificateFile


def qr_picture(text: str) -> Response:
    """A QR code that says this text and nothing else, as SVG: on the face it is the national platform's, verbatim."""
    drawn = io.BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, error_correction=qrcode.constants.ERROR_CORRECT_M, border=2).save(drawn)
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


def certificate_download(number: str, kept: CertificateFile) -> Response:
    """The e-certificate's file to be kept, named by the certificate's number."""
    name = f"建筑起重机械备案证-{number}.ofd"
    return send_file(io.BytesIO(kept.content), mimetype=kept.media_type, as_attachment=True, download_name=name)
