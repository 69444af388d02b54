"""The sender: a worker claims what is due, sends a bounded number at once, and settles the outcomes.

A delivery stays due until its outcome is committed, so a worker that dies loses nothing; another one takes its
deliveries when their claims end. What may then arrive twice is what had begun: no more than may be sent at once.
"""

import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from tessera.notifications.contract import SEND_SECONDS, Answer, Notification
from tessera.notifications.registry import get_subscribed
from tessera.notifications.retries import Outcome, next_wait
from tessera.notifications.settler import Settler
from tessera.notifications.store import claims as store
from tessera.notifications.subscriptions import purpose_of
from tessera.notifications.values import DeliveryState
from tessera.platform.batching import BoundedSender, Turns
from tessera.platform.db import Row
from tessera.platform.errors import TesseraError
from tessera.platform.http import OutboundClient
from tessera.platform.resources import Resources

# At once, to one subscription and in all.
MOST_CALLS_EACH, MOST_CALLS = 8, 64
# Claimed ahead: a few rounds of calls, so that claiming costs little.
CLAIMED_EACH, CLAIMED_SUBSCRIPTIONS, MOST_CLAIMED = 32, 16, 512
CLAIM = timedelta(seconds=2 * SEND_SECONDS)
# What cannot end within its claim is not begun.
MARGIN = timedelta(seconds=SEND_SECONDS + 1)
LOOK_SECONDS = 0.5
# When the worker stops, calls under way are waited for, as long as they end in time for their outcome to be written.
STOP_SECONDS = 4.5
LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker alone may send until then."""

    notification: Notification
    subscription_id: UUID
    attempts: int
    until: datetime

    @property
    def id(self) -> UUID:
        """The delivery's id, which its notification bears too."""
        return self.notification.id


class Sender:
    """Sends due deliveries of all subscriptions."""

    def __init__(self, resources: Resources, client: OutboundClient) -> None:
        self._resources = resources
        self._client = client
        self._channel = get_subscribed()
        self._settler = Settler(resources)
        self._random = Random()  # noqa: S311 - jitter, not a secret
        # Claims of a subscription are made when half of its last ones are through.
        self._sending: BoundedSender[Claimed, UUID] = BoundedSender(lambda left: left in (0, CLAIMED_EACH // 2))
        self._turns: Turns[UUID] = Turns(each=MOST_CALLS_EACH, total=MOST_CALLS)
        self._end: float | None = None

    def stop(self) -> None:
        """Begin no call any more, because this worker stops; those under way have some seconds from now."""
        self._end = time.monotonic() + STOP_SECONDS
        self._sending.wake()

    async def finish(self) -> None:
        """Wait for the calls under way after a stop, no longer than they have."""
        if self._end is not None:
            await self._sending.wait_for_calls(max(0.0, self._end - time.monotonic()))

    async def send_due(self) -> int:
        """Send until nothing is due any more and nothing is under way; return how many attempts that took."""
        begun = 0
        try:
            while True:
                self._sending.expect_change()
                # Beside calls under way, a claim that brings nothing may only mean that there was no room.
                alone = not self._sending.open
                claimed = await self._claim() if self._end is None else []
                for delivery in claimed:
                    self._sending.launch(delivery, self._deliver, key=delivery.subscription_id)
                begun += len(claimed)
                if (alone and not claimed) or (self._end is not None and not self._sending.is_calling):
                    return begun
                await self._sending.wait_for_change(LOOK_SECONDS)
        finally:
            await self._let_go()

    async def _claim(self) -> list[Claimed]:
        full = [one for one, count in self._sending.held.items() if count > CLAIMED_EACH // 2]
        room = min(CLAIMED_SUBSCRIPTIONS, (MOST_CLAIMED - self._sending.open) // CLAIMED_EACH)
        if room <= 0:
            return []
        now = self._resources.clock()
        until = now + CLAIM
        async with self._resources.database.session() as session:
            rows = await store.claim_deliveries(
                session, full=full, subscriptions=room, each=CLAIMED_EACH, until=until, now=now
            )
        claimed = []
        for row in rows:
            try:
                claimed.append(self._open(row, until, now))
            except TesseraError as error:
                await self._settler.settle(self._judge_row(row, until, Answer(error=error.message)))
        return claimed

    def _open(self, row: Row, until: datetime, now: datetime) -> Claimed:
        keys, purpose = self._resources.keys, purpose_of(row["subscription_id"])
        sealed = [row["sealed_secret"]]
        if row["former_secret_until"] is not None and row["former_secret_until"] > now:
            sealed.append(row["sealed_former_secret"])
        secrets = tuple(keys.open(one, purpose).reveal() for one in sealed)
        notification = Notification(row["id"], row["url"], secrets, row["body"].encode())
        return Claimed(notification, row["subscription_id"], row["attempts"], until)

    async def _deliver(self, delivery: Claimed) -> None:
        async with self._turns.turn(delivery.subscription_id):
            if self._end is not None or self._resources.clock() > delivery.until - MARGIN:
                async with self._resources.database.session() as session:
                    await store.release_deliveries(session, [delivery.id], delivery.until)
                return
            self._sending.begin_call()
            try:
                answer = await self._channel.send(self._client, delivery.notification, self._resources.clock())
                # The turn ends with the commit: what may be sent twice after a crash is what had a turn.
                await self._settler.settle(self._judge(delivery, answer))
            finally:
                self._sending.end_call()

    def _judge(self, delivery: Claimed, answer: Answer) -> Outcome:
        row = {"id": delivery.id, "subscription_id": delivery.subscription_id, "attempts": delivery.attempts}
        return self._judge_row(row, delivery.until, answer)

    def _judge_row(self, row: Row, until: datetime, answer: Answer) -> Outcome:
        attempts, now = row["attempts"] + 1, self._resources.clock()
        state, due_at = DeliveryState.DELIVERED, None
        if not answer.is_success:
            wait = None if answer.gone else next_wait(attempts, answer.retry_after, self._random.random())
            state = DeliveryState.FAILED if wait is None else DeliveryState.PENDING
            due_at = None if wait is None else now + timedelta(seconds=wait)
        return Outcome(
            delivery_id=row["id"],
            subscription_id=row["subscription_id"],
            claimed_until=until,
            state=state,
            attempts=attempts,
            due_at=due_at,
            status=answer.status,
            error=(answer.error or "").replace("\x00", "\ufffd")[:LONGEST_ERROR] or None,
            gone=answer.gone,
        )

    async def _let_go(self) -> None:
        """Break off what is under way, which only happens when this worker stops or fails; others may go on at once."""
        left = await self._sending.let_go()
        await self._settler.finish()
        by_claim: defaultdict[datetime, list[UUID]] = defaultdict(list)
        for delivery in left:
            by_claim[delivery.until].append(delivery.id)
        for until, ids in by_claim.items():
            async with self._resources.database.session() as session:
                await store.release_deliveries(session, ids, until)
