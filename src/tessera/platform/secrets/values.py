"""The value that hides itself."""

import hmac
from typing import NoReturn, final

MASK = "***"


@final
class Secret:
    """A text that prints as `***` and has one way out: `reveal()`."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Return the text; the caller keeps it out of logs, errors and answers."""
        return self.__text

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time, so that the time of an answer reveals nothing."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__text.encode(), other.__text.encode())

    # A dict or set would compare secrets by their hash, in no constant time; nothing needs that.
    __hash__ = None  # type: ignore[assignment]

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse pickling and copying: both end in places that are not masked."""
        raise TypeError("A Secret cannot be pickled or copied. Seal it with the key ring instead.")
