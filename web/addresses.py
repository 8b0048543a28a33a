"""Addresses inside the application: a page to go back to is never somebody else's."""

from urllib.parse import urlsplit

HOME = "/"


def here(address: str | None) -> str:
    """The address if it is a path of ours, otherwise the home page: what comes from outside must not lead outside (open redirect)."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or any(ord(c) < 32 for c in address):
        return HOME
    parts = urlsplit(address)
    return HOME if parts.scheme or parts.netloc else address
