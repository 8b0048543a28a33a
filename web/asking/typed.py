"""What people type into plain forms."""

from flask import request


def typed(name: str) -> str:
    """The text of a field of the request's form, blanks around it and NUL characters (which a database refuses) removed."""
    return request.form.get(name, "").replace("\0", "").strip()
