"""How long texts may be, in characters.

Indexed texts have to fit a page of an index, and a thousand records have to fit an answer.
"""

from collections.abc import Iterable, Mapping

LONGEST_TEXT, LONGEST_URL, LONGEST_NOTES, LONGEST_PROVIDER_ID = 255, 2000, 10_000, 100
# What may be longer, or has to be shorter, than a text usually is.
SPECIAL: Mapping[str, int] = {
    "notes": LONGEST_NOTES,
    "url": LONGEST_URL,
    "website_url": LONGEST_URL,
    "provider_membership_id": LONGEST_PROVIDER_ID,
}


def longest_of(name: str) -> int:
    """Return how many characters a column takes."""
    return SPECIAL.get(name, LONGEST_TEXT)


def condition_of(names: Iterable[str]) -> str:
    """Return the condition, in SQL, that no text of these columns is too long."""
    usual = [name for name in names if name not in SPECIAL]
    parts = [f"greatest({', '.join(f'char_length({name})' for name in usual)}) <= {LONGEST_TEXT}"] if usual else []
    parts += [f"char_length({name}) <= {SPECIAL[name]}" for name in names if name in SPECIAL]
    return " AND ".join(parts)
