"""Characters by their names, for messages about those that cannot be seen or distinguished."""

import unicodedata


def name_character(character: str) -> str:
    """Return the Unicode name and number, such as `no-break space (U+00A0)`."""
    return f"{unicodedata.name(character, 'control character').lower()} (U+{ord(character):04X})"
