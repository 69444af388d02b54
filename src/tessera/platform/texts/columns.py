"""Texts are measured before they are written: the database refuses longer ones too, but does not say which it was."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tessera.platform.texts.errors import TextLengthError
from tessera.platform.texts.lengths import longest_of


def check_columns(columns: Mapping[str, Sequence[Any]], names: Iterable[str]) -> None:
    """Raise for the first text that is longer than its column takes, given column by column."""
    for name in names:
        texts, longest = columns[name], longest_of(name)
        if max(map(len, filter(None, texts)), default=0) > longest:
            place, text = next((place, text) for place, text in enumerate(texts) if text and len(text) > longest)
            raise TextLengthError(
                f"The {name.replace('_', ' ')} {text[:20]!r}… has {len(text):,} characters. "
                f"Shorten it to {longest:,} at most.",
                field=name,
                place=place,
            )
