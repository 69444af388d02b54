"""Internal names: what programs call a saved thing that people know by its label."""

import re
import unicodedata
from collections.abc import Collection
from itertools import count

LONGEST = 100
LONGEST_LABEL = 255
ALLOWED = re.compile(r"[A-Za-z0-9_]{1,100}")


def is_internal_name(text: str) -> bool:
    """Say whether the text holds only ASCII letters, digits and underscores, 1 to 100 of them."""
    return ALLOWED.fullmatch(text) is not None


def derive_internal_name(label: str, fallback: str) -> str:
    """Make a name of what is ASCII in the label: `Über-VIPs (2024)` gives `uber_vips_2024`; else the fallback."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST].rstrip("_") or fallback


def copied_label(label: str, taken: Collection[str]) -> str:
    """Return `X (1)` for `X`, with the lowest number that is free; `taken` are the labels there are."""
    candidates = (f"{label[: LONGEST_LABEL - len(ending)]}{ending}" for ending in (f" ({n})" for n in count(1)))
    return next(candidate for candidate in candidates if candidate not in taken)


def next_free_name(name: str, taken: Collection[str]) -> str:
    """Return the name, or the first of `name_1`, `name_2`, … that is not taken; `taken` is in lower case."""
    if name.lower() not in taken:
        return name
    candidates = (f"{name[: LONGEST - len(ending)]}{ending}" for ending in (f"_{number}" for number in count(1)))
    return next(candidate for candidate in candidates if candidate.lower() not in taken)
