"""For WSGI servers: `gunicorn "web.wsgi:app()"`, any number of processes on one PostgreSQL database, and `crane worker` beside them.

The settings come from the environment, the logs go to standard output.
"""

import sys
from contextlib import ExitStack

from flask import Flask

from web import logs
from web.app import open_app
from web.composition import Settings, ensure_file_exists


def app() -> Flask:
    """The application of the installation that the environment describes. Raises DatabaseNotReady, and Failure for what cannot be read.

    The database stays open and the logs go on being written until the process ends.
    """
    open_to_the_end = ExitStack()
    open_to_the_end.enter_context(logs.to_stream(sys.stdout))
    given = Settings.read()
    ensure_file_exists(given)
    application = open_app(given)[1]
    application.extensions["crane_logs"] = open_to_the_end
    return application
