"""`certificate.prepare`: number, 设备唯一编号 and 证照标识 of an approved filing, and the certificate's draft in the register."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from registry.administration import enter_for_case
from registry.authorities import Authority
from registry.authorities import authority as authority_of
from registry.certificates import Certificate, Draft, by_case, by_identifier, draft_certificate, in_force
from registry.certificates import certificate as certificate_of
from registry.configuration import CertificateType
from registry.decided import Category
from registry.decided import category as category_of
from registry.folding import machine_key
from registry.identifiers import identifier_serial, make_identifier, next_version
from registry.installation import page_secret
from registry.issuing import is_number_taken
from registry.legacy_register import LegacyEntry
from registry.legacy_reissue import to_be_reissued
from registry.machines import (
    Machine,
    kept_equipment_number,
    machine_by_key,
    regional_equipment_number,
    register_machine,
    transfer_machine,
)
from registry.numbers import parse_number, reserve_number, void_unused
from registry.owners import Owner, remember_owner
from registry.parties import party_code
from tasks.context import Context
from tasks.refusing import as_business_error
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import BusinessError, FieldError, Invalid, NotFound, Text
from workflow_runtime.handlers import service_task

OWNER_FIELDS = {
    "code": "owner_code",
    "name": "owner_name",
    "address": "owner_address",
    "legal_representative": "legal_representative",
    "legal_phone": "legal_phone",
    "contact": "contact",
    "contact_phone": "contact_phone",
}
MACHINE_FIELDS = ("category", "machine_name", "model", "rated_moment", "drive", "manufacturer", "serial_no", "made_on", "licence_no")
MACHINE_FACTS = (*MACHINE_FIELDS, "service_years", "parameters", "bought_on", "own_no")
ERRORS = (
    "AUTHORITY_UNKNOWN",
    "CERTIFICATE_ISSUED",
    "EQUIPMENT_NO_TAKEN",
    "LEGACY_REISSUED",
    "LEGACY_STATE",
    "MACHINE_ALREADY_FILED",
    "MACHINE_OF_ANOTHER_OWNER",
    "NUMBER_PREFIX_MISSING",
    "NUMBER_USED",
    "OPERATION_UNKNOWN",
    "PREVIOUS_OF_ANOTHER_MACHINE",
    "SERIES_EXHAUSTED",
    "VERSIONS_EXHAUSTED",
)
FACE_FIELDS = ("manufacturer", "owner_name", "model", "serial_no", "made_on", "licence_no", "parameters")


@dataclass(frozen=True)
class Prepared:
    """The draft as the case keeps it. `face` has the twelve items that are known before 赋码.

    `replaces_entry` is the entry of an old register that it replaces, `associated` the 证照标识 of what it replaces, where that had one.
    """

    number: str
    identifier: str
    version: int
    equipment_no: str
    face: Mapping[str, str]
    owner: Mapping[str, str]
    machine: Mapping[str, Any]
    authority: Mapping[str, str]
    operation: str
    replaces: str | None
    automatic_aggregation: bool
    prepared_at: datetime
    replaces_entry: int | None = None
    associated: str | None = None


@service_task("certificate.prepare", local=True, errors=ERRORS)
def certificate_prepare(
    ctx: Context,
    filing: dict[str, Any],
    authority: str,
    operation: str | None = None,
    replaces: str | None = None,
    number_letters: dict[str, Any] | None = None,
) -> Prepared:
    """Draft the certificate of this case, or bring its draft up to date after a correction: the same number for the same machine and category.

    `authority` is a party or the bare credit code; `operation` our word for the national `operateType` (see `OPERATE_TYPES`), by default
    `new`, or `change` for one that replaces a certificate of ours; `replaces` the number of the certificate that this one replaces, of
    ours or from paper; `number_letters` the decision `{"letter": "T", "name": "塔式起重机"}` about the machine's category. A re-issue of
    ours keeps the number and raises the version; of one that stands in an old register, the machine keeps the 设备唯一编号 that it had there.
    Business errors: `ERRORS`.
    """
    with ctx.transaction() as connection, as_business_error(*ERRORS):
        body = authority_of(connection, party_code(authority) or authority)
        owner = Owner(**{name: _text(filing, key) for name, key in OWNER_FIELDS.items()})
        enter_for_case(connection, remember_owner(connection, owner, ctx.now), ctx.case.number, ctx.now)
        previous = _previous(connection, replaces)
        entry = None if previous else _entry(connection, ctx, replaces, body)
        category = _category(filing, number_letters)
        machine = _machine(connection, ctx, filing, body, previous, entry)
        old_number = None if previous else entry.number if entry else replaces or None
        draft = _draft(connection, ctx, filing, body, machine, category, previous, old_number)
        drafted = draft_certificate(connection, draft, ctx.now, lambda: _verification_code(connection, draft))
    return Prepared(
        number=drafted.number,
        identifier=drafted.identifier,
        version=drafted.version,
        equipment_no=drafted.equipment_no,
        face=dict(drafted.face),
        owner={"code": owner.code, "name": owner.name},
        machine=_facts(filing),
        authority={"code": body.code, "name": body.name},
        operation=_operation(ctx, operation, previous),
        replaces=replaces,
        automatic_aggregation=body.automatic_aggregation,
        prepared_at=ctx.now,
        replaces_entry=entry.id if entry else None,
        associated=previous.identifier if previous else (entry.identifier or None) if entry else None,
    )


def _verification_code(connection: Connection, draft: Draft) -> str:
    """Nobody can guess it, yet a register that was restored from a backup gives it again: the national platform keeps the address with it."""
    said = f"{draft.identifier} {draft.owner_code} {draft.face['manufacturer']} {draft.face['serial_no']}"
    digest = hmac.digest(page_secret(connection).encode(), said.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def _operation(ctx: Context, operation: str | None, previous: Certificate | None) -> str:
    word = operation or ("change" if previous else "new")
    ctx.settings.operate_type(word)
    return word


def _text(filing: Mapping[str, Any], key: str) -> str:
    return str(filing.get(key) or "").strip()


def _facts(filing: Mapping[str, Any]) -> dict[str, Any]:
    return {key: filing[key] for key in MACHINE_FACTS if filing.get(key) is not None}


def _category(filing: Mapping[str, Any], number_letters: Mapping[str, Any] | None) -> Category:
    code = _text(filing, "category")
    found = category_of(number_letters, code)
    if found is None:
        wrong = Text(f"“{code}”不在目录中", f"'{code}' is not in the list")
        raise Invalid([FieldError("category", "设备类别", wrong)])
    return found


def _previous(connection: Connection, replaces: str | None) -> Certificate | None:
    """The certificate of ours with the number that is replaced; None for a paper certificate."""
    if not replaces:
        return None
    try:
        found = certificate_of(connection, replaces)
    except NotFound:
        return None
    return found if found.issued_at is not None else None


def _entry(connection: Connection, ctx: Context, replaces: str | None, body: Authority) -> LegacyEntry | None:
    """The entry of an old register with the number that is replaced. Raises WrongState LEGACY_REISSUED, LEGACY_STATE."""
    own = by_case(connection, ctx.case.number)
    return to_be_reissued(connection, replaces, authority=body.code, own=own.identifier if own else None) if replaces else None


def _machine(
    connection: Connection,
    ctx: Context,
    filing: Mapping[str, Any],
    body: Authority,
    previous: Certificate | None,
    entry: LegacyEntry | None,
) -> Machine:
    owner, manufacturer, serial_no = _text(filing, "owner_code"), _text(filing, "manufacturer"), _text(filing, "serial_no")
    known = machine_by_key(connection, machine_key(manufacturer, serial_no))
    if known is not None:
        held = in_force(connection, known.equipment_no)
        if held is not None and held.case != ctx.case.number and (previous is None or held.identifier != previous.identifier):
            raise _already_filed(held)
        if held is None:
            enter_for_case(connection, transfer_machine(connection, known.equipment_no, owner), ctx.case.number, ctx.now)
    return register_machine(
        connection,
        manufacturer=manufacturer,
        serial_no=serial_no,
        category=_text(filing, "category"),
        owner_code=owner,
        facts=_facts(filing),
        region=body.region,
        now=ctx.now,
        equipment_number=kept_equipment_number(entry.equipment_no) if entry and entry.equipment_no else regional_equipment_number,
    )


def _already_filed(held: Certificate) -> BusinessError:
    return BusinessError(
        "MACHINE_ALREADY_FILED",
        Text(f"该设备已有有效备案证 {held.number}", f"The machine already holds the valid certificate {held.number}"),
        Text("请办理换发，或由原产权单位先注销。", "File a reissue, or have the former owner cancel first."),
    )


def _draft(
    connection: Connection,
    ctx: Context,
    filing: Mapping[str, Any],
    body: Authority,
    machine: Machine,
    category: Category,
    previous: Certificate | None,
    old_number: str | None,
) -> Draft:
    held = by_case(connection, ctx.case.number)
    if held is not None and held.state == "draft":
        if (held.equipment_no, held.owner_code) != (machine.equipment_no, machine.owner_code):
            # 赋码 has bound the number to that machine and owner for good
            void_unused(connection, ctx.case.number, "改为另一台设备或产权单位 / another machine or owner", ctx.now)
        elif is_number_taken(connection, held):
            void_unused(connection, ctx.case.number, "全国平台已有此编号 / taken at the national platform", ctx.now)
    number, wanted = _number_and_identifier(connection, ctx, category.letter, body, previous)
    face = {
        **stated_face(filing, number, category.name, body.name),
        "equipment_no": machine.equipment_no,
        "issued_on": ctx.now.astimezone(SHANGHAI).date().isoformat(),
    }
    draft = Draft(
        case=ctx.case.number,
        number=number,
        identifier=_free_identifier(connection, wanted, ctx.case.number, machine.equipment_no),
        equipment_no=machine.equipment_no,
        owner_code=machine.owner_code,
        authority_code=body.code,
        face=face,
        previous_identifier=previous.identifier if previous else None,
        replaced_number=old_number,
    )
    if held is None:
        return draft
    # prepared again on another day, nothing else changed: the date of issue stays, and with it code and seal
    same_day = replace(draft, face={**face, "issued_on": held.face["issued_on"]})
    return same_day if same_day.face == held.face else draft


def stated_face(filing: Mapping[str, Any], number: str, category: str, authority_name: str) -> dict[str, str]:
    """The face's items that do not come from the register itself."""
    return {"number": number, **{key: _text(filing, key) for key in FACE_FIELDS}, "category": category, "authority_name": authority_name}


def _number_and_identifier(
    connection: Connection, ctx: Context, letter: str, body: Authority, previous: Certificate | None
) -> tuple[str, str]:
    if previous is not None:
        return previous.number, next_version(previous.identifier)
    if not body.number_prefix:
        raise BusinessError(
            "NUMBER_PREFIX_MISSING",
            Text(f"{body.name}没有编号前缀，不能核发备案证", f"{body.name} has no number prefix and cannot issue certificates"),
            Text("请管理员为该机关设置编号前缀。", "Have the administrator give the authority a number prefix."),
        )
    number = reserve_number(connection, body.number_prefix, letter, ctx.case.number, ctx.now, authority=body.code)
    kind = CertificateType(digits=ctx.settings.certificate_type)
    return number, make_identifier(kind.code, body.code, identifier_serial(parse_number(number)), 1)


def _free_identifier(connection: Connection, wanted: str, case: str, equipment_no: str) -> str:
    """The first version that no other draft, void ones included, has taken."""
    while True:
        try:
            taken = by_identifier(connection, wanted)
        except NotFound:
            return wanted
        if (taken.case, taken.equipment_no) == (case, equipment_no) and taken.state != "void":
            return wanted
        wanted = next_version(wanted)
