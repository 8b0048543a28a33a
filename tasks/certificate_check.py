"""`certificate.check`: the national platform's duplicate check and business rules (校验), before the authority decides."""

from typing import Any

from registry.decided import category as category_of
from registry.parties import party_code
from tasks.context import Context
from tasks.platforms.national import Remark
from tasks.platforms.national_record import check_record
from tasks.remarks import Checked, from_national
from workflow_runtime.handlers import service_task


@service_task("certificate.check", replay="key")
def certificate_check(ctx: Context, filing: dict[str, Any], authority: str, number_letters: dict[str, Any] | None = None) -> Checked:
    """Ask the national platform what speaks against a filing: its errors block, its warnings are for the reviewer. Nothing changes there.

    `number_letters` is the decision `{"letter": "T", "name": "塔式起重机"}` about the machine's category.
    """
    category = category_of(number_letters, str(filing.get("category") or ""))
    reply = ctx.national.check(check_record(filing, party_code(authority) or authority, category.name if category else "", ctx.settings))
    errors = reply.errors or ((Remark("", reply.message),) if reply.code == "0" else ())
    blocks = [from_national(e, "block") for e in errors]
    return Checked.of(blocks + [from_national(w, "warn") for w in reply.warnings])
