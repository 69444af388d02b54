"""What an answer says about trying again: its status, and the `Retry-After` header. Pure."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import ceil

# Answers that say nothing against the request itself: from 520 on, a proxy's words for a server that it cannot reach.
TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529, 530})

LONGEST_DIGITS = 9
SECONDS = re.compile(r"(\d+)(\.\d+)?", re.ASCII)
TIME = r"\d{2}:\d{2}:\d{2}"
HTTP_DATE = re.compile(
    rf"[A-Z][a-z]{{2}}, \d{{2}} [A-Z][a-z]{{2}} \d{{4}} {TIME} GMT"
    rf"|[A-Z][a-z]+, \d{{2}}-[A-Z][a-z]{{2}}-\d{{2}} {TIME} GMT"
    rf"|[A-Z][a-z]{{2}} [A-Z][a-z]{{2}} [ \d]\d {TIME} \d{{4}}",
    re.ASCII,
)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that the receiver asks to wait, as delay-seconds or HTTP-date; None if it asks for nothing.

    The standard knows whole seconds only; a fraction, which some receivers send, is rounded up. A malformed value is
    ignored; a moment that has passed is 0.
    """
    text = (value or "").strip()
    if seconds := SECONDS.fullmatch(text):
        whole = seconds[1].lstrip("0")
        return (
            float(ceil(float(f"0{whole}{seconds[2] or ''}"))) if len(whole) <= LONGEST_DIGITS else 10.0**LONGEST_DIGITS
        )
    if not HTTP_DATE.fullmatch(text):  # the parser below takes far more than the standard's three forms
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(0.0, (moment - now).total_seconds())
