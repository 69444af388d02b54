"""The export kinds by name."""

from collections.abc import Sequence
from functools import cache

from tessera.connectors.contract import Property
from tessera.exports.contract import ExportKind
from tessera.exports.errors import DefinitionInvalidError
from tessera.exports.places import PLACES
from tessera.platform.lazy_imports import load_place


def get_kind(key: str) -> ExportKind:
    """Return the kind of that name."""
    if key not in PLACES:
        raise DefinitionInvalidError(
            f"There is no export kind {key[:60]!r}. There are: {', '.join(PLACES)}.", field="kind"
        )
    return load_kind(key)


def list_properties(key: str, connector: str | None) -> Sequence[Property]:
    """Return the settings of a kind's definitions that lead through profiles of a connector type, or a template."""
    return get_kind(key).list_properties(connector)


def list_kinds() -> list[ExportKind]:
    """Return the kinds in the order in which they were registered."""
    return [load_kind(key) for key in PLACES]


@cache
def load_kind(key: str) -> ExportKind:
    """Import one of the kinds."""
    kind = load_place(PLACES[key])
    assert isinstance(kind, ExportKind)
    return kind
