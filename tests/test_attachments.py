"""A file is attached only when its content is what its name says."""

import hashlib
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_runtime.attachments import AttachmentLimits, AttachmentRefused, check_attachment


def archive(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name in names:
            opened.writestr(zipfile.ZipInfo(name), "x")  # a fixed date: the bytes stand in the names of the tests
    return buffer.getvalue()


PDF = b"%PDF-1.7\n..."
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
OFD = archive("OFD.xml", "Doc_0/Document.xml")
DOCX = archive("[Content_Types].xml", "word/document.xml")
XLSX = archive("[Content_Types].xml", "xl/workbook.xml")
ALL = AttachmentLimits(max_size=10_000, types=("pdf", "jpg", "jpeg", "png", "ofd", "docx", "xlsx", "zip"))


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("执照.pdf", PDF, "application/pdf"),
        ("a.PDF", b"\xef\xbb\xbf\n" + PDF, "application/pdf"),
        ("a.png", PNG, "image/png"),
        ("a.jpg", JPEG, "image/jpeg"),
        ("a.jpeg", JPEG, "image/jpeg"),
        ("a.ofd", OFD, "application/ofd"),
        ("a.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.xlsx", XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.zip", archive("x.txt"), "application/zip"),
    ],
)
def test_a_file_that_is_what_it_says_is_taken_with_its_facts(name, content, media_type):
    facts = check_attachment(name, content, ALL)
    assert (facts.name, facts.type, facts.size) == (name, media_type, len(content))
    assert facts.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "ATTACHMENT_EMPTY"),
        ("a.pdf", PDF + b"x" * 10_000, "ATTACHMENT_TOO_LARGE"),
        ("a.exe", b"MZ", "ATTACHMENT_NOT_ALLOWED"),
        ("a.pdf.exe", PDF, "ATTACHMENT_NOT_ALLOWED"),
        ("pdf", PDF, "ATTACHMENT_NOT_ALLOWED"),
        ("a.pdf", PNG, "ATTACHMENT_MISMATCH"),
        ("a.pdf", b" " * 1024 + PDF, "ATTACHMENT_MISMATCH"),
        ("a.png", JPEG, "ATTACHMENT_MISMATCH"),
        ("a.png", PNG[:8] + b"rubbish", "ATTACHMENT_MISMATCH"),
        ("a.jpg", b"\xff\xd8\xff\x00 rubbish", "ATTACHMENT_MISMATCH"),
        ("a.jpg", b"\xff\xd8\xff", "ATTACHMENT_MISMATCH"),
        ("a.jpg", b"GIF" + JPEG[3:], "ATTACHMENT_MISMATCH"),
        ("a.ofd", archive("x.txt"), "ATTACHMENT_MISMATCH"),
        ("a.ofd", archive("OFD.xml", "../../etc/passwd"), "ATTACHMENT_MISMATCH"),
        ("a.ofd", archive("OFD.xml", "..\\evil"), "ATTACHMENT_MISMATCH"),
        ("a.ofd", archive("OFD.xml", "/etc/passwd"), "ATTACHMENT_MISMATCH"),
        ("a.ofd", b"#!/bin/sh\n" + OFD, "ATTACHMENT_MISMATCH"),
        ("a.ofd", OFD[:40], "ATTACHMENT_MISMATCH"),
        ("a.docx", XLSX, "ATTACHMENT_MISMATCH"),
        ("a.xlsx", DOCX, "ATTACHMENT_MISMATCH"),
        ("../a.pdf", PDF, "ATTACHMENT_NAME"),
        ("c:\\a.pdf", PDF, "ATTACHMENT_NAME"),
        ("a\x00.pdf", PDF, "ATTACHMENT_NAME"),
        ("a\u202efdp.pdf", PDF, "ATTACHMENT_NAME"),
        ("x" * 197 + ".pdf", PDF, "ATTACHMENT_NAME"),
        (" ", PDF, "ATTACHMENT_NAME"),
        ("..", PDF, "ATTACHMENT_NAME"),
    ],
)
def test_a_file_that_may_not_be_attached_is_refused_by_name(name, content, code):
    with pytest.raises(AttachmentRefused) as refused:
        check_attachment(name, content, ALL)
    assert refused.value.code == code
    assert refused.value.remedy.zh
    assert code == "ATTACHMENT_NAME" or name in refused.value.message.zh


@pytest.mark.parametrize(("name", "content"), [("a.docx", DOCX), ("a.zip", archive("x"))])
def test_by_default_only_the_kinds_of_a_filing_are_taken(name, content):
    with pytest.raises(AttachmentRefused, match="不接受"):
        check_attachment(name, content, AttachmentLimits())


def test_a_configured_kind_without_a_content_test_is_not_taken():
    with pytest.raises(AttachmentRefused):
        check_attachment("a.exe", b"MZ", AttachmentLimits(types=("exe",)))


CODES = {"taken", *(f"ATTACHMENT_{c}" for c in ("EMPTY", "TOO_LARGE", "NOT_ALLOWED", "MISMATCH", "NAME"))}


def code_of(name, content):
    try:
        check_attachment(name, content, ALL)
    except AttachmentRefused as refused:
        return refused.code
    return "taken"


@settings(max_examples=300)
@given(
    st.text(st.characters(codec=None)),
    st.sampled_from(["", ".pdf", ".ofd", ".docx"]),
    st.binary(),
    st.binary(max_size=40),
    st.integers(0, 200),
)
def test_any_file_is_taken_or_refused(name, extension, content, noise, at):
    """Hostile names, contents and damaged archives never cause another exception."""
    damaged = OFD[:at] + noise + OFD[at + len(noise) :]
    assert code_of(name + extension, content) in CODES
    assert code_of(name + extension, damaged) in CODES
