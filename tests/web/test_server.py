"""The embedded web server when it is stopped."""

import socket
from urllib.parse import urlsplit

from desk import until
from flask import Flask
from waitress import trigger

from web.server import serving


def test_a_server_that_is_woken_early_stops_as_well(monkeypatch):
    """A request that ends may wake the server between its being told to stop and its being woken for it."""
    waking = trigger.trigger._physical_pull

    def refused():
        try:
            socket.create_connection((place.hostname, place.port)).close()
        except ConnectionRefusedError:
            return True
        return False

    def woken_twice(asked):
        waking(asked)
        until(refused)
        waking(asked)

    with serving(Flask("idle")) as address:
        place = urlsplit(address)
        monkeypatch.setattr(trigger.trigger, "_physical_pull", woken_twice)
    assert refused()
