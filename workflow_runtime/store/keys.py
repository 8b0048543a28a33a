"""What can be a key: anything else is not found, instead of troubling the database."""

LARGEST_ID = 2**63 - 1


def possible_id(number: int) -> bool:
    """Fits a column of the type `Id`."""
    return 0 < number <= LARGEST_ID


def possible_key(text: str) -> bool:
    """Can be sent to every database: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
