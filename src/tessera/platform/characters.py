"""Characters: their names, for messages about those that cannot be seen or distinguished, and which can be kept."""

import unicodedata


def name_character(character: str) -> str:
    """Return the Unicode name and number, such as `no-break space (U+00A0)`."""
    return f"{unicodedata.name(character, 'control character').lower()} (U+{ord(character):04X})"


def is_encodable(text: str) -> bool:
    """Say whether the text can be written as UTF-8: half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_storable(text: str) -> bool:
    """Say whether the database can hold the text."""
    return "\0" not in text and is_encodable(text)
