"""`crane demo` as a process: what it prints and leaves, and that nothing of it stays behind."""

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from desk import ROOT, Desk

import sandbox
from registry.certificates import Certificate
from web.demonstration.results import DemonstrationFailed, check_platforms, verification


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "a desk")


def processes_of(state):
    """Numbers of the processes that work on this folder, by their command line or their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                about = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            except OSError:
                continue
            if os.fsencode(str(state)) in about:
                found.append(int(folder.name))
    return found


def test_all_filings_are_aggregated_and_their_files_left(desk):
    """Twice in the same folder, whatever the environment says of another installation; nothing keeps running."""
    state = desk.folder / "demo"
    desk.environment["CRANE_READ_SECONDS"] = "soon"
    for _ in range(2):
        running = desk.process("demo", "--state", state)
        out, err = running.communicate(timeout=120)
        assert (running.returncode, err) == (0, "")
        assert out.count("→ 已归集") == 3
        assert out.count("核验：28 项通过，电子签章有效（28 of 28 checks hold, the seal is right）") == 3
        assert "李慧敏" in out
        assert "审核不通过（待补正）" in out
        certificates = sorted((state / "certificates").iterdir())
        assert len(certificates) == 3
        assert "▸ 原备案编号 蒙A-2016-0089 登记的是另一台设备。" in out
        for path in certificates:
            assert zipfile.ZipFile(path).testzip() is None
            assert "OFD.xml" in zipfile.ZipFile(path).namelist()
            assert path.stem in out
        assert processes_of(state) == []
    assert not desk.path.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_demonstration_leaves_no_process(desk, number):
    """Ctrl-C, SIGTERM or a closed terminal in the middle of a filing: it says so, and its worker and stand-ins are gone."""
    state = desk.folder / "demo"
    running = desk.process("demo", "--state", state)
    for line in running.stdout:
        if "待审核" in line:
            break
    assert len(processes_of(state)) >= 3
    running.send_signal(number)
    _, err = running.communicate(timeout=120)
    assert (running.returncode, "已中断 · interrupted" in err, "Traceback" in err) == (130, True, False)
    assert processes_of(state) == []


def test_a_folder_with_other_files_is_left_alone(desk):
    """The demonstration clears only what an earlier one left."""
    diary = desk.write("diary.txt", "dear diary")
    said = desk.run("demo", "--state", desk.folder)
    assert (said.status, "DEMONSTRATION_FAILED" in said.err) == (1, True)
    assert [p.name for p in desk.folder.iterdir()] == [diary.name]
    assert "cannot be used" in desk.run("demo", "--state", diary / "below").err


def test_stand_ins_that_cannot_start_are_told(desk):
    """A plain sentence with what to do, and a non-zero exit status."""
    broken = desk.folder / "broken"
    (broken / "sandbox").mkdir(parents=True)
    (broken / "sandbox" / "__main__.py").write_text("raise SystemExit(2)")
    (broken / "sandbox" / "__init__.py").write_text("")
    environment = {**os.environ, "PYTHONPATH": f"{broken}:{ROOT}"}
    command = [sys.executable, "-m", "web", "demo", "--state", str(desk.folder / "demo")]
    ended = subprocess.run(command, cwd=broken, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert (ended.returncode, "SANDBOXES_MISSING" in ended.stderr, "Traceback" in ended.stderr) == (1, True, False)
    assert "crane sandbox" in ended.stderr


def certificate(*checks):
    """What the register says of a certificate that was verified with these outcomes."""
    report = {"checks": [{"check": name, "ok": ok, "detail": ""} for name, ok in checks], "signature": "not checked"}
    return Certificate("C1", "蒙AA-T202600001", "1.2.3", "E1", "O", "A", {}, verification_report=report)


def test_a_certificate_that_a_platform_does_not_hold_is_told(tmp_path):
    """The demonstration believes the platforms, not itself."""
    running = sandbox.start(tmp_path)
    with pytest.raises(DemonstrationFailed):
        check_platforms({"national": running.national, "provincial": running.provincial}, [certificate()])
    running.stop()


def test_failed_checks_are_named_in_the_report():
    assert "1 项通过，1 项不通过（seal_name）" in verification(certificate(("digest", True), ("seal_name", False)))
