"""The product as it is run: a server and a worker as processes of their own, both platforms, people at pages and programs. Nothing is restarted."""

import socket
from contextlib import ExitStack
from itertools import count

import requests
from asking import Program
from desk import Desk, settings_of, until
from visiting import Visitor

import sandbox
from web.composition import Settings, open_runtime
from web.demonstration.papers import pdf

PATIENCE = 90.0
"""Seconds to wait for what processes of their own do: other tests may have the machine meanwhile."""


class System:
    """Use as a context manager."""

    def __init__(self, folder, address=None):
        self.desk, self.folder = Desk(folder / "a desk", address), folder
        self.stack, self.keys, self.programs, self.visitors = ExitStack(), count(), {}, {}

    def __enter__(self):
        with ExitStack() as opening:
            opening.enter_context(self.stack)
            self._open()
            self.stack = opening.pop_all()
        return self

    def _open(self):
        self.platforms = sandbox.start(self.folder / "platforms")
        self.stack.callback(self.platforms.stop)
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.desk.environment |= settings_of(self.platforms, self.folder / "platforms") | {"CRANE_PUBLIC_URL": self.base}
        self.desk.prepare()
        self.runtime = open_runtime(Settings.read(self.desk.environment))
        self.stack.callback(self.runtime.database.close)
        self._process("serve", "--port", port)
        self._process("worker", "--threads", "2")
        until(self._is_ready, PATIENCE)

    def __exit__(self, *failure):
        self.stack.close()

    def _process(self, *arguments):
        log = self.stack.enter_context((self.folder / f"{arguments[0]}.log").open("w"))
        running = self.desk.process(*arguments, stdout=log, stderr=log)
        self.stack.callback(running.wait, 120)
        self.stack.callback(running.terminate)

    def _is_ready(self):
        try:
            return requests.get(f"{self.base}/readyz", timeout=60).status_code == 200
        except requests.ConnectionError:
            return False

    def program(self, login):
        """A program that acts for this person."""
        if login not in self.programs:
            self.programs[login] = Program(self.runtime, login, base=self.base)
        return self.programs[login]

    def visitor(self, login=None):
        """This person at a browser."""
        if login not in self.visitors:
            self.visitors[login] = Visitor(self.base, login)
        return self.visitors[login]

    def attach(self, login, *fields):
        """Answers of file fields, with a paper uploaded for each."""
        sent = {f: self.program(login).ask("POST", "/attachments", files={"file": (f"{f}.pdf", pdf(f))}, expect=201) for f in fields}
        return {field: [{"id": answer.json["id"]}] for field, answer in sent.items()}

    def start(self, login, business, answers):
        """A case, begun by a program; gives its number."""
        sent = self.program(login).post(f"/businesses/{business}/cases", {"answers": answers}, key=f"k{next(self.keys)}", expect=201)
        return sent.json["number"]

    def task(self, login, number, element):
        """Somebody's task, once it has come."""
        program = self.program(login)
        [found] = until(lambda: program.get(f"/tasks?number={number}&element={element}").json, PATIENCE)
        return program.get(f"/tasks/{found['task']['id']}")

    def complete(self, login, number, element, **given):
        """Work a task, once it has come."""
        task = self.task(login, number, element)
        return self.program(login).post(f"/tasks/{task.json['id']}/completion", given, match=task.tag, expect=200).json

    def case(self, number, login="zhang"):
        return self.program(login).get(f"/cases/{number}").json

    def reaches(self, number, status, login="zhang"):
        """Wait until the case has this status."""
        until(lambda: self.case(number, login)["status"] == status, PATIENCE)
        return self.case(number, login)

    def effects(self, kind):
        """What has really changed on the national platform."""
        return requests.get(f"{self.platforms.national}/effects", timeout=60).json()[kind]

    def received(self, kind):
        """What has come in at the national platform."""
        return requests.get(f"{self.platforms.national}/received", params={"kind": kind}, timeout=60).json()

    def misbehave(self, mode, path, **more):
        """Spoil the national platform's next answer."""
        sent = {"mode": mode, "path": path, **more}
        requests.post(f"{self.platforms.national}/control/misbehave", json=sent, timeout=60).raise_for_status()
