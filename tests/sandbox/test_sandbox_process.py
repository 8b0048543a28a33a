"""The sandboxes in a process of their own, and the HTTP server's guards."""

import json
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from platform_clients import NationalClient, ProvincialClient, fm_record, seal_request, until


@pytest.fixture
def processes(tmp_path):
    """Start `python -m sandbox` with more options; whatever still runs is killed at the end."""
    started = []

    def start(*options):
        ready = tmp_path / "ready.json"
        ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "sandbox", "--state", str(tmp_path / "state"), "--ready", str(ready), *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        until(lambda: ready.exists() or process.poll() is not None, 10)
        return process, json.loads(ready.read_text()) if ready.exists() else None

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_tells_its_addresses_and_stops_cleanly(processes, number):
    process, addresses = processes()
    with NationalClient(addresses["national"]) as national, ProvincialClient(addresses["provincial"]) as provincial:
        assert national.call("fm", fm_record())[0] == "1"
        assert provincial.request_seal().status_code == 202
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, json.loads(out), err) == (0, addresses, "")


def test_what_was_done_survives_kill_9_on_the_same_ports(processes):
    process, addresses = processes("--seal-delay", "manual")
    with NationalClient(addresses["national"]) as national, ProvincialClient(addresses["provincial"]) as provincial:
        record = fm_record()
        national.call("fm", record)
        request_id = provincial.request_seal().json()["requestId"]
        process.kill()
        process.communicate()
        ports = [str(urlsplit(addresses[name]).port) for name in ("national", "provincial")]
        _, again = processes("--national-port", ports[0], "--provincial-port", ports[1], "--seal-delay", "0")
        assert again == addresses
        assert national.call("fm", record)[1] == ["E2006"]
        assert provincial.request_seal(seal_request()).json()["requestId"] == request_id
        provincial.control(f"seal/{request_id}")
        assert provincial.sealed(request_id)


def test_a_taken_port_is_told_in_a_sentence(processes):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process, addresses = processes("--provincial-port", str(taken.getsockname()[1]))
        _, err = process.communicate(timeout=120)
    assert (process.returncode, addresses) == (2, None)
    assert "Traceback" not in err
    assert "沙箱无法启动" in err


@pytest.mark.parametrize("option", ["--seal-delay=-1", "--seal-delay=soon", "--seal-delay=nan", "--rate=0", "--rate=x"])
def test_a_senseless_option_is_refused(processes, option):
    process, _ = processes(option)
    assert process.wait(60) == 2


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Content-Length: 99999999", 413),
        ("Content-Length: " + "9" * 5000, 413),
        ("Content-Length: -1", 400),
        ("Content-Length: x", 400),
        ("Transfer-Encoding: chunked", 411),
    ],
)
def test_a_body_of_impossible_length_is_refused(running, headers, status):
    address = urlsplit(running.national)
    with socket.create_connection((address.hostname, address.port), 5) as connection:
        connection.sendall(f"POST /api/crane/fm HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n".encode())
        assert int(connection.recv(4096).split()[1]) == status


def test_a_connection_is_kept_alive(running, national):
    address = urlsplit(running.national)
    with socket.create_connection((address.hostname, address.port), 5) as connection:
        for _ in range(3):
            connection.sendall(b"GET /effects HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
