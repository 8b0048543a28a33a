"""A browser without JavaScript, in the tests' own process: Flask's test client that signs in, follows forms and reads pages as trees."""

from urllib.parse import urlsplit

from lxml import html
from spare import app_of

from registry.sessions import open_session
from web.protection import COOKIE


class Page:
    """An answer, read."""

    def __init__(self, answer):
        self.status, self.headers, self.text = answer.status_code, answer.headers, answer.get_data(as_text=True)
        self.address = answer.request.path
        self.tree = html.fromstring(self.text) if self.text.strip() and "html" in answer.content_type else None

    def all(self, xpath):
        return self.tree.xpath(xpath)

    def one(self, xpath):
        found = self.all(xpath)
        assert len(found) == 1, f"{len(found)} of {xpath} on {self.address}"
        return found[0]

    def form(self, action=None):
        """The form with this action (the only one of the main part when none is given)."""
        forms = [f for f in self.tree.forms if action is None or urlsplit(f.action or "").path == action]
        forms = forms if action is not None else [f for f in forms if f.xpath("ancestor::main")]
        assert len(forms) == 1, f"{len(forms)} forms for {action} on {self.address}: {[f.action for f in self.tree.forms]}"
        return forms[0]


class Browser:
    """One person's browser."""

    def __init__(self, runtime, login=None, app=None):
        self.runtime = runtime
        self.app = app or app_of(runtime)
        self.client = self.app.test_client()
        if login is not None:
            self.sign_in(login)

    def sign_in(self, login):
        """A session, without typing a password."""
        with self.runtime.transaction() as uow:
            token = open_session(uow.connection, login, uow.now)
        self.client.set_cookie(COOKIE, token)
        return self

    def get(self, path, **more):
        return Page(self.client.get(path, follow_redirects=True, **more))

    def token(self):
        """The CSRF token that this browser's pages carry."""
        return self.get("/sign-in").one("//meta[@name='csrf-token']").get("content")

    def post(self, path, data=None, follow=True, **more):
        """Send a form's fields (files as (stream, name)), with the token that its page would have held."""
        sent = {"csrf_token": self.token(), **(data or {})}
        return Page(self.client.post(path, data=sent, follow_redirects=follow, content_type="multipart/form-data", **more))

    def submit(self, page, action=None, button=None, **changed):
        """Fill in a form of a page and press a button of it (name, value)."""
        form = page.form(action)
        values = {}
        for name, value in form.form_values():
            values.setdefault(name, []).append(value)
        values.update({name: value if isinstance(value, list) else [value] for name, value in changed.items()})
        if button is not None:
            values[button[0]] = [button[1]]
        target = form.action or page.address
        return Page(self.client.post(target, data=values, follow_redirects=True, content_type="multipart/form-data"))
