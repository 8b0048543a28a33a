"""The certificate as anybody sees it: drawn by the browser from our picture of the sealed file, without JavaScript."""

import io

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from registry.certificate_files import file_of
from web.pages import certificate_files


@pytest.fixture(scope="module")
def certificate(site):
    """One that has been aggregated."""
    with site.runtime.reading() as uow:
        numbers = [row.number for row in map(uow.cases.by_number, site.numbers) if row.status == "已归集"]
    return site.certificate(numbers[0])


def test_a_telephone_reads_the_qr_code_of_the_drawn_page(visit, certificate):
    """Seal, frame and letters are there, and the code is the national platform's text, verbatim."""
    tab = visit(None, javascript=False, width=1366, height=1000)
    tab.go(f"/preview/{certificate.verification_code}")
    picture = tab.page.locator(".sheet-picture img")
    assert picture.evaluate("each => each.complete && each.naturalWidth > 500")
    drawn = Image.open(io.BytesIO(picture.screenshot())).convert("RGB")
    assert certificate.qr_text in [read.text for read in zxingcpp.read_barcodes(drawn)]
    red = sum(1 for r, g, b in drawn.get_flattened_data() if r > 180 and g < 90 and b < 90)
    dark = sum(1 for r, g, b in drawn.get_flattened_data() if r < 60 and g < 60 and b < 60)
    assert red > 300
    assert dark > 3_000


def test_it_is_printed_on_one_page(visit, certificate):
    """The sealed page as it is, across an A4 sheet."""
    tab = visit(None)
    tab.go(f"/preview/{certificate.verification_code}")
    printed = pypdfium2.PdfDocument(tab.page.pdf(prefer_css_page_size=True))
    assert [tuple(map(round, page.get_size())) for page in printed] == [(842, 595)]
    printed.close()


def test_whoever_holds_a_file_has_it_verified(visit, site, certificate, javascript, tmp_path):
    with site.runtime.reading() as uow:
        content = file_of(uow.connection, certificate.identifier).content
    held, spoilt = tmp_path / "held.ofd", tmp_path / "spoilt.ofd"
    held.write_bytes(content)
    spoilt.write_bytes(content[:9000] + b"x" + content[9001:])
    tab = visit(None, javascript=javascript)
    for path, verdict in ((held, "文件真实完整"), (spoilt, "文件未通过核验")):
        tab.go("/verify")
        tab.page.get_by_label("电子证照文件", exact=True).set_input_files(path)
        tab.press("核验")
        assert verdict in tab.page.locator(".public-verdict-word").inner_text()
        if javascript:
            tab.axe()


def test_the_present_state_is_told_without_javascript(visit, certificate):
    tab = visit(None, javascript=False)
    tab.go(f"/verify/{certificate.verification_code}")
    assert "有效" in tab.page.locator(".public-verdict-word").inner_text()
    assert "电子签章有效，文件未被改动。" in tab.text()
    tab.page.get_by_text("逐项核验结果").click()
    words = tab.page.locator(".public-checks-word").all_inner_texts()
    assert set(words) == {"通过"}
    assert len(words) == len(certificate.verification_report["checks"])


def test_a_list_is_verified_to_its_end(visit, site, javascript, monkeypatch):
    """With a bar that fills by itself; without JavaScript a press for each part."""
    monkeypatch.setattr(certificate_files, "AT_ONCE", 4)
    tab = visit("li.150100", javascript=javascript)
    tab.go("/cases?view=all&status=已归集")
    tab.press("核验这些备案的电子证照")
    parts = 1
    while not javascript and tab.page.get_by_role("link", name="继续核验").count():
        tab.press("继续核验")
        parts += 1
    tab.page.get_by_text("核验完毕").wait_for()
    assert "全部通过" in tab.text()
    bar = tab.page.get_by_role("progressbar")
    assert bar.get_attribute("value") == bar.get_attribute("max")
    assert javascript or parts == -(-int(bar.get_attribute("max")) // 4)
    if javascript:
        tab.axe()
