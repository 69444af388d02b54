"""One field of a CRON expression: values, names, lists, ranges and steps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tessera.platform.calendar.errors import CronInvalidError

MONTH_NAMES = {
    name: number
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), start=1
    )
}
WEEKDAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True, slots=True)
class CronField:
    """What a field may hold. In a Quartz field ranges go on past the end (`22-2`), and `5/15` begins at 5."""

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)
    quartz: bool = False

    def refuse(self, item: str, reason: str) -> CronInvalidError:
        """Return the error that names this field, what is wrong in it and what to write."""
        return CronInvalidError(f"{self.name.capitalize()} field, “{item}”: {reason}", field=self.name)

    @property
    def bounds(self) -> str:
        """The values in words."""
        return f"{self.low} to {self.high}"


def parse_values(text: str, kind: CronField) -> frozenset[int]:
    """Return every value that the field's text stands for."""
    return frozenset(value for item in text.split(",") for value in parse_item(item, kind))


def parse_item(item: str, kind: CronField) -> Iterator[int]:
    """Yield the values of one item of the list."""
    if not item:
        raise kind.refuse(item, "a list has an empty item. Remove the comma, or write a value beside it.")
    span, slash, step_text = item.partition("/")
    step = parse_step(step_text, item, kind) if slash else 1
    first, last = parse_span(span, item, kind, stepped=bool(slash))
    if first > last:
        if not kind.quartz:
            raise kind.refuse(
                item, f"the range ends before it begins. Write two ranges: {first}-{kind.high},{kind.low}-{last}."
            )
        size = kind.high - kind.low + 1
        yield from (kind.low + (value - kind.low) % size for value in range(first, last + size + 1, step))
        return
    yield from range(first, last + 1, step)


def parse_step(text: str, item: str, kind: CronField) -> int:
    """Return a step of at least 1 that is not larger than the field."""
    step = int(text) if is_number(text) else 0
    if not 1 <= step <= kind.high:
        raise kind.refuse(item, f"the step after “/” has to be a number from 1 to {kind.high}.")
    return step


def parse_span(span: str, item: str, kind: CronField, *, stepped: bool) -> tuple[int, int]:
    """Return the first and the last value of `*`, a value or a range."""
    if span == "*":
        return kind.low, kind.high
    first_text, dash, last_text = span.partition("-")
    first = parse_value(first_text, item, kind)
    if dash:
        return first, parse_value(last_text, item, kind)
    if not stepped:
        return first, first
    if not kind.quartz:
        raise kind.refuse(item, f"a step needs a range or “*” before it. Write {first}-{kind.high}{item[len(span) :]}.")
    return first, kind.high


def parse_value(text: str, item: str, kind: CronField) -> int:
    """Return the value of a number or a name."""
    if text in kind.names:
        return kind.names[text]
    if not is_number(text):
        known = f", or a name such as {next(iter(kind.names))}" if kind.names else ""
        raise kind.refuse(item, f"“{text}” is not a value. Write a number from {kind.bounds}{known}.")
    value = int(text)
    if not kind.low <= value <= kind.high:
        raise kind.refuse(item, f"{value} is out of range. Write a number from {kind.bounds}.")
    return value


def is_number(text: str) -> bool:
    """Say whether the text is a short number of plain digits."""
    return text.isascii() and text.isdigit() and len(text) <= 4
