"""Names of days and months, and how lists of them read in a sentence."""

from collections.abc import Sequence

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
ORDINALS = ("first", "second", "third", "fourth", "fifth")


def list_names(names: Sequence[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def list_numbers(noun: str, numbers: Sequence[int]) -> str:
    """Return `day 1`, `days 1 and 15`, `days 1 to 5`."""
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{noun}s {numbers[0]} to {numbers[-1]}"
    return f"{noun}{'s' if len(numbers) > 1 else ''} {list_names([str(number) for number in numbers])}"


def show_date(year: int, month: int, day: int) -> str:
    """Return `3 March 2027`."""
    return f"{day} {MONTHS[month - 1]} {year}"


def name_place(number: int) -> str:
    """Return `first`, `second`, …, `31st`."""
    if number <= len(ORDINALS):
        return ORDINALS[number - 1]
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number > 20 else "th"
    return f"{number}{ending}"
