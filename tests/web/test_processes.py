"""The commands that keep running: worker, serve, sandbox."""

import json
import signal
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from desk import FILING, until


class SlowPlatform:
    """A national platform that answers the duplicate check only when it may: what a worker has in hand meanwhile."""

    def __init__(self):
        self.asked, self.may_answer, self.checks = threading.Event(), threading.Event(), []
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = {"custom": {"access_token": "t", "expires_in": 7200}}
                if "token" not in self.path.partition("?")[0]:
                    platform.checks.append(body)
                    platform.asked.set()
                    platform.may_answer.wait(60)
                    answer = {"ReturnCode": "1", "ReturnMsg": "", "ReturnData": {"SuccessData": [], "WarnData": [], "ErrorData": []}}
                content = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.settings = {
            "CRANE_NATIONAL_URL": f"http://127.0.0.1:{self.server.server_address[1]}",
            "CRANE_NATIONAL_CLIENT_ID": "a",
            "CRANE_NATIONAL_CLIENT_SECRET": "b",
            "CRANE_NATIONAL_PAUSE": "0",
        }

    def stop(self):
        self.may_answer.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def slow(tmp_path):
    platform = SlowPlatform()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = tmp_path / "key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    platform.settings["CRANE_NATIONAL_KEY_FILE"] = str(path)
    yield platform
    platform.stop()


def ended(process, number=signal.SIGTERM):
    """Stop a process; gives exit status and what it wrote to standard error."""
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    return process.returncode, err


def test_a_worker_told_to_stop_finishes_the_job_in_hand(at, slow):
    """SIGTERM while the platform is slow: the answer is still taken in, exit status 0, and the review waits."""
    desk = at("prepared")
    desk.environment |= slow.settings
    desk.file()
    worker = desk.process("worker")
    assert slow.asked.wait(60)
    worker.send_signal(signal.SIGTERM)
    slow.may_answer.set()
    _, err = worker.communicate(timeout=120)
    assert (worker.returncode, err) == (0, "")
    assert [i["task"]["element"] for i in desk.data("tasks", "--as", "li.150100")] == ["review"]
    assert len(slow.checks) == 1


def test_two_workers_share_the_jobs(at, slow):
    """Each job is done once, whoever takes it, and both stop without complaint."""
    desk = at("prepared")
    desk.environment |= slow.settings
    slow.may_answer.set()
    answers = json.loads((desk.write("filing.json", FILING.read_text())).read_text())
    for number in range(6):
        desk.write("filing.json", json.dumps({**answers, "serial_no": f"Z-{number}"}))
        desk.crane("start", "new_filing", "--as", "zhang", "--answers", desk.folder / "filing.json", *desk.papers())
    workers = [desk.process("worker", "--threads", "2") for _ in range(2)]
    for worker in workers:  # both are up: told to stop before, a process just ends, and one of them could have done everything by then
        assert any("Ctrl-C" in line for line in worker.stdout)
    until(lambda: len(desk.data("tasks", "--as", "li.150100")) == 6)
    assert [ended(worker, number) for worker, number in zip(workers, (signal.SIGTERM, signal.SIGINT), strict=True)] == [(0, "")] * 2
    assert len(slow.checks) == 6


def test_serve_answers_until_it_is_told_to_stop(at):
    """It prints its address, answers the health check, and ends with status 0."""
    serving = at("prepared").process("serve", "--port", "0")
    address = serving.stdout.readline().strip()
    assert requests.get(f"{address}/healthz", timeout=60).json() == {"status": "ok"}
    assert ended(serving) == (0, "")


def test_a_port_in_use_is_told(at):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = at("prepared").process("serve", "--port", taken.getsockname()[1])
        _, err = said.communicate(timeout=120)
    assert (said.returncode, "ADDRESS_UNUSABLE" in err, "Traceback" in err) == (1, True, False)


def test_the_sandbox_is_a_process_that_stops_with_its_command(empty):
    """It passes options on, prints both addresses, and the settings as lines that a shell takes."""
    running = empty.process("sandbox", "--state", empty.folder / "platforms", "--seal-delay", "manual", "--client-id", "somebody else")
    addresses = json.loads(running.stdout.readline())
    lines = [running.stdout.readline() for _ in range(7)]
    shell = subprocess.run(["sh", "-c", "".join(lines) + "env"], capture_output=True, text=True, env={}, check=True)
    settings = dict(line.split("=", 1) for line in shell.stdout.splitlines())
    assert (settings["CRANE_NATIONAL_URL"], settings["CRANE_PROVINCIAL_URL"]) == (addresses["national"], addresses["provincial"])
    assert settings["CRANE_NATIONAL_CLIENT_ID"] == "somebody else"
    assert Path(settings["CRANE_NATIONAL_KEY_FILE"]).is_file()
    assert requests.get(f"{addresses['national']}/effects", timeout=60).status_code == 200
    assert ended(running)[0] == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{addresses['national']}/effects", timeout=60)


def test_a_command_works_as_a_process(empty):
    """`python -m web` is `crane`: success, failure and misuse have their exit status and no traceback."""
    for arguments, status in ((["handlers", "--json"], 0), (["cases"], 1), (["cases", "--limit", "x"], 2)):
        process = empty.process(*arguments)
        _, err = process.communicate(timeout=120)
        assert (process.returncode, "Traceback" in err) == (status, False)


@pytest.mark.parametrize("arguments", [["handlers", "--json"], ["lane", "list", "--json"]], ids=["long", "short"])
def test_a_reader_that_has_seen_enough_is_no_failure_to_tell(at, arguments):
    """`crane … --json | head -1` ends quietly, whether the pipe breaks in the middle or at the last flush."""
    process = at("prepared").process(*arguments)
    process.stdout.close()
    assert process.stderr.read() == ""
    process.wait(60)
    process.stderr.close()


def test_a_terminal_without_chinese_signs_gets_their_numbers(at):
    """Where only ASCII can be written, words come as numbers and JSON as UTF-8; nothing ends in a traceback."""
    desk = at("prepared")
    desk.environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii:strict"}
    for arguments, status in ((["lane", "list"], 0), (["case", "1"], 1)):
        process = desk.process(*arguments)
        out, err = process.communicate(timeout=120)
        assert (process.returncode, "Traceback" in err) == (status, False)
        assert "\\u" in out + err
    process = desk.process("lane", "list", "--json", text=False)
    out, _ = process.communicate(timeout=120)
    assert "产权单位" in [lane["name"] for lane in json.loads(out)]
