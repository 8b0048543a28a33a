"""The certificates of a list as one archive."""

import zipfile
from io import BytesIO

import pytest
from browsing import Browser
from office import Office, furnished
from workbench import MONDAY

from registry.certificate_files import file_of
from web.pages import certificate_files
from workflow_runtime.clock import ManualClock


@pytest.fixture(scope="module")
def office(addresses, tmp_path_factory):
    """Three certificates in force, and a filing that waits for its review."""
    with Office(addresses.sqlite(furnished), tmp_path_factory.mktemp("archive"), ManualClock(MONDAY)) as opened:
        opened.numbers = [opened.file(serial_no=f"ZIP-{n}") for n in range(3)]
        for number in opened.numbers:
            opened.to_the_button(number)
        opened.file(serial_no="ZIP-waiting")
        yield opened


def archive(office, login, address="/cases/certificates.zip?view=all"):
    answer = Browser(office.runtime, login).client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    return zipfile.ZipFile(BytesIO(answer.data))


def test_the_archive_has_every_certificate_of_the_list(office):
    """As the network made them, to the last byte, the newest first."""
    packed = archive(office, "li.150100")
    held = [office.certificate(number) for number in reversed(office.numbers)]
    assert packed.namelist() == [f"{each.number}.ofd" for each in held]
    with office.runtime.reading() as uow:
        assert [packed.read(f"{each.number}.ofd") for each in held] == [file_of(uow.connection, each.identifier).content for each in held]


def test_it_follows_the_conditions_of_the_list(office):
    packed = archive(office, "li.150100", "/cases/certificates.zip?view=all&f.serial_no=ZIP-1")
    assert packed.namelist() == [f"{office.certificate(office.numbers[1]).number}.ofd"]
    page = Browser(office.runtime, "li.150100").get("/cases?view=all&f.serial_no=ZIP-1")
    assert page.one("//p[@class='list-file']/a[1]").get("href") == "/cases/certificates.zip?view=all&f.serial_no=ZIP-1"


def test_nobody_gets_more_than_he_may_see(office):
    """Another authority's reviewer has none of them, and an empty archive is one, too."""
    assert archive(office, "li.150200").namelist() == []
    assert Browser(office.runtime).client.get("/cases/certificates.zip").status_code == 302


def test_it_is_sent_page_by_page(office, monkeypatch):
    """Whoever loads a thousand of them waits for none, and memory holds one page."""
    whole = archive(office, "li.150100").namelist()
    answer = Browser(office.runtime, "li.150100").client.get("/cases/certificates.zip?view=all", buffered=False)
    pieces = [len(piece) for piece in answer.iter_encoded() if piece]
    assert len(pieces) == len(whole) + 1
    monkeypatch.setattr(certificate_files, "MOST", 1)
    assert len(archive(office, "li.150100").namelist()) == len(whole)  # a page is never cut
