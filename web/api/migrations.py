"""Running cases on other versions: the forecast, moving them in bulk, bringing them back; and a deployment rehearsed."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from web.access import access, roles
from web.api.blueprint import Operations
from web.api.deployments import files_sent
from web.api.replies import Reply, once_in_parts, shown
from web.api.schemas import Finding, NeededReason, Words
from web.current import actor, runtime
from web.migrations import batch_document, forecast_document, outcome_document, rehearsal_document
from workflow_runtime.migration.batches import MOST_AT_ONCE, batches, migrate
from workflow_runtime.migration.forecast import plan_migration
from workflow_runtime.migration.mapping import ElementMap, ensure_pairs
from workflow_runtime.migration.rehearsal import rehearse
from workflow_runtime.migration.undoing import undo_migration
from workflow_runtime.versions import chosen_version

api = Operations("migrations", "迁移 · Running cases move to another version of their business.")

ANALYSTS = roles("analyst", "administrator")
BUSINESS: dict[str, Any] = {"required": True, "validate": validate.Length(1, 64)}
VERSION: dict[str, Any] = {"load_default": None, "allow_none": True, "validate": validate.Length(max=64)}


class Change(Schema):
    """A change of meaning."""

    kind = fields.String(required=True)
    file = fields.String(required=True)
    part = fields.String(required=True)
    element = fields.String(required=True)
    message = fields.Nested(Words, required=True)


class Comparison(Schema):
    """Changes of meaning, and the files of which only the drawing has changed."""

    same = fields.Boolean(required=True)
    changes = fields.List(fields.Nested(Change), required=True)
    redrawn = fields.List(fields.String(), required=True)


class WhyNot(Schema):
    """Why a case cannot move, or what changes for it."""

    code = fields.String(required=True)
    element = fields.String(required=True)
    message = fields.Nested(Words, required=True)


class CaseGroup(WhyNot):
    """A reason with the number of cases that it holds for, and the first of them."""

    count = fields.Integer(required=True)
    numbers = fields.List(fields.String(), required=True)


class MigrationForecast(Schema):
    """Of the cases on other versions, how many can move to this one, how many stay and why; `there` are on it already."""

    business = fields.String(required=True)
    title = fields.String(required=True)
    bundle_id = fields.String(required=True)
    there = fields.Integer(required=True)
    movable = fields.Integer(required=True)
    stay = fields.Integer(required=True)
    staying = fields.List(fields.Nested(CaseGroup), required=True)
    changing = fields.List(fields.Nested(CaseGroup), required=True)


class RehearsalDone(Schema):
    """What a deployment would do; without forecasts where it would be refused. `retired`: businesses that nobody could start any more."""

    refused = fields.Boolean(required=True)
    findings = fields.List(fields.Nested(Finding), required=True)
    comparison = fields.Nested(Comparison, required=True)
    forecasts = fields.List(fields.Nested(MigrationForecast), required=True)
    retired = fields.List(fields.String(), required=True)


class Planned(Schema):
    """To which version (the beginning of its id; without it, the deployed one), by which map of elements, which cases (none: all)."""

    business = fields.String(**BUSINESS)
    to = fields.String(**VERSION)
    mapping = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    numbers = fields.List(fields.String(validate=validate.Length(1, 32)), load_default=None, allow_none=True)


class Migrating(Planned):
    """A migration, with the reason that is kept; at most `limit` cases now, the same request goes on."""

    reason = fields.String(required=True, validate=validate.Length(1))
    limit = fields.Integer(load_default=MOST_AT_ONCE, validate=validate.Range(1, MOST_AT_ONCE))


class CaseOutcome(Schema):
    """What became of one case."""

    number = fields.String(required=True)
    moved = fields.Boolean(required=True)
    reasons = fields.List(fields.Nested(WhyNot), required=True)


class MigrationDone(Schema):
    """What was done now; `finished`: the batch has looked at all its cases."""

    batch = fields.Integer(required=True)
    moved = fields.Integer(required=True)
    finished = fields.Boolean(required=True)
    stayed = fields.List(fields.Nested(CaseOutcome), required=True)


class Undone(Schema):
    """What was brought back, and what was not, with the reasons."""

    batch = fields.Integer(required=True)
    undone = fields.Integer(required=True)
    stayed = fields.List(fields.Nested(CaseOutcome), required=True)


class Batch(Schema):
    """Cases that were moved together."""

    id = fields.Integer(required=True)
    business = fields.String(required=True)
    bundle_id = fields.String(required=True)
    mapping = fields.Dict(required=True)
    numbers = fields.List(fields.String(), required=True, allow_none=True)
    reason = fields.String(required=True)
    begun_at = fields.DateTime(required=True)
    begun_by = fields.String(required=True)
    finished_at = fields.DateTime(required=True, allow_none=True)
    moved = fields.Integer(required=True)
    undone = fields.Integer(required=True)
    left = fields.Integer(required=True)


@api.post("/rehearsals")
@access(ANALYSTS)
@api.takes_files("files", several=True)
@api.gives(RehearsalDone)
def rehearsal() -> Response:
    """预演: findings, changes of meaning and the migration forecast of a deployment; nothing is changed."""
    files = files_sent()
    with runtime().reading() as uow:
        would = rehearse(uow, actor(), files)
    return Reply(rehearsal_document(would)).response()


@api.get("/migrations")
@access(ANALYSTS)
@api.gives(Batch, many=True)
def migrations() -> Response:
    """The batches, the newest first."""
    with runtime().reading() as uow:
        found = batches(uow, actor())
    return shown(Reply(Batch(many=True).dump([batch_document(each) for each in found])))


@api.post("/migrations/forecast")
@access(ANALYSTS)
@api.takes(Planned)
@api.gives(MigrationForecast)
def forecast(given: dict[str, Any]) -> Response:
    """预测: what a migration would do; nothing is changed."""
    with runtime().reading() as uow:
        to = chosen_version(uow, given["business"], given["to"])
        told = plan_migration(uow, actor(), given["business"], to, _mapping(given), given["numbers"])
    return Reply(forecast_document(told)).response()


@api.post("/migrations")
@access(ANALYSTS)
@api.takes(Migrating)
@api.gives(MigrationDone)
def move(given: dict[str, Any]) -> Response:
    """迁移: move running cases, each by itself; what cannot move finishes on its own version."""

    def act() -> Reply:
        with runtime().reading() as uow:
            to = chosen_version(uow, given["business"], given["to"])
        more: dict[str, Any] = {"mapping": _mapping(given), "numbers": given["numbers"], "limit": given["limit"]}
        done = migrate(runtime(), actor(), given["business"], to, given["reason"], **more)
        stayed = [outcome_document(each) for each in done.stayed]
        finished = done.batch.finished_at is not None
        return Reply({"batch": done.batch.id, "moved": done.moved, "finished": finished, "stayed": stayed})

    return once_in_parts(act)


@api.post("/migrations/<int:batch_id>/undo")
@access(ANALYSTS)
@api.takes(NeededReason)
@api.gives(Undone)
def undo(given: dict[str, Any], batch_id: int) -> Response:
    """撤销: bring back the cases of a batch that have not moved on since."""

    def act() -> Reply:
        outcomes = list(undo_migration(runtime(), actor(), batch_id, given["reason"], MOST_AT_ONCE))
        stayed = [outcome_document(each) for each in outcomes if not each.moved]
        return Reply({"batch": batch_id, "undone": len(outcomes) - len(stayed), "stayed": stayed})

    return once_in_parts(act)


def _mapping(given: dict[str, Any]) -> ElementMap:
    return ensure_pairs(given["mapping"])
