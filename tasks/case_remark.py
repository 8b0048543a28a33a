"""`case.remark`: say to whoever gets the case next why it has come to him, and what to do."""

from tasks.context import Context
from tasks.remarks import spoken
from workflow_runtime.errors import Text
from workflow_runtime.handlers import service_task
from workflow_runtime.notices import Notice

LONGEST = 2000
"""Characters of a sentence: the timeline keeps it for good."""


@service_task("case.remark", local=True)
def case_remark(
    ctx: Context,
    text: str,
    remedy: str = "",
    text_en: str | None = None,
    remedy_en: str | None = None,
    code: str = "REMARK",
    confidential: bool = False,
) -> Notice:
    """Put a reason before those whose tasks follow without a job between: on top of their task, on the case's page, in the timeline.

    `text` says what is the matter, `remedy` what to do; without English the Chinese serves. `confidential`: not told to
    the party that has filed the case, for what comes from other people's entries. Needs a `resultVariable`. The name of the
    service task is its heading.
    """
    return Notice(code, _spoken(text, text_en), _spoken(remedy, remedy_en), ctx.call.name, ctx.now, confidential)


def _spoken(zh: str, en: str | None) -> dict[str, str]:
    return spoken(Text(zh[:LONGEST], (en or zh)[:LONGEST]))
