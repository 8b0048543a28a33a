"""The shapes that several nouns share."""

from marshmallow import Schema, fields, validate

NAME = validate.Length(max=200)
MAX_PAGE = 200


class Words(Schema):
    """A sentence in both languages."""

    zh = fields.String(required=True)
    en = fields.String(required=True)


class WrongField(Schema):
    """One wrong field of a request."""

    field = fields.String(required=True)
    label = fields.String(required=True)
    message = fields.Nested(Words, required=True)


class Finding(Schema):
    """One thing that is wrong with a diagram, a decision table or a form."""

    code = fields.String(required=True)
    file = fields.String(required=True)
    element = fields.String(required=True)
    line = fields.Integer(required=True)
    severity = fields.String(required=True, validate=validate.OneOf(["error", "warning"]))
    message = fields.Nested(Words, required=True)
    cure = fields.Nested(Words, required=True)


class Refusal(Schema):
    """Why something was not done; `code` is stable, `who` was faster, and `when`."""

    code = fields.String(required=True)
    message = fields.Nested(Words, required=True)
    remedy = fields.Nested(Words, required=True)
    who = fields.String(allow_none=True)
    when = fields.DateTime(allow_none=True)


class Problem(Refusal):
    """RFC 9457; `fields` and `findings` say everything that is wrong at once."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    fields_ = fields.List(fields.Nested(WrongField), data_key="fields")
    findings = fields.List(fields.Nested(Finding))


class PageQuery(Schema):
    """Which page of a list."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, MAX_PAGE))


class BeforeQuery(PageQuery):
    """Which page of a list that is numbered: what is older than this id."""

    before = fields.Integer(load_default=None, validate=validate.Range(1, 2**63 - 1))


class Reason(Schema):
    """Why somebody does something; kept in the audit."""

    reason = fields.String(load_default="")


class NeededReason(Schema):
    """Why somebody steps in from outside; kept in the audit."""

    reason = fields.String(required=True, validate=validate.Length(1))


class Changed(Schema):
    """Whether a write changed anything."""

    changed = fields.Boolean(required=True)
