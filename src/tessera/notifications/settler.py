"""Outcomes, written down in groups: many that wait, one that writes."""

import asyncio
from collections.abc import Sequence

from tessera.notifications.events import SUBSCRIPTION_DISABLED
from tessera.notifications.retries import PATIENCE, Outcome
from tessera.notifications.store import claims as store
from tessera.platform.actors import system_actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events
from tessera.platform.resources import Resources

GATHER_SECONDS = 0.005
ACTOR = system_actor("webhooks")
GONE = "The receiver answered 410 Gone. Correct the URL, then switch the subscription on again."
FAILING = (
    f"Nothing arrived for {PATIENCE.days} days. Mend the receiver, then switch the subscription on again; "
    "what failed can be replayed."
)


class Settler:
    """Callers wait until their outcome is committed."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._waiting: list[tuple[Outcome, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def settle(self, outcome: Outcome) -> None:
        """Write down what came of an attempt."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((outcome, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await future

    async def finish(self) -> None:
        """Wait until everything handed in is written, or could not be."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)

    async def _write(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        while self._waiting:
            group, self._waiting = self._waiting, []
            try:
                async with self._resources.database.session() as session:
                    await record_outcomes(session, self._resources, [outcome for outcome, _ in group])
            except Exception as error:
                for _, future in group:
                    if not future.done():
                        future.set_exception(error)
            else:
                for _, future in group:
                    if not future.done():
                        future.set_result(None)


async def record_outcomes(session: Session, resources: Resources, outcomes: Sequence[Outcome]) -> None:
    """Settle deliveries, and switch off subscriptions whose receiver is gone or fails for too long."""
    now = resources.clock()
    if not await store.settle_deliveries(session, outcomes, now=now):
        return
    off = await store.note_health(session, outcomes, patience=PATIENCE, reasons=(GONE, FAILING), now=now)
    events, entries = [], []
    for row in off:
        details = {"reason": row["disabled_reason"]}
        events.append(Event(row["chain_id"], SUBSCRIPTION_DISABLED, row["id"], details))
        entries.append(
            Entry("disabled", "webhook_subscription", row["id"], row["label"], row["chain_id"], after=details)
        )
    await record_events(session, events)
    await record_entries(session, ACTOR, entries)
