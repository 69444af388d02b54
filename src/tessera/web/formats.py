"""How values read on a page. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import accumulate

UNITS = ((86_400, "day"), (3_600, "h"), (60, "min"), (1, "s"))

LEAST_SPAN = 0.5


def number(value: float | None, digits: int = 0) -> str:
    """Write a number with thin groups of three: 12,345."""
    return "–" if value is None else f"{value:,.{digits}f}"


def rate(value: float | None) -> str:
    """Write a rate with as many digits as it is worth."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def size(value: float | None) -> str:
    """Write a number of bytes in the unit that fits."""
    if value is None:
        return "–"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:,.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def milliseconds(value: float | None) -> str:
    """Write a latency."""
    if value is None:
        return "–"
    return f"{value / 1000:,.1f} s" if value >= 1000 else f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def duration(seconds: float | None) -> str:
    """Write a length of time in its two largest units: 2 h 5 min."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    left, parts = int(seconds), []
    for length, unit in UNITS:
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}")
    return " ".join(parts[:2])


def ago(moment: datetime | None, now: datetime) -> str:
    """Write how long ago a moment was, in one unit."""
    if moment is None:
        return "never"
    seconds = int((now - moment).total_seconds())
    if seconds < 0:
        return f"in {duration(-seconds).split(' ')[0]} {duration(-seconds).split(' ')[1]}"
    if seconds < 5:
        return "just now"
    for length, unit in UNITS:
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''} ago"
    return "just now"


def exact(moment: datetime) -> str:
    """Write a moment to the second, with its zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def clock_time(moment: datetime) -> str:
    """Write a moment's time of day to the millisecond."""
    return moment.astimezone(UTC).strftime("%H:%M:%S.%f")[:-3]


def chart_moment(seconds: float, axis: str) -> str:
    """Write a point's moment as the table below a chart shows it: a day, or to the second."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%d") if axis == "day" else exact(moment)


def short_id(value: object) -> str:
    """Write the end of an id: ids made together differ only there."""
    return f"…{str(value)[-8:]}"


def as_pairs(words: Sequence[str]) -> list[tuple[str, str]]:
    """Return the options of a choice whose words read as they are."""
    return [(word, word) for word in words]


def split_excerpt(text: str) -> tuple[str, str]:
    """Return head and body of a request or answer as it was kept."""
    head, _, body = text.partition("\n\n")
    return head, body


def bar_spans(counts: Sequence[int], whole: int | None) -> list[tuple[float, float]]:
    """Return start and width in percent of each part of a bar; ten failures among millions still show."""
    if not whole:
        return [(0.0, 0.0)] * len(counts)
    widths = [max(LEAST_SPAN, 100 * count / whole) if count else 0.0 for count in counts]
    excess = max(0.0, sum(widths) - 100)
    widest = widths.index(max(widths))
    widths[widest] -= excess
    starts = accumulate(widths, initial=0.0)
    return [(round(start, 3), round(width, 3)) for start, width in zip(starts, widths, strict=False)]
