"""The normalised form of a CRON expression: what means the same is written the same."""

from collections.abc import Collection

from tessera.platform.calendar.cron import Cron, parse_cron
from tessera.platform.calendar.days import DayRule

FEWEST_STEPS = 3


def normalise_cron(text: str) -> str:
    """Return the expression in five fields where they can say it, else in the Quartz form."""
    return render_cron(parse_cron(text))


def render_cron(cron: Cron) -> str:
    """Write an expression that was understood."""
    times = f"{render_values(cron.minutes, 0, 59)} {render_values(cron.hours, 0, 23)}"
    months = render_values(cron.months, 1, 12)
    rule = cron.days
    if cron.years is None and not rule.is_counted:
        days = render_values(rule.days, 1, 31) if rule.days else "*"
        weekdays = render_values(rule.weekdays, 0, 6) if rule.weekdays else "*"
        return f"{times} {days} {months} {weekdays}"
    years = "" if cron.years is None else f" {render_values(cron.years, 1970, 2099)}"
    days, weekdays = render_counted_days(rule), render_counted_weekdays(rule)
    return f"0 {times} {days or '?'} {months} {weekdays or '?'}{years}"


def render_counted_days(rule: DayRule) -> str:
    """Write the day of month of the Quartz form."""
    parts = [render_values(rule.days, 1, 31)] if rule.days else []
    parts += [f"{day}W" for day in sorted(rule.nearest)]
    parts += [f"L-{back}" if back else "L" for back in sorted(rule.from_end)]
    parts += [f"L-{back}W" if back else "LW" for back in sorted(rule.nearest_from_end)]
    return ",".join(parts)


def render_counted_weekdays(rule: DayRule) -> str:
    """Write the day of week of the Quartz form."""
    parts = [render_values([day + 1 for day in rule.weekdays], 1, 7)] if rule.weekdays else []
    parts += [f"{weekday + 1}#{number}" for weekday, number in sorted(rule.numbered)]
    parts += [f"{weekday + 1}L" for weekday in sorted(rule.last_weekdays)]
    return ",".join(parts)


def render_values(values: Collection[int], low: int, high: int) -> str:
    """Write a field: `*`, a step, or a list with ranges."""
    ordered = sorted(values)
    if len(ordered) == high - low + 1:
        return "*"
    step = ordered[1] - ordered[0] if len(ordered) >= FEWEST_STEPS else 0
    first, last = ordered[0], ordered[-1]
    if step > 1 and ordered == list(range(first, last + 1, step)):
        return f"*/{step}" if first == low and last + step > high else f"{first}-{last}/{step}"
    if ordered == [0, (high + 1) / 2]:
        return f"*/{ordered[1]}"
    return ",".join(render_range(first, last) for first, last in join_values(ordered))


def join_values(ordered: list[int]) -> list[tuple[int, int]]:
    """Return the values as ranges of neighbours."""
    ranges: list[tuple[int, int]] = []
    for value in ordered:
        if ranges and ranges[-1][1] == value - 1:
            ranges[-1] = (ranges[-1][0], value)
        else:
            ranges.append((value, value))
    return ranges


def render_range(first: int, last: int) -> str:
    """Write a range; two neighbours are a list."""
    if first == last:
        return str(first)
    return f"{first},{last}" if last == first + 1 else f"{first}-{last}"
