"""A run's handle on the pace of its profile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tessera.connectors.paces.pace import Member, OnClosed, Pace
from tessera.platform.http import RateLimit


class RunPace:
    """Lets a run's requests take turns, the lowest rank first, beside those of all other runs of the profile."""

    def __init__(self, pace: Pace, member: Member) -> None:
        self._pace = pace
        self._member = member

    @property
    def most(self) -> int:
        """How many of the run's requests may be in flight at most."""
        return self._member.flow.most

    @property
    def limit(self) -> int:
        """How many of the profile's requests may be in flight now, after what the receiver answered here."""
        return self._pace.limit

    @property
    def share(self) -> float:
        """The part of the rate that is used now."""
        return self._pace.share

    @property
    def in_flight(self) -> int:
        """How many of the run's requests are in flight."""
        return self._member.flow.in_flight

    @property
    def queued(self) -> int:
        """How many of them wait for their turn."""
        return len(self._member.flow.waiting)

    @asynccontextmanager
    async def turn(self, rank: int = 0, weight: int = 1) -> AsyncIterator[None]:
        """Wait for a place and for the moment; give the place back at the end. Equal ranks go as they came.

        The weight is what the turn counts against the rate.
        """
        flow = self._member.flow
        probe = await self._pace.enter(flow, rank, weight)
        try:
            yield
        finally:
            self._pace.give_back(flow, probe=probe)

    def when_closed(self, call: OnClosed) -> None:
        """Have this called when waiting is in vain: with the reason, and the seconds that the receiver asks for."""
        self._member.on_closed.append(call)
        self._pace.check_open(self._member)

    def hold(self, seconds: float) -> None:
        """Start nothing for that long, in any run of the profile: the receiver asked for it."""
        self._pace.hold(seconds)

    def note_rate_limit(self, given: RateLimit) -> None:
        """Start no more than the receiver says it takes, until its limit starts again."""
        self._pace.note_rate_limit(given)

    def slow_down(self) -> None:
        """Halve what may be in flight."""
        self._pace.slow_down()

    def ease(self, share: float) -> None:
        """Go on with no more than this share of the rate."""
        self._pace.ease(share)

    def note_success(self) -> None:
        """Let one more in flight, and a little more of the rate be used, after every twenty successes."""
        self._pace.note_success()

    def note_answer(self) -> None:
        """Know that the receiver works, whatever it thinks of the request."""
        self._pace.note_answer()

    def note_failure(self, *, final: bool) -> None:
        """Count a call that the receiver could not serve; `final` where its request will not be tried again."""
        self._pace.note_failure(final=final)
