"""Labels, internal names and descriptions of assets. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from tessera.platform.assets.errors import NameInvalidError, NameTakenError, SettingsInvalidError
from tessera.platform.characters import is_storable
from tessera.platform.errors import InvalidError
from tessera.platform.names import LONGEST_LABEL, copied_label, derive_internal_name, is_internal_name, next_free_name


def clean_label(label: str, *, longest: int = LONGEST_LABEL, refusal: type[InvalidError] = SettingsInvalidError) -> str:
    """Return the label trimmed, or refuse it."""
    label = label.strip()
    if not 1 <= len(label) <= longest or not label.isprintable():
        raise refusal(f"The label needs 1 to {longest} printable characters.", field="label")
    return label


def check_description(description: str, *, longest: int, refusal: type[InvalidError]) -> None:
    """Refuse a description that cannot be stored."""
    if len(description) > longest or not is_storable(description):
        raise refusal(
            f"The description may have at most {longest:,} characters, and no code zero or half a surrogate pair.",
            field="description",
        )


def choose_name(wanted: str | None, label: str, fallback: str, *, taken: Collection[str]) -> str:
    """Return the internal name asked for, or a free one made from the label; `taken` is in lower case."""
    if wanted is None:
        return next_free_name(derive_internal_name(label, fallback), taken)
    return check_name(wanted, taken=taken)


def check_name(name: str, *, taken: Collection[str]) -> str:
    """Return the internal name, or refuse it."""
    if not is_internal_name(name):
        raise NameInvalidError(
            f"The internal name {name[:100]!r} may hold only letters, digits and underscores, 1 to 100 of them.",
            field="internal_name",
        )
    if name.lower() in taken:
        raise name_taken(name)
    return name


def rename(stored: str, wanted: str | None, taken: Collection[str]) -> str:
    """Return the internal name that the asset has after the change; `taken` may hold the one that it has now."""
    if wanted is None or wanted == stored:
        return stored
    return check_name(wanted, taken=set(taken) - {stored.lower()})


def copy_names(stored: Mapping[str, Any], labels: Collection[str], taken: Collection[str]) -> dict[str, str]:
    """Return label and internal name of a copy: the next that are free."""
    return {
        "label": copied_label(stored["label"], labels),
        "internal_name": next_free_name(stored["internal_name"], taken),
    }


def name_taken(name: str) -> NameTakenError:
    """Say that the name is taken."""
    return NameTakenError(f"The internal name {name} is taken. Choose another one.", field="internal_name")
