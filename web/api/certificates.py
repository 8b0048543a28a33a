"""Certificates: what the register says, the file, and what anybody may verify."""

from flask import Response
from marshmallow import Schema, fields

from registry.awaiting_seal import authorities_of, awaiting_seal
from registry.certificate_files import file_of
from registry.certificates import FACE, STATES, Certificate, certificate
from registry.verification import public_certificate
from web.access import PUBLIC, SIGNED_IN, access, roles
from web.api.blueprint import Operations
from web.api.replies import Reply, file_shown, shown
from web.api.schemas import Words
from web.current import actor, runtime
from workflow_runtime.errors import NotFound, Text
from workflow_runtime.guards import not_found
from workflow_runtime.queries import visible_case
from workflow_runtime.runtime import UnitOfWork

api = Operations("certificates", "电子证照 · E-certificates.")

SEALING = "reviewer"
SEAL_NETWORK = "provincial"
"""The government service network's name in the push log."""
FILE_TYPE = "application/ofd"


class CertificateSummary(Schema):
    """A certificate and how far it has come; steps not yet taken are null."""

    number = fields.String(required=True)
    identifier = fields.String(required=True)
    equipment_no = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True)
    state_word = fields.Function(lambda c: STATES[c.state]._asdict(), required=True, metadata={"type": "object"})
    verification_code = fields.String(required=True)
    coded_at = fields.DateTime(required=True, allow_none=True)
    sealed_at = fields.DateTime(required=True, allow_none=True)
    verified = fields.Boolean(required=True)
    issued_at = fields.DateTime(required=True, allow_none=True)
    aggregated_at = fields.DateTime(required=True, allow_none=True)
    aggregation_warnings = fields.List(fields.Raw(), required=True, allow_none=True)


class FaceItem(Schema):
    """One printed item of the face."""

    key = fields.String(required=True)
    label = fields.Nested(Words, required=True)
    value = fields.String(required=True)


class CertificateDocument(CertificateSummary):
    """A certificate with its face and the report of its verification."""

    case = fields.String(required=True)
    face = fields.Function(lambda c: _face(c), required=True, metadata={"type": "array", "items": {"type": "object"}})
    qr_text = fields.String(required=True, allow_none=True)
    seal_name = fields.String(required=True, allow_none=True)
    verification_report = fields.Raw(required=True, allow_none=True)
    replaced_number = fields.String(required=True, allow_none=True)
    previous_identifier = fields.String(required=True, allow_none=True)


class Check(Schema):
    """One check of the sealed file: whether it held, null when an earlier failure kept it from being made, and what was wrong."""

    about = fields.Nested(Words, required=True)
    ok = fields.Boolean(required=True, allow_none=True)
    problem = fields.Nested(Words, required=True)


class Verification(Schema):
    """All that the public may see of an issued certificate."""

    code = fields.String(required=True)
    number = fields.String(required=True)
    identifier = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True)
    state_word = fields.Nested(Words, required=True)
    meaning = fields.Nested(Words, required=True)
    in_force = fields.Boolean(required=True)
    face = fields.Function(lambda c: [{"label": label._asdict(), "value": value} for label, value in c.face], required=True)
    qr_text = fields.String(required=True)
    issued_at = fields.DateTime(required=True)
    seal_name = fields.String(required=True)
    sealed_at = fields.DateTime(required=True, allow_none=True)
    aggregated_at = fields.DateTime(required=True, allow_none=True)
    checks = fields.List(fields.Nested(Check), required=True)
    signature_checked = fields.Boolean(required=True)
    newest_code = fields.String(required=True, allow_none=True)
    replaced_number = fields.String(required=True)
    associated_identifier = fields.String(required=True)


class Awaiting(Schema):
    """A certificate that waits for its seal, since when, and how the last call to the network ended if it did not end well."""

    case = fields.String(required=True)
    number = fields.String(required=True)
    owner = fields.String(required=True)
    authority = fields.String(required=True)
    since = fields.DateTime(required=True)
    asked_at = fields.DateTime(required=True, allow_none=True)
    trouble = fields.String(required=True)
    trouble_at = fields.DateTime(required=True, allow_none=True)


def _face(found: Certificate) -> list[dict[str, object]]:
    return [{"key": key, "label": label._asdict(), "value": str(found.face.get(key) or "")} for key, label in FACE.items()]


@api.get("/certificates/<number>")
@access(SIGNED_IN)
@api.gives(CertificateDocument)
def one_certificate(number: str) -> Response:
    """The certificate of this number, however typed: the newest version; for those who may see its case."""
    with runtime().reading() as uow:
        found = _visible(uow, number)
    return shown(Reply(CertificateDocument().dump(found)))


@api.get("/certificates/<number>/file")
@access(SIGNED_IN)
@api.revised
@api.gives_file(FILE_TYPE)
def certificate_file(number: str) -> Response:
    """The e-certificate as the government service network made it (OFD)."""
    with runtime().reading() as uow:
        file = file_of(uow.connection, _visible(uow, number).identifier)
    return file_shown(file.content, file.media_type, f"{file.identifier}.ofd", file.sha256)


@api.get("/certificates/verification/<code>", public=True)
@access(PUBLIC)
@api.gives(Verification)
def verification(code: str) -> Response:
    """Whether a certificate is genuine and in force: for anybody who holds its verification code."""
    with runtime().reading() as uow:
        found = public_certificate(uow.connection, code)
    return shown(Reply(Verification().dump(found)))


@api.get("/sealing")
@access(roles(SEALING))
@api.gives(Awaiting, many=True)
def sealing() -> Response:
    """签章: the certificates of my authorities that wait for their seal, the longest first; the seal is given on the government's network."""
    with runtime().reading() as uow:
        found = awaiting_seal(uow.connection, authorities_of(actor(), SEALING), SEAL_NETWORK)
    return shown(Reply(Awaiting(many=True).dump(found)))


def _visible(uow: UnitOfWork, number: str) -> Certificate:
    """The certificate, if the actor may see its case. Raises NotFound, the same for what does not exist."""
    try:
        found = certificate(uow.connection, number)
        visible_case(uow, actor(), found.case)
    except NotFound:
        raise not_found(Text(f"备案证 {number} ", f"Certificate {number}")) from None
    return found
