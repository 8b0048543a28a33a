"""What anybody sees: the preview of a certificate, its present state, and how it is found."""

import re
import zipfile
from base64 import b64decode
from datetime import timedelta
from io import BytesIO

import pypdfium2 as pdfium
import pytest
import zxingcpp
from browsing import Browser
from lxml import etree
from office import Office, furnished
from PIL import Image, ImageDraw

from registry.certificates import FACE, change_state
from web.asking.certificate import LONGEST, Sought
from web.pages.public import BURST, PAGE_SECONDS, PAGES_AT_ONCE, SECONDS
from workflow_runtime.clock import ManualClock

CHANNELS = (
    "https://zlaq.mohurd.gov.cn/fwmh/bjxcjgl/fwmh/pages/default/index.html",
    "https://zwfw.nmg.gov.cn/",
    "蒙速办（app）",
    "全国工程质量安全监管信息平台（微信小程序）",
)
UNKNOWN = "A" * 22


@pytest.fixture(scope="module")
def office(addresses, tmp_path_factory, pytestconfig, request):
    """An installation in which one filing has been aggregated, and another one waits for its review."""
    from workbench import MONDAY

    folder = tmp_path_factory.mktemp("public")
    if pytestconfig.getoption("--database") == "postgresql":
        address = addresses.postgresql(request.getfixturevalue("postgresql_server"), furnished)
    else:
        address = addresses.sqlite(furnished)
    with Office(address, folder, ManualClock(MONDAY)) as opened:
        number = opened.file()
        opened.to_the_button(number)
        opened.push(number)
        opened.done = number
        yield opened


@pytest.fixture(scope="module")
def certificate(office):
    return office.certificate(office.done)


@pytest.fixture
def browser(office):
    """A visitor: nobody has signed in."""
    return Browser(office.runtime)


def test_the_address_sent_at_aggregation_shows_the_thirteen_items(office, certificate, browser):
    """It is the preview page of our public address; nobody needs to sign in."""
    [sent] = [e for e in office.exchanges(office.done) if e.operation.endswith("gj")]
    base = office.environment["CRANE_PUBLIC_URL"]
    assert sent.request["AcceptData"][0]["url"] == f"{base}/preview/{certificate.verification_code}"
    page = browser.get(f"/preview/{certificate.verification_code}")
    assert page.status == 200
    assert page.one("//h1").text_content() == f"建筑起重机械备案证 {certificate.number}"
    shown = {row.xpath("string(th)"): row.xpath("string(td)") for row in page.all("//table[contains(@class, 'public-face')]//tr")}
    assert shown == {label.zh: str(certificate.face[key]) for key, label in FACE.items()}
    assert page.one("//figcaption").text_content() == "已签章的电子证照（OFD）的版面"


def test_the_qr_code_is_the_national_platforms_text(certificate, browser):
    """Decoded from the picture, character by character."""
    page = browser.get(f"/verify/{certificate.verification_code}")
    drawn = browser.client.get(page.one("//figure[@class='public-face-qr']/img").get("src"))
    assert drawn.mimetype == "image/svg+xml"
    tree = etree.fromstring(drawn.data)
    size = int(float(tree.get("viewBox").split()[2]))
    picture = Image.new("L", (size * 10, size * 10), 255)
    pen = ImageDraw.Draw(picture)
    path = tree.find(".//{*}path").get("d")
    for x, y in re.findall(r"M([\d.]+),([\d.]+)", path):
        left, top = float(x) * 10, float(y) * 10
        pen.rectangle((left, top, left + 9, top + 9), fill=0)
    [read] = zxingcpp.read_barcodes(picture)
    assert read.text == certificate.qr_text


def test_the_picture_is_drawn_from_the_sealed_file(certificate, browser):
    """Every item of the face, the seal, the QR code, and a watermark over it."""
    page = browser.get(f"/preview/{certificate.verification_code}")
    drawn = browser.client.get(page.one("//figure[@class='sheet-picture']/img").get("src"))
    assert drawn.mimetype == "image/svg+xml"
    tree = etree.fromstring(drawn.data)
    text = "".join("".join(tree.itertext()).split())
    assert [value for value in certificate.face.values() if "".join(str(value).split()) not in text] == []
    assert text.count("电子证照预览") == 9
    pictures = [each.get("href").partition(",") for each in tree.iter("{*}image")]
    assert [start for start, _, _ in pictures] == ["data:image/png;base64"] * 2
    [read] = zxingcpp.read_barcodes(Image.open(BytesIO(b64decode(pictures[0][2]))))
    assert read.text == certificate.qr_text


