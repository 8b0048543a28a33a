"""The unified social credit code (统一社会信用代码, GB 32100-2015)."""

from stdnum.cn import uscc

from workflow_runtime.errors import Text

WRONG_CODE = Text(
    "统一社会信用代码应为 18 位且校验位正确（GB 32100-2015）",
    "the unified social credit code has 18 characters and a correct check character (GB 32100-2015)",
)


def is_credit_code(code: str) -> bool:
    """Whether this is a credit code as it is kept: 18 upper-case characters, no blanks, correct check character."""
    return len(code) == 18 and code == code.upper() and bool(uscc.is_valid(code))
