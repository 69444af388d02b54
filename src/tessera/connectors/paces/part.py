"""One worker's part of a pace: its places and its slices of the schedule, asked for and renewed in the background."""

import asyncio
import logging
from collections.abc import Callable

from tessera.connectors.paces.ledger import Ledger
from tessera.connectors.paces.schedule import Schedule
from tessera.connectors.paces.shares import HORIZON, Ask, PaceState
from tessera.platform.errors import NotFoundError

logger = logging.getLogger(__name__)

# A part counts until its lease ends, less what the question may have been on its way. Alone, nobody waits for news.
USABLE_SHARE, RENEW_SHARE = 0.9, 0.3
RENEW_SHARED_SECONDS = 1.0
# However fast slices are used up, questions keep this distance.
LEAST_PAUSE_SECONDS = 0.02
RETRY_SECONDS = 0.5


class Part:
    """What this worker may use, by its own clock.

    `describe` says what to ask for, `apply` hears of what all workers share after each answer.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        clock: Callable[[], float],
        describe: Callable[[], Ask],
        apply: Callable[[PaceState], None],
    ) -> None:
        self.ledger = ledger
        self.schedule = Schedule()
        self.places = 0
        self.declared = 0
        self.wanted = 0
        self.workers = 1
        self.usable_until = float("-inf")
        self.ask_after = float("-inf")
        self._asked_at = float("-inf")
        self._pause_until = float("-inf")
        self._clock = clock
        self._describe = describe
        self._apply = apply
        self._asking: asyncio.Task[None] | None = None
        self._again = False
        self._questions = asyncio.Lock()

    def is_usable(self, now: float) -> bool:
        """Say whether the lease holds."""
        return now < self.usable_until

    def schedule_now(self, now: float) -> float:
        """Return the moment by the schedule's clock."""
        return self.ledger.clock.to_database(now)

    def ask_soon(self) -> None:
        """Ask, or ask once more after the question that is under way."""
        self._again = True
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._keep_asking())

    def renew(self) -> None:
        """Ask if the last answer is getting old."""
        pause = RENEW_SHARE * self.ledger.lease_seconds
        if self.workers > 1:
            pause = min(pause, RENEW_SHARED_SECONDS)
        if self._clock() - self._asked_at >= pause:
            self.ask_soon()

    async def ask(self) -> None:
        """Ask once, and take in the answer; one question at a time, or an old answer could undo a newer one."""
        async with self._questions:
            asked = self._describe()
            sent = self._asked_at = self._clock()
            state, grant = await self.ledger.ask(asked)
        self.usable_until = sent + USABLE_SHARE * self.ledger.lease_seconds
        self.wanted = asked.slice.wanted
        self.places, self.declared, self.workers = grant.places, grant.declared, grant.workers
        self.schedule.add(grant.start, grant.end)
        if asked.seconds > 0 and grant.end <= grant.start:
            # What is given out reaches too far ahead: others have it.
            self.ask_after = self.ledger.clock.to_local(state.next_start - HORIZON)
        self._apply(state)

    async def close(self) -> None:
        """Give everything back; what cannot be given back expires."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        try:
            await self.ledger.leave(self.schedule.clear(self.schedule_now(self._clock())))
        except Exception:
            logger.warning(
                "a worker's part of a pace was not given back; it expires in %d s", self.ledger.lease_seconds
            )

    async def _keep_asking(self) -> None:
        while self._again:
            self._again = False
            await asyncio.sleep(max(0.0, self._pause_until - self._clock()))
            self._pause_until = self._clock() + LEAST_PAUSE_SECONDS
            try:
                await self.ask()
            except NotFoundError:
                return
            except Exception:
                # The database is away: the lease says for how long requests may still start.
                logger.warning("a pace could not be renewed; trying again", exc_info=True)
                await asyncio.sleep(RETRY_SECONDS)
                self._again = True
