"""The authorities' old registers: looked up, and corrected."""

from dataclasses import asdict
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from registry import legacy_register as book
from registry.legacy_corrections import correct
from registry.legacy_fields import FIELDS
from registry.legacy_history import history
from registry.legacy_register import STATES, LegacyEntry
from registry.legacy_roles import KEEPERS, READERS
from web.access import access, roles
from web.api.blueprint import Operations
from web.api.failures import Stale
from web.api.reading import seen
from web.api.replies import Reply, shown, tagged
from web.api.schemas import NAME, BeforeQuery, NeededReason
from web.current import actor, runtime
from workflow_runtime.errors import Conflict

api = Operations("legacy", "原备案登记簿 · The authorities' old registers.")

TYPED = validate.Length(max=1000)


class LegacyFacts(Schema):
    """What can be corrected of an entry, as it is typed; what is left out stays. Days are yyyy-MM-dd, "" where unknown."""

    number = fields.String(validate=TYPED)
    identifier = fields.String(validate=TYPED)
    equipment_no = fields.String(validate=TYPED)
    manufacturer = fields.String(validate=TYPED)
    serial_no = fields.String(validate=TYPED)
    category = fields.String(validate=TYPED)
    model = fields.String(validate=TYPED)
    owner_name = fields.String(validate=TYPED)
    owner_code = fields.String(validate=TYPED)
    made_on = fields.String(validate=TYPED)
    issued_on = fields.String(validate=TYPED)
    state = fields.String(validate=TYPED)


class LegacyCorrection(LegacyFacts, NeededReason):
    """The fields to correct, and why."""


class LegacyDocument(LegacyFacts):
    """An entry; `reissued_as` is the identifier (证照标识) of the certificate that replaced it, `remarks` the register's other columns."""

    id = fields.Integer(required=True)
    authority_code = fields.String(required=True)
    reissued_as = fields.String(required=True, allow_none=True)
    revision = fields.Integer(required=True)
    remarks = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    source = fields.String(required=True)


class LegacyEventDocument(Schema):
    """One change of an entry, and the fields that differ."""

    at = fields.DateTime(required=True)
    event = fields.String(required=True)
    revision = fields.Integer(required=True)
    who = fields.String(required=True)
    reason = fields.String(required=True)
    before = fields.Dict(required=True)
    after = fields.Dict(required=True)


class LegacyWhole(LegacyDocument):
    """An entry with everything that has changed in it, oldest first."""

    history = fields.List(fields.Nested(LegacyEventDocument), required=True)


class LegacyQuery(BeforeQuery):
    """Entries whose number, owner, serial number or manufacturer contains `containing`, of an authority, in a state."""

    containing = fields.String(load_default="", validate=NAME)
    authority = fields.String(load_default="", validate=NAME)
    state = fields.String(load_default="", validate=validate.OneOf(["", *STATES]))


def _document(found: LegacyEntry) -> dict[str, Any]:
    values = asdict(found)
    return {**values, **{name: "" if values[name] is None else str(values[name]) for name in FIELDS}}


@api.get("/legacy")
@access(roles(*READERS))
@api.takes(LegacyQuery, "query")
@api.gives(LegacyDocument, many=True)
def legacy_entries(wanted: dict[str, Any]) -> Response:
    """Entries, the newest first."""
    keyword = wanted.pop("containing")
    with runtime().reading() as uow:
        found = book.search(uow.connection, keyword=keyword, **wanted)
    return shown(Reply([_document(each) for each in found]))


@api.get("/legacy/<int:entry_id>")
@access(roles(*READERS))
@api.gives(LegacyWhole)
@api.revised
def legacy_entry(entry_id: int) -> Response:
    """One entry."""
    with runtime().reading() as uow:
        found, events = book.entry(uow.connection, entry_id), history(uow.connection, entry_id)
    document = {**_document(found), "history": [LegacyEventDocument().dump(event) for event in events]}
    return shown(tagged(document, found.revision))


@api.patch("/legacy/<int:entry_id>")
@access(roles(*KEEPERS))
@api.takes(LegacyCorrection)
@api.gives(LegacyDocument)
@api.matched
def correct_legacy_entry(given: dict[str, Any], entry_id: int) -> Response:
    """Correct an entry; the same again changes nothing."""
    reason, revision = given.pop("reason"), seen()
    try:
        with runtime().transaction() as uow:
            after = correct(uow, actor(), entry_id, given, revision, reason)
    except Conflict as conflict:
        raise Stale(conflict) from conflict
    return tagged(_document(after), after.revision).response()
