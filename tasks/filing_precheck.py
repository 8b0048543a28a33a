"""`filing.precheck`: everything about a filing that can be tested against itself and the books."""

from typing import Any

from registry.decided import Decisions
from registry.findings import precheck
from registry.parties import party_code
from tasks.context import Context
from tasks.remarks import Checked, from_precheck
from workflow_runtime.handlers import service_task


@service_task("filing.precheck", local=True)
def filing_precheck(
    ctx: Context,
    filing: dict[str, Any],
    authority: str,
    service_life: dict[str, Any] | None = None,
    required_attachments: list[dict[str, Any]] | None = None,
    precheck_severities: list[dict[str, Any]] | None = None,
    number_letters: dict[str, Any] | None = None,
    replaces: str | None = None,
) -> Checked:
    """Check a filing and claim its machine for this case, so that of two open cases only one files it.

    `authority` is a party (`authority:<code>`) or the bare credit code; `service_life` to `number_letters` are the results of the decision
    tables with these names (see `registry.decided`), without which the defaults hold; `replaces` the number of the certificate that a
    re-issue replaces.
    """
    with ctx.transaction() as connection:
        found = precheck(
            connection,
            filing,
            authority=party_code(authority) or authority,
            case=ctx.case.number,
            now=ctx.now,
            filer=ctx.case.parties.get("owner"),
            decisions=Decisions(service_life, required_attachments, precheck_severities, number_letters),
            replaces=replaces,
            rules=ctx.settings.precheck_rules(),
        )
    return Checked.of([from_precheck(f) for f in found])
