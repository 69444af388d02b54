"""Numbers in addresses and hidden fields, which pages write and anybody can change."""

# What PostgreSQL's types hold.
LARGEST_VERSION, LARGEST_SEQUENCE = 2**31 - 1, 2**63 - 1


def parse_number(text: str, *, largest: int = LARGEST_VERSION) -> int | None:
    """Return the number that the text spells in plain digits; None for anything else, and beyond the largest."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(largest))):
        return None
    number = int(text)
    return number if number <= largest else None
