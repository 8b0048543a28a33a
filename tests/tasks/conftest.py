"""An office with both sandboxes, fresh for each test."""

import pytest
from offices import Office, Platform, books, environment_of
from spare import platforms

import sandbox


@pytest.fixture
def office(tmp_path):
    """Sandboxes that seal at once; the call-backs of seal requests go nowhere."""
    state = tmp_path / "platforms"
    settings = sandbox.ProvincialSettings(delivery=sandbox.Delivery(attempts=1, first=0.01))
    running = platforms(state, provincial=settings)
    engine = books(tmp_path / "books.db")
    environment = environment_of(running, state, CRANE_PUBLIC_URL="http://127.0.0.1:9")
    yield Office(engine, environment, Platform(running.national), Platform(running.provincial))
    running.stop()
    engine.dispose()
