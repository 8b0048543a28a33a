"""Rules and choices that forms name and that need the books."""

from collections.abc import Sequence

from registry import authorities as book_of_authorities
from registry import regions as book_of_regions
from registry.codes import WRONG_CODE, is_credit_code
from registry.parties import authority_party
from workflow_runtime.errors import Text
from workflow_runtime.forms import FormContext, FormRules, Option
from workflow_runtime.handlers import Json


def uscc(context: FormContext, value: Json) -> Text | None:
    """A unified social credit code with the right check character."""
    return None if isinstance(value, str) and is_credit_code(value) else WRONG_CODE


def authorities(context: FormContext) -> Sequence[Option]:
    """The authorities that issue certificates: the party that a case stores, and the name."""
    return [Option(authority_party(a.code), a.name) for a in book_of_authorities.authorities(context.connection) if a.number_prefix]


def regions(context: FormContext) -> Sequence[Option]:
    """Every region: code and name."""
    return [Option(r.code, r.name) for r in book_of_regions.regions(context.connection)]


FORM_RULES = FormRules(validators={"uscc": uscc}, options={"authorities": authorities, "regions": regions})
"""The rule book of the product's forms."""
