"""Labels and internal names of profiles and templates. Pure."""

from collections.abc import Collection

from tessera.platform.assets.errors import NameInvalidError, NameTakenError, SettingsInvalidError
from tessera.platform.names import LONGEST_LABEL, derive_internal_name, is_internal_name, next_free_name


def clean_label(label: str) -> str:
    """Return the label trimmed, or refuse it."""
    label = label.strip()
    if not 1 <= len(label) <= LONGEST_LABEL or not label.isprintable():
        raise SettingsInvalidError(f"A label has 1 to {LONGEST_LABEL} printable characters.", field="label")
    return label


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


def name_taken(name: str) -> NameTakenError:
    """Say that the name is taken."""
    return NameTakenError(f"The internal name {name} is taken. Choose another one.", field="internal_name")
