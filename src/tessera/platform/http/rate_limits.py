"""What a receiver says of its limits in the headers of an answer. Pure.

Read are `RateLimit` as a list or a dictionary (drafts 8 and later, and 7, of the IETF's RateLimit fields),
`RateLimit-Remaining` and `RateLimit-Reset` (the drafts before), and the `X-` forms that many receivers send.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

# `RateLimit-Reset` counts seconds from now; the X- form is as often the moment, in seconds or thousandths since 1970.
EARLIEST_MOMENT, EARLIEST_MILLISECONDS = 10.0**9, 10.0**12
NUMBER = re.compile(r"\d{1,15}(\.\d{1,6})?")
PARAMETER = re.compile(r'([a-z*][a-z0-9_.*-]*)\s*=\s*("?)(\d{1,15})(?!\d)\2', re.IGNORECASE)
PAIRS = (
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many more requests the receiver takes, and for how many seconds that holds."""

    remaining: int
    seconds: float


def parse_rate_limit(headers: Mapping[str, str], now: datetime) -> RateLimit | None:
    """Return the tightest limit that the headers name, None where they name none that can be read."""
    found = [*parse_field(headers.get("ratelimit", "")), *parse_pairs(headers, now)]
    return min(found, key=lambda each: (each.remaining, -each.seconds), default=None)


def parse_field(value: str) -> Iterator[RateLimit]:
    """Yield the limits of a `RateLimit` field: one for each of its policies, or the one that the dictionary is."""
    whole = read_parameters(value)
    if "remaining" in whole:
        if "reset" in whole:
            yield RateLimit(whole["remaining"], float(whole["reset"]))
        return
    for policy in value.split(","):
        given = read_parameters(policy)
        if "r" in given and "t" in given:
            yield RateLimit(given["r"], float(given["t"]))


def parse_pairs(headers: Mapping[str, str], now: datetime) -> Iterator[RateLimit]:
    """Yield the limits that are given by two headers each."""
    for remaining, reset in PAIRS:
        left, until = read_number(headers.get(remaining)), read_number(headers.get(reset))
        if left is not None and until is not None:
            yield RateLimit(int(left), seconds_until(until, now))


def read_parameters(value: str) -> dict[str, int]:
    """Return the whole numbers among the parameters of a structured field."""
    return {name.lower(): int(number) for name, _, number in PARAMETER.findall(value)}


def read_number(value: str | None) -> float | None:
    """Return the number that a header is; some receivers send one for each window, and the first is the shortest."""
    first = (value or "").split(",")[0].strip()
    return float(first) if NUMBER.fullmatch(first) else None


def seconds_until(value: float, now: datetime) -> float:
    """Return the seconds from now, where the value may be a moment."""
    if value < EARLIEST_MOMENT:
        return value
    moment = value / 1000 if value >= EARLIEST_MILLISECONDS else value
    return max(0.0, moment - now.timestamp())
