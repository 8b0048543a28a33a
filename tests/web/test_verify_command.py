"""`crane verify`: sealed files on the disk, of ours and of elsewhere."""

import os
import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from desk import Desk
from office import Office, furnished
from seals import NOW, files, packed, seal
from workbench import MONDAY

from registry.certificate_files import file_of
from registry.sealed_ofd.archive import MOST_PACKED
from registry.sealed_ofd.problems import CHECKS
from registry.sealed_ofd.trust import read_trust
from registry.sealed_ofd.verdict import OF_FILE
from sandbox.pki import new_pki
from workflow_runtime.clock import ManualClock


@pytest.fixture
def desk(addresses, tmp_path):
    """A certificate has just been issued; `ours` is its file."""
    with Office(addresses.sqlite(furnished), tmp_path / "office", ManualClock(MONDAY)) as office:
        number = office.file()
        office.to_the_button(number)
        with office.runtime.reading() as uow:
            content = file_of(uow.connection, office.certificate(number).identifier).content
        desk = Desk(tmp_path / "a desk", **office.environment)
        desk.ours = desk.write("ours.ofd", content)
        yield desk


def test_a_certificate_of_ours_is_green_from_top_to_bottom(desk):
    said = desk.crane("verify", desk.ours)
    assert said.out.count("✓") == len(CHECKS)  # the number is the network's word, told at fetching alone; the file has a line
    [told] = desk.data("verify", desk.ours)
    assert (told["ok"], told["state"]) == (True, "valid")
    assert [check["check"] for check in told["checks"]] == [check for check in CHECKS if check != "number"]
    assert told["seals"][0]["name"] == "呼和浩特市住房和城乡建设局"


def test_a_byte_more_is_told_by_its_name(desk):
    """Even where the seal holds: it is not the file that was issued."""
    content = desk.ours.read_bytes()
    packed_again = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as before, zipfile.ZipFile(packed_again, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name))
    said = desk.run("verify", desk.write("again.ofd", packed_again.getvalue()))
    assert said.status == 1
    assert [line.strip() for line in said.out.splitlines() if "✗" in line][1:] == [
        f"✗ {CHECKS['digest'].zh} · {CHECKS['digest'].en}",
    ]
    assert "DIGEST" not in said.err


def test_a_file_of_elsewhere_is_judged_by_its_seal_alone(desk):
    own = new_pki(NOW)
    path = desk.write("elsewhere.ofd", packed(files(seal(maker=own.maker))))
    said = desk.run("verify", path, "--json")
    [told] = said.json
    assert (said.status, told["ok"], told["state"]) == (1, False, None)
    assert [check["check"] for check in told["checks"]] == [check for check in CHECKS if check in OF_FILE and check != "revocation"]
    assert {check["problem"] for check in told["checks"] if not check["ok"]} == {"SIGNER_ROOT_UNKNOWN", "MAKER_ROOT_UNKNOWN"}
    assert "本库没有签发过这张证照" in desk.run("verify", path).out


def test_a_folder_is_verified_as_a_whole(desk):
    """With a bar of progress on standard error, a line for each file, the problem of each that is refused, and a sum."""
    folder = desk.folder / "several"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.ofd").write_bytes(desk.ours.read_bytes())
    (folder / "none.OFD").write_bytes(b"nothing")
    (folder / "notes.txt").write_text("no certificate")
    said = desk.run("verify", folder)
    assert said.status == 1
    assert "4 个文件，1 个不通过" in said.out
    assert "文件不是 OFD 文件，或者已经损坏" in said.out
    assert said.out.count("✓") == 3
    assert "4/4" in said.err


def test_a_file_that_does_not_say_which_certificate_it_is_is_known_by_its_number(desk):
    """Without its identifier it would else be judged as one of elsewhere, by its seal alone."""
    with zipfile.ZipFile(desk.ours) as package:
        content = {name: package.read(name) for name in package.namelist()}
    item = re.search('<ofd:CustomData Name="证照标识">.*?</ofd:CustomData>'.encode(), content["OFD.xml"])[0]
    [told] = desk.run("verify", desk.write("less.ofd", packed(content | {"OFD.xml": content["OFD.xml"].replace(item, b"")})), "--json").json
    assert (told["ok"], told["state"], told["identifier"]) == (False, "valid", "")
    assert {"FILE_CHANGED", "DIGEST_DIFFERENT"} <= {check["problem"] for check in told["checks"]}