def test_a_readable_copy_leads_to_our_own_page(office, certificate, browser):
    """Marked as a copy; its QR code is ours, not the national platform's."""
    address = browser.get(f"/preview/{certificate.verification_code}").one("//a[contains(@href, 'copy.pdf')]").get("href")
    answer = browser.client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")
    assert len(answer.data) < 100_000
    drawn = pdfium.PdfDocument(answer.data)[0]
    text = "".join(drawn.get_textpage().get_text_bounded().split())
    assert "副本" in text
    assert [value for value in certificate.face.values() if "".join(str(value).split()) not in text] == []
    [read] = zxingcpp.read_barcodes(drawn.render(scale=3).to_pil())
    assert read.text.endswith(f"/verify/{certificate.verification_code}")


def test_the_picture_of_what_is_no_longer_valid_says_so(office, browser):
    number = office.file(serial_no="GONE-1")
    office.to_the_button(number)
    held = office.certificate(number)
    with office.runtime.transaction() as uow:
        change_state(uow.connection, held.identifier, "cancelled", "设备报废", uow.now)
    assert "注销·不再有效" in "".join(browser.client.get(f"/preview/{held.verification_code}/page.svg").text.split())


@pytest.mark.parametrize("file", ["page.svg", "copy.pdf"])
def test_no_picture_and_no_copy_of_what_is_not_there(browser, file):
    assert browser.client.get(f"/preview/{UNKNOWN}/{file}").status_code == 404


def test_the_certificate_file_is_downloaded(certificate, browser):
    code = certificate.verification_code
    link = browser.get(f"/preview/{code}").one("//a[@download]").get("href")
    answer = browser.client.get(link)
    assert (answer.status_code, answer.mimetype) == (200, "application/ofd")
    assert "OFD.xml" in zipfile.ZipFile(BytesIO(answer.data)).namelist()
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_state_is_told_in_words_with_seal_report_and_the_four_channels(office, certificate, browser):
    page = browser.get(f"/verify/{certificate.verification_code}")
    assert page.one("//*[contains(@class, 'public-verdict-word')]").text_content().split()[-1] == "有效"
    assert certificate.seal_name in page.text
    assert len(page.all("//li[contains(@class, 'public-checks-ok')]")) == len(certificate.verification_report["checks"])
    assert "SM2 签名" in page.text
    for channel in CHANNELS:
        assert channel in page.text
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.one("//meta[@name='robots']").get("content") == "noindex, nofollow"


@pytest.mark.parametrize("path", ["preview", "verify"])
def test_nothing_personal_is_shown_beyond_the_face(office, certificate, browser, path):
    """Neither who asks for the machine's papers nor who decided: none of the filing's other answers."""
    text = browser.get(f"/{path}/{certificate.verification_code}").text
    apply = office.variables(office.done)["apply"]
    hidden = {"owner_code", "owner_address", "legal_representative", "legal_phone", "contact", "contact_phone"}
    assert hidden <= set(apply)
    assert [name for name in hidden if apply[name] in text] == []
    assert office.done not in text


def find(browser, **given):
    """Post the form; the answer before any redirect is followed."""
    return browser.post("/verify", given, follow=False)


def test_a_certificate_is_found_by_what_leads_to_it(certificate, browser):
    """The QR's text, a code, an address of ours old or new, and number with serial number, however typed."""
    code, serial_no = certificate.verification_code, certificate.face["serial_no"]
    ways = (
        {"text": f" {certificate.qr_text}\n"},
        {"text": code},
        {"text": f"https://crane.example/verify/{code}"},
        {"text": f"https://crane.example/preview/{code}?from=gj"},
        {"number": certificate.number.replace("-", "－").lower(), "serial_no": f" {serial_no.lower()} "},
    )
    for given in ways:
        answer = find(browser, **given)
        assert (answer.status, answer.headers["Location"]) == (303, f"/verify/{code}"), given


def test_a_number_alone_finds_nothing(certificate, browser):
    """Numbers can be counted up; the field that is missing is named, what was typed is kept."""
    answer = find(browser, number=certificate.number)
    assert answer.status == 422
    field = answer.one("//input[@name='serial_no']")
    assert field.get("aria-invalid") == "true"
    told = answer.one(f"//*[@id='{field.get('aria-describedby').split()[1]}']").text_content()
    assert "出厂编号" in told
    assert answer.one("//input[@name='number']").get("value") == certificate.number


def test_an_empty_form_is_told_what_to_fill_in(browser):
    assert find(browser).one("//input[@name='text']").get("aria-invalid") == "true"


@pytest.mark.parametrize(
    "given",
    [
        {"text": "no such thing"},
        {"text": "x" * 5000},
        {"text": "\0"},
        {"number": "蒙AA-T202600999", "serial_no": "ZL-1"},
        {"number": "%", "serial_no": "%"},
    ],
    ids=["text", "long", "nul", "number", "wild cards"],
)
def test_what_is_not_there_is_told_in_plain_words(browser, given):
    answer = find(browser, **given)
    assert answer.status in (404, 422)
    assert answer.one("//*[@role='alert']") is not None if answer.status == 404 else answer.one("//*[@aria-invalid]") is not None


