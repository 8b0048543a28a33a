"""What is deployed, deploying more, and the statistics."""

from typing import Any

from flask import Response, request
from marshmallow import Schema, fields

from web.access import access, roles
from web.api.blueprint import Operations
from web.api.failures import media_type_unknown
from web.api.replies import Reply, once, shown
from web.api.schemas import Finding
from web.current import actor, runtime
from web.failure_documents import finding_document
from workflow_runtime import oversight, queries
from workflow_runtime.contents import File
from workflow_runtime.deployment import deploy as deploy_files
from workflow_runtime.deployment import lint as lint_files
from workflow_runtime.errors import FieldError, Invalid, Text
from workflow_runtime.runtime import UnitOfWork

api = Operations("deployments", "流程 · What is deployed; statistics.")

ANALYSTS = roles("analyst", "administrator")
FORM = "multipart/form-data"


class Version(Schema):
    """A version of a business; new cases get the `current` one, `running` cases are under way on it."""

    business = fields.String(required=True)
    title = fields.String(required=True)
    bundle_id = fields.String(required=True)
    since = fields.DateTime(required=True)
    deployed_by = fields.String(required=True)
    current = fields.Boolean(required=True)
    startable = fields.Boolean(required=True)
    running = fields.Integer(required=True)


class DeployedBusiness(Schema):
    """A business after a deployment."""

    business = fields.String(required=True)
    title = fields.String(required=True)
    bundle_id = fields.String(required=True)
    changed = fields.Boolean(required=True)


class DeploymentDone(Schema):
    """What a deployment did, and what is worth a look."""

    businesses = fields.List(fields.Nested(DeployedBusiness), required=True)
    warnings = fields.List(fields.Nested(Finding), required=True)


class Counted(Schema):
    """A number of cases; `authority` is a party."""

    business = fields.String(required=True)
    status = fields.String(required=True)
    authority = fields.String(required=True)
    number = fields.Integer(required=True)


@api.get("/deployments")
@access(ANALYSTS)
@api.gives(Version, many=True)
def deployments() -> Response:
    """What new cases get, and on which older versions cases are under way."""
    with runtime().reading() as uow:
        found = oversight.versions(uow, actor())
    return shown(Reply(Version(many=True).dump(found)))


@api.post("/deployments")
@access(ANALYSTS)
@api.takes_files("files", several=True)
@api.gives(DeploymentDone)
def deploy() -> Response:
    """部署: new cases run on these files from now on. Faulty ones are refused with every finding, and what was deployed goes on."""
    files = files_sent()

    def act(uow: UnitOfWork) -> Reply:
        done = deploy_files(uow, actor(), files)
        warnings = [finding_document(each) for each in done.warnings]
        return Reply(DeploymentDone().dump({"businesses": done.businesses, "warnings": warnings}))

    return once(act)


@api.post("/lint")
@access(ANALYSTS)
@api.takes_files("files", several=True)
@api.gives(Finding, many=True)
def lint() -> Response:
    """检查: what would be found if these files were deployed; nothing is changed."""
    files = files_sent()
    with runtime().reading() as uow:
        findings = lint_files(uow, files)
    return Reply([finding_document(each) for each in findings]).response()


def files_sent() -> list[File]:
    """The files of the request. Raises Invalid when there are none, and for another kind of body."""
    if request.mimetype != FORM:
        raise media_type_unknown(FORM)
    sent = [(each.filename.replace("\\", "/").rpartition("/")[2], each.read()) for each in request.files.getlist("files") if each.filename]
    if not sent:
        raise Invalid([FieldError("files", "文件", Text("缺少 .bpmn、.dmn 或 .form 文件。", "There is no .bpmn, .dmn or .form file."))])
    return sent


@api.get("/statistics")
@access(roles("supervisor", "reviewer", "operator", "administrator", "auditor"))
@api.gives(Counted, many=True)
def statistics() -> Response:
    """统计: how many of the cases that I may see there are, by business, status and authority."""
    with runtime().reading() as uow:
        found: list[Any] = [each._asdict() for each in queries.statistics(uow, actor())]
    return shown(Reply(Counted(many=True).dump(found)))
