"""Addresses inside the application: a page to go back to is never somebody else's."""

from urllib.parse import SplitResult, quote, urlsplit

from flask import request

HOME = "/"


def here(address: str | None) -> str:
    """The address if it is a path of ours, otherwise the home page: what comes from outside must not lead outside (open redirect)."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or any(ord(c) < 32 for c in address):
        return HOME
    parts = urlsplit(address)
    return HOME if parts.scheme or parts.netloc else address


def came_from() -> str:
    """The page of ours that led here, with its search; empty when it was none."""
    parts = parts_of(request.referrer)
    if parts.netloc != request.host:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def parts_of(address: str | None) -> SplitResult:
    """The parts of an address that a browser tells; empty ones when it is no address."""
    try:
        return urlsplit(address or "")
    except ValueError:
        return urlsplit("")


def asked_for() -> str:
    """The address that this request asks for, within the application."""
    query = request.query_string.decode(errors="replace")
    return quote(request.path) + (f"?{query}" if query else "")
