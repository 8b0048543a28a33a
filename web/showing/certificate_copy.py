"""A readable copy (副本) of a certificate for whoever has no reader of OFD files: PDF, unsigned, and marked so."""

import io
from typing import Any
from xml.sax.saxutils import escape

import qrcode
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from registry.verification import PublicCertificate

FONT = "STSong-Light"
"""Every reader of PDF files has it, or something that stands for it; so it need not be in the file."""
MARK = "副本 · 非原件"
SIDE = 32 * mm

_TITLE = ParagraphStyle("title", fontName=FONT, fontSize=20, leading=28, alignment=1)
_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=11, leading=16, wordWrap="CJK")
_NOTE = ParagraphStyle("note", parent=_TEXT, fontSize=9, leading=13, textColor=HexColor("#52616f"))


class Code(Flowable):  # type: ignore[misc]  # the library has no types
    """A QR code, drawn module by module."""

    def __init__(self, text: str) -> None:
        super().__init__()
        code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=2)
        code.add_data(text)
        self._rows = code.get_matrix()
        self.width = self.height = SIDE

    def draw(self) -> None:
        """Draw it."""
        side = SIDE / len(self._rows)
        for row, modules in enumerate(self._rows):
            for column, dark in enumerate(modules):
                if dark:
                    self.canv.rect(column * side, SIDE - (row + 1) * side, side, side, stroke=0, fill=1)


def certificate_copy(certificate: PublicCertificate, address: str) -> bytes:
    """The face, the present state, and our own QR code, which leads to `address`, the page of the current state."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    packed = io.BytesIO()
    document = SimpleDocTemplate(packed, pagesize=A4, title=f"建筑起重机械备案证 {certificate.number}（副本）", invariant=1)
    items = [*((label.zh, value or "—") for label, value in certificate.face), ("证照标识", certificate.identifier)]
    rows = [[_paragraph(label), _paragraph(value)] for label, value in items]
    face = Table(rows, colWidths=[50 * mm, 120 * mm])
    face.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, HexColor("#8794a1")), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    state = f"状态：{certificate.state_word.zh}。{certificate.meaning.zh}"
    note = "本副本由系统依据电子证照生成，仅供阅读，不具有电子签章；电子证照（OFD）为原件。当前状态请扫描二维码或打开以下地址查验："
    foot = Table(
        [[[_paragraph(state), Spacer(1, 2 * mm), _paragraph(note, _NOTE), _paragraph(address, _NOTE)], Code(address)]],
        colWidths=[136 * mm, 34 * mm],
    )
    foot.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, 0), 0)]))
    title = [Paragraph("建筑起重机械备案证", _TITLE), Paragraph("（副本）", _TITLE), Spacer(1, 5 * mm)]
    document.build([*title, face, Spacer(1, 4 * mm), foot], onFirstPage=_marked, onLaterPages=_marked)
    return packed.getvalue()


def copy_name(number: str) -> str:
    """What its file is called."""
    return f"建筑起重机械备案证-{number}-副本.pdf"


def _paragraph(text: str, style: ParagraphStyle = _TEXT) -> Paragraph:
    return Paragraph(escape(text), style)


def _marked(canvas: Any, document: Any) -> None:
    """The mark across the page, under everything."""
    canvas.saveState()
    canvas.setFont(FONT, 60)
    canvas.setFillColor(HexColor("#e6eaee"))
    canvas.translate(document.pagesize[0] / 2, document.pagesize[1] / 2)
    canvas.rotate(40)
    canvas.drawCentredString(0, 0, MARK)
    canvas.restoreState()
