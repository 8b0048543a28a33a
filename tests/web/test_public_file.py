"""An e-certificate file that somebody holds, verified by whoever holds it: told is what the file is, and nothing that the books know besides."""

import io

import pytest
from browsing import Browser
from office import Office, furnished
from seals import files, packed, seal
from workbench import MONDAY

from registry.certificate_files import file_of
from registry.sealed_ofd.problems import CHECKS
from registry.sealed_ofd.verdict import OF_FILE
from sandbox.pki import new_pki
from web.protection import MOST_OF_ANYBODY
from workflow_runtime.clock import ManualClock


@pytest.fixture(scope="module")
def office(addresses, tmp_path_factory):
    with Office(addresses.sqlite(furnished), tmp_path_factory.mktemp("public file"), ManualClock(MONDAY)) as opened:
        opened.number = opened.file()
        opened.to_the_button(opened.number)
        yield opened


@pytest.fixture
def visitor(office):
    """Nobody has signed in."""
    return Browser(office.runtime)


@pytest.fixture(scope="module")
def content(office):
    with office.runtime.reading() as uow:
        return file_of(uow.connection, office.certificate(office.number).identifier).content


def uploaded(visitor, content):
    form = visitor.get("/verify").one("//form[@enctype]")
    token = form.xpath(".//input[@name='csrf_token']")[0].get("value")
    data = {"csrf_token": token, "file": (io.BytesIO(content), "证照.ofd")}
    return visitor.client.post(form.get("action"), data=data, content_type="multipart/form-data")


def test_our_file_is_told_with_its_present_state(office, visitor, content):
    answer = uploaded(visitor, content)
    assert answer.status_code == 200
    assert "文件真实完整" in answer.text
    assert "当前状态：有效" in answer.text
    assert f"/verify/{office.certificate(office.number).verification_code}" in answer.text
    assert f"{len(CHECKS) - 1} 项全部通过" in answer.text  # the number is the network's word, told at fetching alone


def test_a_changed_file_of_ours_tells_nothing_that_the_books_know(office, visitor, content):
    """Whoever knows a number, which can be counted, makes a file that names it: it leads to no certificate, and compares no guess."""
    held = office.certificate(office.number)
    forged = packed(files(seal(name=held.seal_name), certificateNo=held.number, owner=str(held.face["owner_name"])))
    for file in (content[:-30] + bytes(30), forged):
        answer = uploaded(visitor, file)
        assert "本系统没有签发过这个文件" in answer.text
        assert held.verification_code not in answer.text
        assert str(CHECKS["items"].zh) not in answer.text


def test_a_file_of_elsewhere_is_judged_by_its_seal(visitor):
    own = new_pki(MONDAY)
    answer = uploaded(visitor, packed(files(seal(maker=own.maker))))
    assert "文件未通过核验" in answer.text
    assert "连不到受信任的根证书" in answer.text
    assert all(CHECKS[check].zh in answer.text for check in OF_FILE if check != "revocation")


@pytest.mark.parametrize("content", [b"not a file", b"PK\5\6" + bytes(18)])
def test_what_is_no_certificate_is_told(visitor, content):
    answer = uploaded(visitor, content)
    assert (answer.status_code, "文件未通过核验" in answer.text) == (200, True)


def test_no_file_is_said_beside_the_field(visitor):
    answer = uploaded(visitor, b"")
    assert (answer.status_code, "请选择文件" in answer.text) == (422, True)


def test_a_large_file_and_many_files_are_refused(visitor):
    body = b"--x\r\nContent-Disposition: form-data; name=file; filename=a.ofd\r\n\r\n" + bytes(MOST_OF_ANYBODY) + b"\r\n--x--\r\n"
    assert visitor.client.post("/verify/file", data=body, content_type="multipart/form-data; boundary=x").status_code == 413
    asked = [uploaded(visitor, b"x").status_code for _ in range(25)]
    assert (asked[0], asked[-1]) == (200, 429)
