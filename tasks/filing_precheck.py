"""`filing.precheck`: everything about a filing that can be tested against itself and the books."""

from typing import Any

from registry.findings import precheck
from registry.parties import party_code
from tasks.context import Context
from tasks.remarks import Checked, from_precheck
from workflow_runtime.handlers import service_task


@service_task("filing.precheck", local=True)
def filing_precheck(
    ctx: Context, filing: dict[str, Any], authority: str, service_life: dict[str, Any] | None = None, replaces: str | None = None
) -> Checked:
    """Check a filing and claim its machine for this case, so that of two open cases only one files it.

    `authority` is a party (`authority:<code>`) or the bare credit code; `service_life` the decision `{"limit_years": n}` of the service-life
    table; `replaces` the number of the certificate that a re-issue replaces.
    """
    with ctx.transaction() as connection:
        found = precheck(
            connection,
            filing,
            authority=party_code(authority) or authority,
            case=ctx.case.number,
            now=ctx.now,
            filer=ctx.case.parties.get("owner"),
            service_life=service_life,
            replaces=replaces,
            rules=ctx.settings.precheck_rules(),
        )
    return Checked.of([from_precheck(f) for f in found])
