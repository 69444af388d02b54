"""The figures of a day as values."""

from datetime import date

from msgspec import Struct


class DailyFigures(Struct, frozen=True, gc=False):
    """What a chain or a program came to on a day, in UTC.

    `members` are the memberships not deleted, and `points` the sum of their balances, both at the end of the day. Of
    the day itself: `enrolments` are memberships created; `earned` and `burned` are points of such movements less what
    reversals undid, without points that pass between members, but with the differences of balances that were set;
    `expired` are points whose time was over.
    """

    day: date
    members: int
    points: int
    enrolments: int
    earned: int
    burned: int
    expired: int
