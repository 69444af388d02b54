"""What an owner wants when moments are missed, overlap, fail or are late."""

from dataclasses import dataclass
from enum import StrEnum

from tessera.platform.calendar import ScheduleInvalidError

LONGEST_SECONDS = 31 * 24 * 3600
MOST_CATCH_UPS, MOST_FAILURES, LONGEST_STAGGER_SECONDS = 100, 1000, 3600


class Overlap(StrEnum):
    """What becomes of a moment while the run before it is active."""

    SKIP = "skip"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of one schedule.

    With `Overlap.AFTER` one run starts when the active one has ended, however many moments came meanwhile. Of moments
    that were missed, the newest `catch_up_number` within `catch_up_seconds` start, spread over `stagger_seconds` by
    owner. The deadlines count from the moment; None has none. `pause_after` failures in a row pause; None never does.
    """

    overlap: Overlap = Overlap.SKIP
    catch_up_seconds: int = 3600
    catch_up_number: int = 1
    stagger_seconds: int = 120
    pause_after: int | None = None
    started_within_seconds: int | None = None
    finished_within_seconds: int | None = None


LIMITS = {
    "catch_up_seconds": (0, LONGEST_SECONDS),
    "catch_up_number": (0, MOST_CATCH_UPS),
    "stagger_seconds": (0, LONGEST_STAGGER_SECONDS),
    "pause_after": (1, MOST_FAILURES),
    "started_within_seconds": (1, LONGEST_SECONDS),
    "finished_within_seconds": (1, LONGEST_SECONDS),
}


def check_policies(policies: Policies) -> None:
    """Refuse a policy out of its bounds; `details["member"]` names it."""
    for member, (low, high) in LIMITS.items():
        value = getattr(policies, member)
        if value is not None and not low <= value <= high:
            what = member.replace("_", " ")
            raise ScheduleInvalidError(f"“{what}” is {value}. Write a number from {low} to {high}.", member=member)
    started, finished = policies.started_within_seconds, policies.finished_within_seconds
    if started is not None and finished is not None and finished < started:
        raise ScheduleInvalidError(
            f"A run has {finished} seconds to finish and {started} to start. Give it more time to finish.",
            member="finished_within_seconds",
        )
