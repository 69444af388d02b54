"""What differs between a description and what is there. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tessera.configuration.documents import Kind

# The mask of a secret that changes: neither the old one nor the new one is shown.
CHANGED_SECRET = "***"  # noqa: S105 - the mask, not a secret
Plain = Mapping[str, Any]


class Action(StrEnum):
    """What happens to a thing."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that differs, by its path; None where there is or was none."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one thing, and to which of its values."""

    kind: Kind
    name: str
    action: Action
    fields: tuple[FieldChange, ...] = ()


def compare(kind: Kind, name: str, before: Plain | None, after: Plain | None) -> Change:
    """Return the change that leads from one description to the other."""
    if before is None:
        return Change(kind, name, Action.CREATE, tuple(differences({}, after or {})))
    if after is None:
        return Change(kind, name, Action.DELETE)
    fields = tuple(differences(before, after))
    return Change(kind, name, Action.UPDATE if fields else Action.KEEP, fields)


def add_words(
    change: Change, before: Plain | None, after: Plain, words: Mapping[str, Callable[[Any], str | None]]
) -> Change:
    """Return the change with a sentence in front of the values of each member that can be said in words."""
    said = [
        FieldChange(member, say((before or {}).get(member)), say(after.get(member)))
        for member, say in words.items()
        if any(each.path.split(".")[0] == member for each in change.fields)
    ]
    kept = tuple(each for each in change.fields if each.path not in words)
    return replace(change, fields=(*(each for each in said if each.before != each.after), *kept))


def differences(before: Plain, after: Plain, path: str = "") -> Iterator[FieldChange]:
    """Yield what differs, mappings member by member, in the order of what comes after."""
    for key in dict.fromkeys([*after, *before]):
        old, new = before.get(key), after.get(key)
        place = f"{path}{key}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from differences(old, new, f"{place}.")
        elif isinstance(new, Mapping) and old is None and new:
            yield from differences({}, new, f"{place}.")
        elif not is_same(old, new):
            yield FieldChange(place, old, new)


def is_same(old: Any, new: Any) -> bool:
    """Say whether two values are written the same; Python takes `true` for `1`, and `1.50` for `1.5`."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(is_same(old[key], new[key]) for key in old)
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return len(old) == len(new) and all(map(is_same, old, new))
    numbers = int | float | Decimal
    if isinstance(old, numbers) and isinstance(new, numbers):
        return str(old) == str(new)
    return bool(old == new)
