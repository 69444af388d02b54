"""Gates: what is checked about a selection before anything of it is sent. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

# From so many completed runs on, their median says how many rows are usual.
RUNS_NEEDED, RUNS_COMPARED = 3, 5
OWNER = "owner"


class GateLevel(StrEnum):
    """What a gate does when its check fails, from nothing to the most."""

    OFF = "off"
    WARN = "warn"
    HOLD = "hold"
    FAIL = "fail"


SEVERITY = tuple(GateLevel)


@dataclass(frozen=True, slots=True)
class Gates:
    """The gates of a definition, as a new one has them; the percentages are shares of what is usual.

    `rows` is about how many rows are selected, `removals` about how many left the selection, `keys` about empty and
    repeated keys, `empty` about a selection without any row.
    """

    rows: GateLevel = GateLevel.HOLD
    rows_percent: int = 50
    removals: GateLevel = GateLevel.HOLD
    removals_percent: int = 10
    keys: GateLevel = GateLevel.FAIL
    empty: GateLevel = GateLevel.WARN


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that failed, and what its gate does about it."""

    gate: str
    level: GateLevel
    message: str


@dataclass(frozen=True, slots=True)
class SelectionFacts:
    """What the gates look at. `known` is how many rows were accepted before; `earlier` the rows of completed runs.

    Of the earlier runs, the newest come first.
    """

    selected: int
    removed: int = 0
    known: int = 0
    empty_keys: int = 0
    first_empty: int | None = None
    repeated_keys: int = 0
    first_repeated: int | None = None
    earlier: Sequence[int] = ()


def check_selection(gates: Gates, facts: SelectionFacts) -> list[Finding]:
    """Return what is wrong with the selection, the worst first; nothing from a gate that is off."""
    found = [
        (("keys", gates.keys), describe_keys(facts)),
        (("rows", gates.rows), describe_rows(facts, gates.rows_percent)),
        (("removals", gates.removals), describe_removals(facts, gates.removals_percent)),
        (("empty", gates.empty), None if facts.selected else "The query selected no row."),
    ]
    findings = [
        Finding(name, level, message) for (name, level), message in found if message and level is not GateLevel.OFF
    ]
    return sorted(findings, key=lambda finding: -SEVERITY.index(finding.level))


def describe_keys(facts: SelectionFacts) -> str | None:
    """Return how many rows their key does not identify."""
    parts = []
    if facts.empty_keys:
        parts.append(f"{facts.empty_keys:,} rows have an empty key, row {facts.first_empty} first")
    if facts.repeated_keys:
        parts.append(f"{facts.repeated_keys:,} rows have the key of the row before, row {facts.first_repeated} first")
    return f"{'; '.join(parts)}. Correct the query, or its key columns." if parts else None


def describe_rows(facts: SelectionFacts, percent: int) -> str | None:
    """Return how far the number of rows is from what is usual, where that is too far."""
    if len(facts.earlier) < RUNS_NEEDED:
        return None
    usual = median(facts.earlier[:RUNS_COMPARED])
    # Where no rows are usual, no number of them is far from it.
    if not usual or abs(facts.selected - usual) <= usual * percent / 100:
        return None
    return f"The query selected {facts.selected:,} rows; {usual:,.0f} are usual, and {percent} % more or fewer allowed."


def describe_removals(facts: SelectionFacts, percent: int) -> str | None:
    """Return how many rows left the selection, where that is too many."""
    if not facts.removed or facts.removed <= facts.known * percent / 100:
        return None
    return f"{facts.removed:,} of {facts.known:,} rows left the selection; {percent} % of them may."
