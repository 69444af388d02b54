"""Documents as they are kept in a column."""

from collections.abc import Mapping
from typing import Any

import msgspec


def as_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with its objects as JSON text."""
    return {
        key: msgspec.json.encode(value).decode() if isinstance(value, Mapping) else value for key, value in row.items()
    }
