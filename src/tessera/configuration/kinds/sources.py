"""Where the value of a secret header comes from, in profiles and templates alike."""

from typing import Any

import msgspec

from tessera.configuration.errors import DescriptionError
from tessera.configuration.shapes import KEPT, Secret, SecretSource


def header_source(value: Any) -> Secret:
    """Return where a secret header's value comes from; a value in the open is refused, because files are shared."""
    if value in (None, KEPT):
        return KEPT
    try:
        return msgspec.convert(value, SecretSource)
    except msgspec.ValidationError:
        raise DescriptionError(
            'The value of a secret header is never written to a file. Write {"env": NAME}, {"file": PATH} or kept.'
        ) from None
