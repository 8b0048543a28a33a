"""Running sandboxes, and clients of their wire contracts written from the contracts alone."""

import pytest
from platform_clients import CallbackReceiver, NationalClient, ProvincialClient

import sandbox


@pytest.fixture
def running(tmp_path):
    """Both platforms, sealing at once, with quick repetition of call-backs."""
    provincial = sandbox.ProvincialSettings(delivery=sandbox.Delivery(attempts=4, first=0.02))
    sandboxes = sandbox.start(tmp_path / "state", provincial=provincial)
    yield sandboxes
    sandboxes.stop()


@pytest.fixture
def national(running):
    with NationalClient(running.national) as client:
        yield client


@pytest.fixture
def provincial(running):
    with ProvincialClient(running.provincial) as client:
        yield client


@pytest.fixture
def receiver():
    """A receiver of call-backs on loopback; `answers` holds the statuses of the next answers (then 200)."""
    with CallbackReceiver() as receiving:
        yield receiving
