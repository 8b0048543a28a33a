"""The interface keeps what its OpenAPI document says, whatever it is sent: no 5xx, answers as documented, for every kind of role."""

import pytest
import schemathesis
from asking import Program
from flask import Flask
from flask_wtf import CSRFProtect
from hypothesis import HealthCheck, Phase, given, settings
from office import Office, furnished
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from workbench import MONDAY

from web.api import mount
from web.app import create_app
from workflow_runtime.clock import ManualClock

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PEOPLE = ("zhang", "li.150100", "chen.150000", "operator", "admin")
"""An applicant, a reviewer, a supervisor, an operator, an administrator who is analyst and auditor too."""


def known(office, done, waiting):
    """Values of the paths' parameters that name something that is there."""
    certificate, [task] = office.certificate(done), office.tasks(waiting)
    paper = office.variables(waiting)["apply"]["business_licence"][0]["id"]
    draft = office.programs[0].post("/drafts", {"business": "new_filing", "answers": {}}, expect=201).json["id"]
    return {
        "number": waiting,
        "/api/v1/certificates/number": certificate.number,
        "task_id": task.id,
        "attachment_id": paper,
        "draft_id": draft,
        "business": "new_filing",
        "process": "new_filing",
        "login": "wang",
        "name": "产权单位",
        "code": certificate.verification_code,
        "/api/v1/authorities/code": certificate.authority_code,
        "incident_id": 1,
    }


@pytest.fixture(scope="module")
def installation(addresses, tmp_path_factory):
    """One installation with filings in several states; strange requests may change it as they like."""
    with Office(addresses.sqlite(furnished), tmp_path_factory.mktemp("schema"), ManualClock(MONDAY)) as office:
        done = office.file()
        office.to_the_button(done)
        office.push(done)
        waiting = office.file("hoist")
        office.work()
        app = create_app(office.runtime)
        office.programs = [Program(office.runtime, login, app=app) for login in PEOPLE] + [Program(office.runtime, app=app)]
        office.app = app
        names = known(office, done, waiting)
        office.named = lambda path, name, value: names.get(f"{path.partition('/{')[0]}/{name}", names.get(name, value))
        yield office


@pytest.fixture(scope="module")
def document(installation):
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", installation.app)


def operations():
    """Method and path of every operation, from the document of an application that serves nothing."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "unused"
    CSRFProtect(app)
    mount(app)
    paths = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()["paths"]
    return sorted((path, method.upper()) for path, known in paths.items() for method in known if method != "parameters")


@pytest.mark.parametrize(("path", "method"), operations())
def test_an_operation_answers_as_it_says(installation, document, path, method):
    """Asked on behalf of each kind of person in turn, and of nobody."""

    @given(case=document[path][method].as_strategy())
    @settings(max_examples=4, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def ask(case):
        for program in installation.programs:
            case.validate_response(case.call(headers=program.headers), checks=CHECKS)
        if case.path_parameters:
            case.path_parameters = {name: installation.named(path, name, value) for name, value in case.path_parameters.items()}
            for program in installation.programs:
                case.validate_response(case.call(headers=program.headers), checks=CHECKS)

    ask()
