"""A program that asks the interface on a person's behalf: by his token alone, over HTTP or in the tests' own process."""

import json

import requests
from spare import app_of

from registry.tokens import issue_token

PREFIX = "/api/v1"


def token_of(runtime, login):
    with runtime.transaction() as uow:
        return issue_token(uow.connection, login, "test", uow.now, 30)[0]


class Answer:
    """An answer, read; a failure has its stable code."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        kind = headers.get("Content-Type", "").partition(";")[0]
        self.json = json.loads(body) if body and kind.endswith("json") else None
        self.code = self.json["code"] if kind == "application/problem+json" else None

    @property
    def tag(self):
        return self.headers["ETag"]


class Program:
    """`base`: the address of a server; without one, the application is asked directly. Without a login it has no token."""

    def __init__(self, runtime, login=None, *, base=None, app=None):
        self.base = base
        self.client = None if base else (app or app_of(runtime)).test_client()
        self.headers = {} if login is None else {"Authorization": f"Bearer {token_of(runtime, login)}"}

    def ask(self, method, path, *, expect=None, match=None, key=None, headers=None, **more):
        given = {**self.headers, **(headers or {})}
        given |= {"If-Match": match} if match is not None else {}
        given |= {"Idempotency-Key": key} if key is not None else {}
        path = path if path.startswith(PREFIX) else PREFIX + path
        answer = self._over_http(method, path, given, more) if self.base else self._in_process(method, path, given, more)
        assert expect is None or answer.status == expect, (method, path, answer.status, answer.body[:2000])
        return answer

    def _over_http(self, method, path, headers, more):
        got = requests.request(method, self.base + path, headers=headers, timeout=60, **more)
        return Answer(got.status_code, got.headers, got.content)

    def _in_process(self, method, path, headers, more):
        got = self.client.open(path, method=method, headers=headers, **more)
        return Answer(got.status_code, got.headers, got.get_data())

    def get(self, path, **more):
        return self.ask("GET", path, **{"expect": 200, **more})

    def post(self, path, document=None, **more):
        return self.ask("POST", path, **({} if document is None else {"json": document}), **more)

    def put(self, path, document=None, **more):
        return self.ask("PUT", path, **({} if document is None else {"json": document}), **more)

    def delete(self, path, **more):
        return self.ask("DELETE", path, **more)
