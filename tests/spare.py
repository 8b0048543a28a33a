"""What takes long to make and serves one test after another: applications, and the key of a platform's client."""

from contextlib import contextmanager

import sandbox
from web.app import create_app
from web.current import RUNTIME
from web.pages import public, sign_in

MOST = 8
KEY = "national-client-key.pem"
_idle, _last, _key = [], [], []


@contextmanager
def an_app(runtime):
    """An application around this runtime, as long as the block runs."""
    app = _idle.pop() if _idle else create_app(runtime)
    app.extensions[RUNTIME] = runtime
    try:
        yield app
    finally:
        _idle.append(app)


def app_of(runtime):
    """The application of this runtime: everybody who works with it gets the same one, and a full measure of questions."""
    found = next((app for known, app in _last if known is runtime), None)
    if found is None:
        found = create_app(runtime)
        _last.append((runtime, found))
        del _last[:-MOST]
    for limit in (public.LIMIT, public.READING, sign_in.LIMIT):
        found.extensions.pop(limit, None)
    return found


def platforms(folder, **settings):
    """Both platforms, started; their key is not made anew each time."""
    folder.mkdir(parents=True, exist_ok=True)
    if _key and not (folder / KEY).exists():
        (folder / KEY).write_bytes(_key[0])
    running = sandbox.start(folder, **settings)
    _key[:] = [(folder / KEY).read_bytes()]
    return running
