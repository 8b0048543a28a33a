"""How an operation of the interface is written: a function with its route, access, body and answer; the OpenAPI document comes from these."""

from collections.abc import Callable
from copy import deepcopy
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

import flask_smorest  # type: ignore[import-untyped]  # has no types of its own: the methods below give it some
from marshmallow import Schema

from web.api.reading import Parser

View = TypeVar("View", bound=Callable[..., Any])


class Decorator(Protocol):
    """Gives back the function that it was given, or one like it."""

    def __call__(self, view: View, /) -> View:
        """See the class."""
        ...


PREFIX = "/api/v1"
PROBLEM = "application/problem+json"

READ = ("UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND", "UNPROCESSABLE_ENTITY", "SERVICE_UNAVAILABLE")
WRITE = ("BAD_REQUEST", "CONFLICT", "PRECONDITION_FAILED", "REQUEST_ENTITY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "PRECONDITION_REQUIRED")
"""The problems that a reading operation can answer, and those that a writing one can answer besides: names of `HTTPStatus`."""

ELSE = ("BAD_GATEWAY",)
"""Problems that only some operations can answer, as they say by `fails`."""

IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "The same request under the same key is done once; a retry gets the first answer (7 days).",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "description": "The ETag with which the thing was read.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}(-[0-9a-f]{16})?"$'},
}


class Operations(flask_smorest.Blueprint):  # type: ignore[misc]  # the library is untyped
    """The operations of one noun."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, noun: str, description: str) -> None:
        super().__init__(f"api_{noun}", __name__, url_prefix=PREFIX, description=description)
        self.noun = noun
        self._prepare_doc_cbks.append(_with_headers_and_problems)

    def _on(self, method: str, rule: str, public: bool) -> Decorator:
        def declared(view: View) -> View:
            described = {"operationId": f"{method.lower()}_{view.__name__}", **({"security": []} if public else {})}
            self.route(rule, methods=[method], tags=[self.noun])(self.doc(**described)(view))
            return view

        return declared

    def get(self, rule: str, *, public: bool = False) -> Decorator:
        """Reads. `public`: documented as open to all; what lets people in is the declared access."""
        return self._on("GET", rule, public)

    def post(self, rule: str) -> Decorator:
        """Does something, once under an `Idempotency-Key`."""
        return self._on("POST", rule, False)

    def put(self, rule: str) -> Decorator:
        """Brings into a state; the same again changes nothing."""
        return self._on("PUT", rule, False)

    def patch(self, rule: str) -> Decorator:
        """Changes some of a thing's fields; the same again changes nothing."""
        return self._on("PATCH", rule, False)

    def delete(self, rule: str) -> Decorator:
        """Takes away."""
        return self._on("DELETE", rule, False)

    def takes(self, schema: type[Schema], location: str = "json") -> Decorator:
        """The body (or the query) by this schema: the view's first argument, a dictionary."""
        taken: Decorator = self.arguments(schema, location=location)
        return taken

    def takes_files(self, field: str, *, several: bool = False, raw: bool = False) -> Decorator:
        """Documents a body of files in this field of a form; or, if `raw`, the file itself as the body."""
        file = {"type": "string", "format": "binary"}
        one = {"type": "object", "required": [field], "properties": {field: {"type": "array", "items": file} if several else file}}
        content: dict[str, Any] = {"multipart/form-data": {"schema": one}}
        content |= {"application/octet-stream": {"schema": file}} if raw else {}
        documented: Decorator = self.doc(requestBody={"required": True, "content": content})
        return documented

    def gives(self, schema: type[Schema] | None, status: int = HTTPStatus.OK, *, many: bool = False) -> Decorator:
        """Documents what a success answers; the view answers with a `Response` of its own."""
        given: Decorator = self.response(status, None if schema is None else schema(many=many))
        return given

    def gives_file(self, *media_types: str) -> Decorator:
        """Documents a success that answers with a file of one of these types."""

        def documented(view: View) -> View:
            for media_type in media_types:
                view = self.response(HTTPStatus.OK, {"type": "string", "format": "binary"}, content_type=media_type)(view)
            return view

        return documented

    def fails(self, name: str) -> Decorator:
        """Documents a problem of `ELSE`."""
        documented: Decorator = self.alt_response(HTTPStatus[name], name)
        return documented

    def revised(self, view: View) -> View:
        """Documents an answer with an ETag, and that `If-None-Match` is heeded."""
        noted: View = self.alt_response(HTTPStatus.NOT_MODIFIED, "NOT_MODIFIED")(view)
        return noted

    def matched(self, view: View) -> View:
        """Documents that `If-Match` is required."""
        info = deepcopy(getattr(view, "_apidoc", {}))
        view._apidoc = {**info, "matched": True}  # type: ignore[attr-defined]  # the library's own place for it
        return view


def _with_headers_and_problems(doc: dict[str, Any], info: dict[str, Any], *, method: str, **_more: Any) -> dict[str, Any]:
    parameters = list(doc.get("parameters", []))
    if method == "post":
        parameters.append(IDEMPOTENCY_KEY)
    if info.get("matched"):
        parameters.append(IF_MATCH)
    names = READ if method == "get" else (*READ, *WRITE)
    problems = {str(HTTPStatus[name].value): name for name in names}
    responses = {str(int(status)): told for status, told in doc.get("responses", {}).items()}
    return {**doc, "parameters": parameters, "responses": {**problems, **responses}}
