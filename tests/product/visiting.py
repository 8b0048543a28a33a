"""A person at a browser without JavaScript, over HTTP to a real server: signs in with a password, follows links, fills in forms."""

import requests
from browsing import Page


class _Received:
    """A server's answer as `browsing.Page` reads it."""

    def __init__(self, got):
        self.status_code, self.headers, self._text = got.status_code, got.headers, got.text
        self.content_type = got.headers.get("Content-Type", "")
        self.request = requests.Request(url=got.url).prepare()
        self.request.path = self.request.path_url.partition("?")[0]

    def get_data(self, *, as_text):
        assert as_text
        return self._text


class Visitor:
    """One person's browser at a server's address; without a login he is anybody."""

    def __init__(self, base, login=None, password="Crane-2026-demo"):
        self.base, self.session = base, requests.Session()
        if login is not None:
            entered = self.submit(self.get("/sign-in"), "/sign-in", login=login, password=password)
            assert entered.address != "/sign-in", entered.text

    def get(self, path):
        return Page(_Received(self.session.get(self._address(path), timeout=60)))

    def submit(self, page, action=None, button=None, files=(), **changed):
        """Fill in a form of a page, attach files (field, name, content), press a button of it (name, value)."""
        form = page.form(action)
        values = {}
        for name, value in form.form_values():
            values.setdefault(name, []).append(value)
        values |= {name: value if isinstance(value, list) else [value] for name, value in changed.items()}
        if button is not None:
            values[button[0]] = [button[1]]
        sent = [(name, (None, value)) for name, all_values in values.items() for value in all_values]
        sent += [(field, (name, content)) for field, name, content in files]
        return Page(_Received(self.session.post(self._address(form.action or page.address), files=sent, timeout=60)))

    def _address(self, path):
        return path if path.startswith("http") else self.base + path


def text(page, xpath="//main"):
    """The words of a part of a page."""
    return " ".join(page.one(xpath).text_content().split())
