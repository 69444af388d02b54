"""The figures of the chosen chain on the home page: how many there are, and how the last 30 days went."""

from collections.abc import Sequence
from dataclasses import dataclass

from tessera import loyalty
from tessera.loyalty import DailyFigures
from tessera.platform.actors import Actor
from tessera.platform.errors import DeniedError
from tessera.web.visits import Visit

DAYS = 30
FIGURES = "/loyalty/figures"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a card: its number, what the number is, and the value of each day."""

    number: int
    words: str
    points: Sequence[tuple[str, float]]
    tone: str = "running"
    zero: bool = False

    @property
    def highest(self) -> float:
        """The highest day: lines beside each other are drawn to the same scale."""
        return max(value for _, value in self.points)


@dataclass(frozen=True, slots=True)
class Card:
    """A card: its title, where it leads, if the user may go there, and its lines."""

    title: str
    path: str | None
    lines: Sequence[Line]


async def read_figures(visit: Visit) -> list[DailyFigures] | None:
    """Return the days of the chosen chain and the one before them; None where nothing is to be shown.

    There are none while the chain's past is being counted.
    """
    if visit.chosen is None:
        return None
    try:
        days = await loyalty.list_daily_figures(visit.session, visit.actor, visit.chosen.id, DAYS + 1, now=visit.now)
    except DeniedError:
        return None
    # A chain without members has first steps to show, and no figures.
    return days if not days or any(day.members or day.points or day.enrolments for day in days) else None


def make_cards(before: DailyFigures, days: Sequence[DailyFigures], actor: Actor) -> list[Card]:
    """Return the cards of these days, and of how far they are from the day before them."""

    def line(name: str, number: int, words: str, *, tone: str = "running", zero: bool = True) -> Line:
        return Line(number, words, [(day.day.isoformat(), getattr(day, name)) for day in days], tone, zero)

    def total(name: str) -> int:
        return sum(getattr(day, name) for day in days)

    def grown(name: str) -> str:
        return f"{getattr(days[-1], name) - getattr(before, name):+,} in {DAYS} days"

    def card(title: str, part: str, *lines: Line) -> Card:
        return Card(title, f"{FIGURES}#{part}" if actor.may("members:read") else None, lines)

    last = days[-1]
    return [
        card("Members", "members", line("members", last.members, grown("members"), tone="fine", zero=False)),
        card("Points outstanding", "points", line("points", last.points, grown("points"), zero=False)),
        card(
            f"Points in {DAYS} days",
            "movements",
            line("earned", total("earned"), "earned", tone="fine"),
            line("burned", total("burned"), "burned", tone="heals"),
        ),
        card("Enrolments", "enrolments", line("enrolments", total("enrolments"), f"in {DAYS} days")),
    ]
