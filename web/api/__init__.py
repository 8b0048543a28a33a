"""The interface for programs, `/api/v1`: what the pages can do, as JSON. Described by OpenAPI 3.1 at /api/v1/openapi.json.

Programs act for a person by his bearer token, and may what he may. Nothing is decided here: an operation is one use case or query.
"""

from http import HTTPStatus
from threading import Lock
from typing import Any

import flask_smorest  # type: ignore[import-untyped]  # has no types of its own
from flask import Blueprint, Flask, Response, current_app, jsonify

from web.access import PUBLIC, access
from web.api import (
    attachments,
    authorities,
    businesses,
    cases,
    certificates,
    deployments,
    drafts,
    history,
    incidents,
    legacy,
    migrations,
    tasks,
    trail,
    users,
)
from web.api.blueprint import ELSE, PREFIX, PROBLEM, READ, WRITE, Operations
from web.api.failures import RequestRefused, Stale, refused
from web.api.schemas import Problem
from web.current import runtime

NOUNS = (
    businesses,
    drafts,
    cases,
    history,
    tasks,
    attachments,
    certificates,
    incidents,
    authorities,
    legacy,
    users,
    deployments,
    migrations,
    trail,
)
OPERATIONS: tuple[Operations, ...] = tuple(noun.api for noun in NOUNS)
"""Every noun's operations, as they are mounted."""

DESCRIPTION = "建筑起重机械备案（电子证照）· Filing of construction cranes and their e-certificates. Failures are application/problem+json."


RETRY_AFTER = {"Retry-After": {"description": "Seconds after which to come again.", "schema": {"type": "integer", "minimum": 1}}}


class Api(flask_smorest.Api):  # type: ignore[misc]  # the library is untyped
    """The document of all operations. Failures are answered where all others are, so it takes none over."""

    DEFAULT_ERROR_RESPONSE_NAME = None
    ERROR_SCHEMA = Problem

    def __init__(self, app: Flask, **told: Any) -> None:
        self.undescribed: list[Operations] = []
        self.reading = Lock()
        super().__init__(app, **told)

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        content = {PROBLEM: {"schema": Problem}}
        for name in (*READ, *WRITE, *ELSE):
            headers = {"headers": RETRY_AFTER} if name == "SERVICE_UNAVAILABLE" else {}
            self.spec.components.response(name, {"description": HTTPStatus[name].phrase, "content": content, **headers}, lazy=True)
        self.spec.components.response("NOT_MODIFIED", {"description": "Not Modified"}, lazy=True)

    def register_blueprint(self, blp: Operations) -> None:
        """Serves the operations; what they say of themselves is read when the document is first asked for, as it takes half of a start."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self.undescribed.append(blp)

    def described(self) -> dict[str, Any]:
        """The document."""
        with self.reading:
            while self.undescribed:
                blp = self.undescribed.pop(0)
                blp.register_views_in_doc(self, self._app, self.spec, name=blp.name, parameters=None)
                self.spec.tag({"name": blp.name, "description": blp.description})
            return self.spec.to_dict()  # type: ignore[no-any-return]  # the library is untyped


document = Blueprint("api", __name__, url_prefix=PREFIX)


@document.get("/openapi.json")
@access(PUBLIC)
def openapi() -> Response:
    """The OpenAPI document, with the answers of every business that is deployed now among its schemas: `answers.<business>`."""
    described = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].described()
    components = described["components"]
    with runtime().reading() as uow:
        schemas = {**components["schemas"], **businesses.answer_schemas(uow)}
    return jsonify({**described, "components": {**components, "schemas": schemas}})


def mount(app: Flask) -> None:
    """Add the interface to an application. Its requests carry no cookies, so they need no token against forgery."""
    app.config.update(API_TITLE="Crane filing", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    bearer: dict[str, Any] = {"type": "http", "scheme": "bearer", "description": "`crane token issue`"}
    api = Api(app, spec_kwargs={"info": {"description": DESCRIPTION}, "security": [{"bearer": []}]})
    api.spec.components.security_scheme("bearer", bearer)
    for each in OPERATIONS:
        api.register_blueprint(each)
        app.extensions["csrf"].exempt(each)
    app.register_blueprint(document)
    app.register_error_handler(RequestRefused, refused)
    app.register_error_handler(Stale, refused)