@pytest.mark.parametrize(
    "path",
    ["/verify/%00", "/preview/%00", "/verify/%ff", "/preview/nothing/qr.svg", "/verify/" + "x" * 3000],
    ids=["nul", "nul preview", "no text", "no QR", "long"],
)
def test_an_address_that_leads_nowhere_is_a_page_in_words(browser, path):
    page = browser.get(path)
    assert page.status == 404
    assert page.one("//*[@role='alert']") is not None


def test_what_is_typed_is_made_fit_for_a_database():
    """No NUL character, which PostgreSQL refuses; no book pasted into the field."""
    sought = Sought.of({"text": " a\0b ", "number": "x" * (LONGEST + 1)})
    assert (sought.text, len(sought.number), sought.serial_no) == ("ab", LONGEST, "")


def test_a_wrong_serial_number_is_answered_like_a_wrong_number(office, certificate, statements):
    """The same words and the same work, so that nobody learns which numbers exist."""
    told = []
    for number in (certificate.number, "蒙AA-T202600999"):
        browser = Browser(office.runtime)
        browser.token()
        with statements(office.runtime) as sent:
            answer = find(browser, number=number, serial_no="NO-1")
        told.append((answer.status, answer.one("//*[@role='alert']").text_content(), len(sent)))
    assert told[0] == told[1]


@pytest.mark.parametrize("path", ["/verify/{}", "/preview/{}", "/preview/{}/qr.svg", "/preview/{}/certificate.ofd"])
def test_a_draft_is_as_unknown_as_what_never_was(office, browser, statements, path):
    """Before it is issued a certificate's code leads nowhere: the same words, the same statements."""
    number = office.file(serial_no=f"DRAFT-{len(path)}-{path.count('/')}{path[-1]}")
    office.misbehave("provincial", "never-seal", "seal-requests")
    office.approve(number)
    office.until(lambda: (held := office.certificate(number)) is not None and held.qr_text is not None)
    told = []
    for code in (office.certificate(number).verification_code, UNKNOWN):
        with statements(office.runtime) as sent:
            page = browser.get(path.format(code))
        told.append((page.status, page.one("//*[@role='alert']").text_content(), len(sent)))
    assert told[0] == told[1]
    assert told[0][0] == 404


def test_whoever_asks_too_often_has_to_wait(office):
    """A bucket for each address; it fills again with time."""
    browser = Browser(office.runtime)
    browser.token()
    assert {find(browser, text="nothing").status for _ in range(BURST)} == {404}
    refused = find(browser, text="nothing")
    assert (refused.status, refused.headers["Retry-After"]) == (429, str(int(SECONDS) + 1))
    assert "频繁" in refused.one("//*[@role='alert']").text_content()
    other = browser.client.post(
        "/verify", data={"csrf_token": browser.token(), "text": "nothing"}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert other.status_code == 404
    office.clock.advance(timedelta(seconds=SECONDS))
    assert find(browser, text="nothing").status == 404


@pytest.mark.parametrize(
    ("path", "most"), [("/verify/{}", 3), ("/preview/{}", 3), ("/preview/{}/qr.svg", 3), ("/preview/{}/certificate.ofd", 4), ("/verify", 0)]
)
def test_statements_of_a_page(office, certificate, browser, statements, path, most):
    with statements(office.runtime) as sent:
        assert browser.client.get(path.format(certificate.verification_code)).status_code == 200
    assert len(sent) <= most, sent


def test_a_certificate_that_is_no_longer_valid_says_so(office, certificate, browser):
    """On both pages, in words; last, since there is no way back."""
    with office.runtime.transaction() as uow:
        change_state(uow.connection, certificate.identifier, "cancelled", "转让", uow.now)
    for path in ("preview", "verify"):
        page = browser.get(f"/{path}/{certificate.verification_code}")
        assert page.status == 200
        assert page.one("//*[contains(@class, 'public-verdict-word')]").text_content().split()[-1] == "注销"
        assert "不再有效" in page.text


def test_pages_behind_codes_cannot_be_copied_without_end(office, certificate, browser):
    """An address that asks for page after page is told when to come again; another one is served meanwhile."""
    address = f"/verify/{certificate.verification_code}"
    answers = [browser.client.get(address).status_code for _ in range(PAGES_AT_ONCE + 1)]
    assert answers == [200] * PAGES_AT_ONCE + [429]
    refused = browser.client.get(f"/preview/{certificate.verification_code}/copy.pdf")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert browser.client.get(address, environ_overrides={"REMOTE_ADDR": "10.1.2.3"}).status_code == 200
    assert browser.client.get("/verify").status_code == 200
    office.clock.advance(timedelta(seconds=PAGE_SECONDS))
    assert browser.client.get(address).status_code == 200
