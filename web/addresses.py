"""Addresses inside the application: a page to go back to is never somebody else's."""

from urllib.parse import quote, urlsplit

from flask import request

HOME = "/"


def here(address: str | None) -> str:
    """The address if it is a path of ours, otherwise the home page: what comes from outside must not lead outside (open redirect)."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or any(ord(c) < 32 for c in address):
        return HOME
    parts = urlsplit(address)
    return HOME if parts.scheme or parts.netloc else address


def asked_for() -> str:
    """The address that this request asks for, within the application."""
    query = request.query_string.decode(errors="replace")
    return quote(request.path) + (f"?{query}" if query else "")
