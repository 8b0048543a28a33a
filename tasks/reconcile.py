"""`platforms.reconcile`: what the platforms have and our books lack, after a backup was restored."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from registry.authorities import authority as authority_of
from registry.certificates import Certificate
from registry.configuration import CertificateType
from registry.decided import category as category_of
from registry.effect_keys import ecert_id, next_ecert_id, seal_key
from registry.folding import fold_number
from registry.identifiers import identifier_serial, make_identifier
from registry.numbers import NUMBER, Number, parse_number
from registry.reconciliation import Filing, Prefix, Told, coded_numbers, letters_in_use, prefixes, uncoded, unpushed, unsealed
from tasks.certificate_prepare import stated_face
from tasks.context import Context
from tasks.platforms.national import Reply
from tasks.platforms.national_record import check_record
from workflow_runtime.errors import Failure, Text
from workflow_runtime.handlers import operation

NATIONAL, PROVINCIAL = "national", "provincial"
OWN, OTHERS, TAKEN = "W2001", ("E2002", "E2003"), "E2001"
"""What the national check says of a machine that its owner, or somebody else, has a code for, and of a number that another machine has."""
GAP = 3
"""Serials in a row that nobody has at the platform: behind them none is looked for."""


@dataclass(frozen=True)
class Missing:
    """An effect that a platform has and the books lack. `case` is "" when the books have no case that it belongs to."""

    platform: str
    effect: str
    case: str
    number: str
    message: Text
    remedy: Text


@dataclass(frozen=True)
class Unasked:
    """A question that a platform did not answer."""

    platform: str
    case: str
    number: str
    code: str
    message: Text
    remedy: Text


@dataclass(frozen=True)
class Unsent:
    """A certificate in force whose 归集 is not in the books: the platform has no call that tells, but knows a second one."""

    case: str
    number: str


@dataclass(frozen=True)
class Reconciliation:
    """What was found; `asked` is the number of questions."""

    asked: int
    missing: Sequence[Missing]
    unasked: Sequence[Unasked]
    unsent: Sequence[Unsent]


@dataclass(frozen=True)
class _Question:
    platform: str
    case: str
    number: str
    ask: Callable[[], Iterator[Missing]]


@operation("platforms.reconcile")
def platforms_reconcile(ctx: Context, told: Told) -> Reconciliation:
    """Ask both platforms about every filing under way and the next numbers of every prefix. Nothing changes, there or here."""
    with ctx.transaction() as connection:
        known, letters, unknown = coded_numbers(connection), letters_in_use(connection), unpushed(connection)
        questions = [q for filing in uncoded(connection) for q in _about_filing(ctx, filing, known)]
        questions += [_Question(PROVINCIAL, c.case, c.number, _bound(_seals, ctx, c)) for c in unsealed(connection)]
        questions += [
            _Question(NATIONAL, "", f"{p.prefix}-{p.year}", _bound(_numbers, ctx, p, letters)) for p in prefixes(connection, ctx.now)
        ]
    missing: list[Missing] = []
    unasked: list[Unasked] = []
    for done, question in enumerate(questions):
        told(done, len(questions))
        try:
            missing += question.ask()
        except Failure as failure:
            unasked.append(Unasked(question.platform, question.case, question.number, failure.code, failure.message, failure.remedy))
    told(len(questions), len(questions))
    return Reconciliation(len(questions), _each_number_once(missing), unasked, [Unsent(case, number) for case, number in unknown])


def _bound(ask: Callable[..., Iterator[Missing]], *given: Any) -> Callable[[], Iterator[Missing]]:
    # A list: what a question found before a platform fell silent is asked for again as a whole.
    return lambda: iter(list(ask(*given)))


def _about_filing(ctx: Context, filing: Filing, known: frozenset[str]) -> Iterator[_Question]:
    number = filing.draft.number if filing.draft else ""
    yield _Question(NATIONAL, filing.case, number, _bound(_codes, ctx, filing, known))
    if filing.draft is not None:
        yield _Question(PROVINCIAL, filing.case, number, _bound(_seal_of_draft, ctx, filing.draft))


def _codes(ctx: Context, filing: Filing, known: frozenset[str]) -> Iterator[Missing]:
    """赋码 of the filing's machine, and another machine's under the number of its draft."""
    category = category_of(filing.letters, str(filing.answers.get("category") or ""))
    record = check_record(filing.answers, filing.authority, category.name if category else "", ctx.settings)
    reply = ctx.national.check(record)
    for number in _numbers_in(reply, OWN):
        if fold_number(number) not in known:
            yield _lost_code(filing.case, number)
            if filing.draft is None and category is not None:
                yield from _seal_of_filing(ctx, filing, number, category.name)
    for number in _numbers_in(reply, *OTHERS):
        if fold_number(number) not in known and _is_ours(ctx, number):
            yield _lost_number(number, filing.case)
    if filing.draft is not None and _is_taken(ctx.national.check({**record, "certNum": filing.draft.number})):
        yield _lost_number(filing.draft.number, filing.case)


def _seal_of_draft(ctx: Context, draft: Certificate) -> Iterator[Missing]:
    with ctx.transaction() as connection:
        code = next_ecert_id(connection, draft, "")
    yield from _seals(ctx, replace(draft, ecert_id=code, seal_request=None))


def _seal_of_filing(ctx: Context, filing: Filing, number: str, category: str) -> Iterator[Missing]:
    """The seal of a certificate that the books have forgotten altogether: its key is made of what the filing says."""
    with ctx.transaction() as connection:
        body = authority_of(connection, filing.authority)
    kind = CertificateType(digits=ctx.settings.certificate_type)
    identifier = make_identifier(kind.code, body.code, identifier_serial(parse_number(number)), 1)
    face = stated_face(filing.answers, number, category, body.name)
    code = ecert_id(identifier, str(filing.answers.get("owner_code") or "").strip(), face)
    yield from _asked_seals(ctx, filing.case, number, code, None)


def _seals(ctx: Context, certificate: Certificate) -> Iterator[Missing]:
    yield from _asked_seals(ctx, certificate.case, certificate.number, certificate.ecert_id or "", certificate.seal_request)


def _asked_seals(ctx: Context, case: str, number: str, code: str, current: str | None) -> Iterator[Missing]:
    """Seal requests under a code, from the `current` one on, of which the books know nothing, or not that they were sealed."""
    earlier = int(current.rpartition("-")[2]) if current and current.startswith(f"{code}-") else 0
    while (standing := ctx.provincial.seal_request(seal_key(code, earlier))) is not None:
        sealed = standing.get("status") == "sealed"
        if sealed or seal_key(code, earlier) != current:
            yield _lost_seal(case, number, sealed)
        earlier += 1


def _numbers(ctx: Context, prefix: Prefix, letters: Sequence[str]) -> Iterator[Missing]:
    """Numbers behind the last one of the books that the platform has."""
    serial, free = prefix.last, 0
    while free < GAP:
        serial += 1
        numbers = [str(Number(prefix.prefix, letter, prefix.year, serial)) for letter in letters]
        taken = [number for number in numbers if _is_taken(ctx.national.check(_probe(ctx, prefix, number)))]
        free = 0 if taken else free + 1
        for number in taken:
            yield _lost_number(number, "")


def _probe(ctx: Context, prefix: Prefix, number: str) -> dict[str, str]:
    """A machine that nobody has, under the number in question."""
    record = {"provinceNum": ctx.settings.province, "issuAuthCode": prefix.authority, "creditCode": prefix.authority, "certNum": number}
    return record | {"companyName": prefix.name, "manufactureName": "编号核对", "factoryNumber": number}


def _is_taken(reply: Reply) -> bool:
    return any(error.code == TAKEN for error in reply.errors)


def _numbers_in(reply: Reply, *codes: str) -> list[str]:
    remarks = [remark for remark in (*reply.errors, *reply.warnings) if remark.code in codes]
    return [match.group() for remark in remarks if (match := re.search(NUMBER, fold_number(remark.said)))]


def _is_ours(ctx: Context, number: str) -> bool:
    with ctx.transaction() as connection:
        return any(p.prefix == parse_number(number).prefix for p in prefixes(connection, ctx.now))


def _each_number_once(missing: Sequence[Missing]) -> list[Missing]:
    """A taken number that some case explains is told there alone."""
    explained = {m.number for m in missing if m.case}
    return list(dict.fromkeys(m for m in missing if m.case or m.number not in explained))


def _lost_code(case: str, number: str) -> Missing:
    message = Text(f"全国平台已为该设备赋码，编号 {number}", f"The national platform has given the machine a code, number {number}")
    remedy = Text(
        "先执行 crane reconcile --reserve-numbers 把编号留给本案；继续办理时平台返回原赋码。",
        "Run `crane reconcile --reserve-numbers`, which keeps the number for this case; going on, it gets the same code.",
    )
    return Missing(NATIONAL, "code", case, number, message, remedy)


def _lost_number(number: str, case: str) -> Missing:
    message = Text(f"编号 {number} 在全国平台属于另一台设备", f"Number {number} belongs to another machine at the national platform")
    behind = Text(
        "执行 crane reconcile --reserve-numbers，本系统不再发出该编号；备份之后的申报不在库中的，请产权单位重新提交，再执行一次。",
        "`crane reconcile --reserve-numbers` takes it out of use. If its filing is lost, have the owner file again, and run it once more.",
    )
    own = Text(
        "赋码将被拒绝：退回补正后重新提交，换用新编号。", "The code will be refused: return the filing; filed again it gets another number."
    )
    return Missing(NATIONAL, "number", case, number, message, own if case else behind)


def _lost_seal(case: str, number: str, sealed: bool) -> Missing:
    remedy = Text("继续办理时按同一申请键取回，不会重复签章。", "Going on, the case finds it under the same key and asks for no other.")
    if sealed:
        message = Text(f"政务服务网已有备案证 {number} 的签章证照", f"The service network has the sealed certificate {number}")
        return Missing(PROVINCIAL, "sealed", case, number, message, remedy)
    message = Text(f"政务服务网已有备案证 {number} 的签章申请", f"The service network has a seal request for certificate {number}")
    return Missing(PROVINCIAL, "seal", case, number, message, remedy)
