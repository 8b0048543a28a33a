"""Forecasts and batches as JSON, for the command and the interface."""

from typing import Any

from web.changes import comparison_document
from web.failure_documents import finding_document
from workflow_runtime.migration.batches import BatchView
from workflow_runtime.migration.forecast import Forecast, Group
from workflow_runtime.migration.moving import Outcome
from workflow_runtime.migration.rehearsal import Rehearsal
from workflow_runtime.migration.verdict import Reason


def forecast_document(forecast: Forecast) -> dict[str, Any]:
    """How many cases can move to the version, how many stay and why, and what changes for those that move."""
    return {
        "business": forecast.business,
        "title": forecast.title,
        "bundle_id": forecast.bundle_id,
        "there": forecast.there,
        "movable": forecast.movable,
        "stay": forecast.stay,
        "staying": [_group(group) for group in forecast.staying],
        "changing": [_group(group) for group in forecast.changing],
    }


def _group(group: Group) -> dict[str, Any]:
    return {**reason_document(group.reason), "count": group.count, "numbers": group.numbers}


def reason_document(reason: Reason) -> dict[str, Any]:
    """A reason with its code, element and words."""
    return {"code": reason.code, "element": reason.element, "message": reason.message._asdict()}


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """What became of one case."""
    return {"number": outcome.number, "moved": outcome.moved, "reasons": [reason_document(each) for each in outcome.reasons]}


def batch_document(view: BatchView) -> dict[str, Any]:
    """A batch and how far it has come."""
    batch = view.batch
    return {
        "id": batch.id,
        "business": batch.business,
        "bundle_id": batch.bundle_id,
        "mapping": batch.mapping,
        "numbers": batch.numbers,
        "reason": batch.reason,
        "begun_at": batch.begun_at,
        "begun_by": batch.begun_by,
        "finished_at": batch.finished_at,
        "moved": view.moved,
        "undone": view.undone,
        "left": view.left,
    }


def rehearsal_document(would: Rehearsal) -> dict[str, Any]:
    """What a deployment would do: findings, changes of meaning, forecasts, businesses that nobody could start any more."""
    return {
        "refused": would.refused,
        "findings": [finding_document(each) for each in would.findings],
        "comparison": comparison_document(would.comparison),
        "forecasts": [forecast_document(each) for each in would.forecasts],
        "retired": list(would.retired),
    }
