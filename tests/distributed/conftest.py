"""A broker (Debian's redis-server) on a free port, and workers as processes of their own."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

HERE = Path(__file__).parent


class Broker:
    """`stop` and `start` it; what it held is gone then, as nothing of it matters."""

    def __init__(self, program, folder):
        self.program, self.folder, self.process = program, folder, None
        with closing(socket.create_server(("127.0.0.1", 0))) as found:
            self.port = found.getsockname()[1]
        self.address = f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        command = [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, "the broker does not start"
                time.sleep(0.02)

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def redis_server():
    found = shutil.which("redis-server")
    if found is None and os.environ.get("CI") != "true":
        pytest.skip("no redis-server here: install it for the tests of distributed delivery")
    assert found is not None, "the tests of distributed delivery must not be left out here: there is no redis-server"
    return found


@pytest.fixture
def broker(redis_server, tmp_path):
    running = Broker(redis_server, tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def workers(database, broker, tmp_path):
    """A function that starts a worker of its own on the test's database; all are stopped at the end."""
    started = []
    address = database.engine.url.render_as_string(hide_password=False)

    def start():
        environment = {**os.environ, "PYTHONPATH": f"{HERE}:{HERE.parent}:{HERE.parents[1]}"}
        command = [sys.executable, HERE / "fed_worker.py", address, broker.address, tmp_path]
        with (tmp_path / f"worker{len(started)}.log").open("w") as log:
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        return started[-1]

    yield start
    for process in started:
        process.terminate()
    for process in started:
        process.wait(60)
