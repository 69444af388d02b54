"""Who asks: a browser before it has signed in."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Visitor:
    """The visitor: where from, with which browser, for how long a sign-in lasts without use, and the browser's mark."""

    origin: str | None
    user_agent: str | None
    lifetime: timedelta
    mark: str | None = None