def test_another_document_behind_the_largest_file_is_not_overlooked(desk):
    """Whoever reads only the beginning of a file sees one document, a reader of OFD files the other."""
    content = desk.ours.read_bytes()
    path = desk.write("two.ofd", b"\0" * (MOST_PACKED - len(content)) + content + packed(files(owner="另一家公司")))
    [told] = desk.run("verify", path, "--json").json
    assert next(check["problem"] for check in told["checks"] if not check["ok"]) == "ZIP_TOO_LARGE"


def test_odd_files_and_folders_are_told(desk):
    (desk.folder / "empty").mkdir()
    os.mkfifo(desk.folder / "pipe.ofd")
    for nothing in ("empty", "pipe.ofd"):
        said = desk.run("verify", desk.folder / nothing)
        assert (said.status, "FILE_UNKNOWN" in said.err) == (1, True)
    Path(os.fsdecode(os.fsencode(desk.folder / "empty") + b"/\xff.ofd")).write_bytes(b"nothing")
    [told] = desk.run("verify", desk.folder / "empty", "--json").json
    assert (told["ok"], told["file"].endswith("\ufffd.ofd")) == (False, True)
    assert desk.run("verify", desk.folder / "empty").status == 1


def test_a_seal_of_the_end_of_time_is_told_as_one_of_the_future(desk):
    """As a signature says `99991231235959-0800`."""
    path = desk.write("late.ofd", packed(files(sealed_at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))))
    assert "9998-12-31" in desk.run("verify", path).out


def test_a_stranger_needs_nothing_but_whom_to_trust(desk, tmp_path):
    """No installation, no database: the file and a directory of trust."""
    stranger = Desk(tmp_path / "elsewhere", CRANE_DATABASE_URL=f"sqlite:///{tmp_path / 'none.db'}", CRANE_TRUST="")
    [told] = stranger.data("verify", "--trust", desk.environment["CRANE_TRUST"], desk.ours)
    assert (told["ok"], told["state"]) == (True, None)
    assert [check["check"] for check in told["checks"]] == [check for check in CHECKS if check in OF_FILE]
    assert "本库" not in stranger.crane("verify", "--trust", desk.environment["CRANE_TRUST"], desk.ours).out
    refused = stranger.run("verify", "--trust", tmp_path / "nobody", desk.ours)
    assert (refused.status, "TRUST_UNREADABLE" in refused.err) == (1, True)
    assert not (tmp_path / "none.db").exists()


def test_without_trust_it_says_which_setting_is_missing(desk):
    said = desk.run("verify", desk.ours, CRANE_TRUST="")
    assert said.status == 1
    assert "PLATFORM_NOT_CONFIGURED" in said.err
    assert "CRANE_TRUST" in said.err


def test_fresh_certificates_of_the_stand_in_trust_no_older_seal(desk, tmp_path):
    """`crane sandbox pki` prints the directory of trust; what was sealed before is unknown to it. Earlier ones are kept."""
    for _ in range(2):
        running = desk.process("sandbox", "--state", tmp_path / "fresh", "pki")
        out, err = running.communicate(timeout=60)
        assert (running.returncode, err) == (0, "")
    first, second = sorted(tmp_path.glob("fresh/pki*"), key=lambda folder: len(folder.name))
    assert first == Path(out.strip()).parent
    assert read_trust(first / "trust").roots != read_trust(second / "trust").roots
    said = desk.run("verify", desk.ours, "--json", CRANE_TRUST=out.strip())
    assert [check["problem"] for check in said.json[0]["checks"] if not check["ok"]] == ["SIGNER_ROOT_UNKNOWN", "MAKER_ROOT_UNKNOWN"]
