"""Service-task handlers, receivers and probes: one function a file, found by being there; `platforms` holds the clients of the other systems.

`provider` makes what they get as their first argument.
"""

import time
from collections.abc import Callable, Mapping

from tasks.context import Context, Platforms
from tasks.settings import Settings
from workflow_runtime.handlers import Call, Provider


def provider(
    environment: Mapping[str, str], *, monotonic: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> Provider:
    """Read the settings and make the clients' shared parts once; the result gives each call its `Context`.

    `monotonic` and `sleep` (seconds) keep the pace of calls. Raises BadSetting SETTING_INVALID for a variable that cannot be read; one that is
    missing is told when it is first needed.
    """
    platforms = Platforms(Settings.of(environment), monotonic=monotonic, sleep=sleep)

    def provide(call: Call) -> Context:
        return Context(call, platforms)

    return provide
