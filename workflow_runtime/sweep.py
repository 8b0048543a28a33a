"""What has to be done as time passes: timers that are due, jobs whose worker has not come back."""

import logging
from collections.abc import Callable

from workflow_runtime.jobs import reclaim_expired
from workflow_runtime.runtime import Runtime
from workflow_runtime.store.database import Unavailable
from workflow_runtime.timers import fire_due

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0


def sweep(runtime: Runtime) -> bool:
    """Fire timers and take back expired leases; says whether that may have left jobs. Trouble is logged: the next sweep tries again."""
    fired, reclaimed = _swept(runtime, fire_due), _swept(runtime, reclaim_expired)
    return fired or reclaimed


def _swept(runtime: Runtime, part: Callable[[Runtime], int]) -> bool:
    try:
        return part(runtime) > 0
    except Unavailable as error:
        log.warning("%s: %s %s", part.__name__, error.message.en, error.reason)
    except Exception:
        log.exception("%s", part.__name__)
    return False
