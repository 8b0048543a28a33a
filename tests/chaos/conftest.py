"""What the proofs by kills share: a server of processes that die, and an installation for each kind of database."""

from contextlib import ExitStack
from itertools import count

import pytest
from doomed import AheadClock, Doom
from office import Office, furnished


@pytest.fixture(scope="module")
def doom():
    with Doom() as opened:
        yield opened


@pytest.fixture(scope="module")
def settings():
    """How the module's installations are set up, besides what every office has."""
    return {}


@pytest.fixture(scope="module")
def offices(request, tmp_path_factory, settings):
    """One installation for each kind of database, made when it is first asked for."""
    made, prefix = {}, request.module.__name__.removeprefix("test_").upper()
    with ExitStack() as stack:

        def office(kind, address):
            if kind not in made:
                made[kind] = stack.enter_context(Office(address(furnished), tmp_path_factory.mktemp("office"), AheadClock(0), **settings))
                made[kind].serials = (f"{prefix}-{n:05}" for n in count())
            return made[kind]

        yield office


@pytest.fixture
def office(offices, database_kind, kept_address):
    return offices(database_kind, kept_address)
