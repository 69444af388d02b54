"""What an export to mParticle fills in: the data map, and how rows become batches."""

from typing import Any

from tessera.connectors.contract import Property, PropertyKind
from tessera.outbound.errors import MappingInvalidError
from tessera.outbound.kinds.mparticle.batches import RowMode, SendMode, read_shape
from tessera.outbound.kinds.mparticle.mapping_rows import LAYOUT


def clean_lines(lines: Any) -> Any:
    """Return the lines of a data map, or say what is wrong with them."""
    try:
        read_shape({"lines": lines})
    except MappingInvalidError as error:
        raise ValueError(error.message) from None
    return lines


EXPORT_PROPERTIES = (
    Property(
        "lines",
        "Data map",
        "Which columns are sent, as what, and under which name. A constant stands after an equals sign: =gold.",
        PropertyKind.MAPPING,
        required=True,
        clean=clean_lines,
        mapping=LAYOUT,
    ),
    Property(
        "row_mode",
        "A row is",
        "A user's profile without events, or one custom event.",
        PropertyKind.ENUM,
        default=RowMode.PROFILE.value,
        choices=tuple(mode.value for mode in RowMode),
        choice_labels={"profile": "a user's profile", "event": "one event"},
    ),
    Property(
        "send_mode",
        "Send mode",
        "In bulk, up to 100 batches share a request.",
        PropertyKind.ENUM,
        default=SendMode.BULK.value,
        choices=tuple(mode.value for mode in SendMode),
        choice_labels={"bulk": "in bulk", "single": "one batch a request"},
    ),
    Property(
        "historical",
        "Historical",
        "For events older than 30 days: mParticle stores them and forwards them nowhere.",
        PropertyKind.BOOL,
        default=False,
    ),
)
