"""Drawings that the server makes: lines without axes, and strips of bars; and the numbers of charts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

# The size of a line's drawing; it is stretched to its place.
WIDTH, HEIGHT, MARGIN = 240.0, 48.0, 3.0
# A strip's slots, and the least height at which a bar still shows its colour.
SLOT, STRIP_HEIGHT, LEAST_HEIGHT = 8, 40, 3.0


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: the key of its values, its label, and the state whose colour it has."""

    key: str
    label: str
    tone: str = "running"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a strip: its height, the state whose colour it has, what it says, and where it leads."""

    size: float
    tone: str
    title: str
    path: str


@dataclass(frozen=True, slots=True)
class PlacedBar:
    """A bar with its place in the drawing."""

    bar: Bar
    x: float
    y: float
    height: float


def spark_points(
    values: Sequence[float | None], *, zero: bool = False, top: float | None = None
) -> list[tuple[float, float]]:
    """Return the places of a line without an axis; with `zero` it stands on nought, else it fills its height.

    Lines that are to be compared have the same `top`.
    """
    known = [value for value in values if value is not None]
    if not known:
        return []
    low, high = min(known), max(known)
    if zero:
        low, high = min(low, 0), max(high, 0)
    high = max(high, top) if top is not None else high
    step = WIDTH / max(len(values) - 1, 1)
    return [
        (round(step * index, 2), height_of(value, low, high)) for index, value in enumerate(values) if value is not None
    ]


def height_of(value: float, low: float, high: float) -> float:
    """Return how far from the top a value is drawn; values that are all alike lie in the middle, or at nought."""
    if low == high:
        return round(HEIGHT - MARGIN if value == 0 else HEIGHT / 2, 2)
    return round(HEIGHT - MARGIN - (value - low) / (high - low) * (HEIGHT - 2 * MARGIN), 2)


def place_bars(bars: Sequence[Bar], slots: int) -> list[PlacedBar]:
    """Return the newest bars at the right end of the strip, each as high as its share of the highest."""
    shown = bars[-slots:]
    highest = max((bar.size for bar in shown), default=0) or 1
    heights = [max(LEAST_HEIGHT, round(STRIP_HEIGHT * bar.size / highest, 1)) for bar in shown]
    first = slots - len(shown)
    return [
        PlacedBar(bar, SLOT * (first + index), STRIP_HEIGHT - height, height)
        for index, (bar, height) in enumerate(zip(shown, heights, strict=True))
    ]


def series_text(series: Sequence[Series]) -> str:
    """Return the series as the script reads them."""
    return msgspec.json.encode([[each.key, each.label, each.tone] for each in series]).decode()


def chart_values(series: Sequence[Series], rows: Sequence[tuple[float, Sequence[float | None]]]) -> str:
    """Return a chart's numbers as the script reads them: moments in seconds since 1970, and each series' values."""
    columns = {each.key: [values[place] for _, values in rows] for place, each in enumerate(series)}
    return msgspec.json.encode({"active": False, "seconds": [at for at, _ in rows], **columns}).decode()
