"""The sender: a worker claims what is due, sends a bounded number at once, and settles the outcomes.

A delivery stays due until its outcome is committed, so a worker that dies loses nothing; another one takes its
deliveries when their claims end. What may then arrive twice is what had begun: no more than may be sent at once.
"""

import asyncio
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from tessera.notifications.retries import Answer, Outcome, explain, is_success, next_wait
from tessera.notifications.settler import Settler
from tessera.notifications.signatures import make_headers
from tessera.notifications.store import claims as store
from tessera.notifications.subscriptions import purpose_of
from tessera.notifications.values import DeliveryState
from tessera.platform.db import Row
from tessera.platform.errors import TesseraError
from tessera.platform.http import CallError, CallLimits, OutboundClient
from tessera.platform.resources import Resources

ANSWER_SECONDS = 15
LIMITS = CallLimits(
    connect_seconds=5, read_seconds=ANSWER_SECONDS, total_seconds=ANSWER_SECONDS, answer_bytes=64 * 1024
)
# At once, to one subscription and in all.
MOST_CALLS_EACH, MOST_CALLS = 8, 64
# Claimed ahead: a few rounds of calls, so that claiming costs little.
CLAIMED_EACH, CLAIMED_SUBSCRIPTIONS, MOST_CLAIMED = 32, 16, 512
CLAIM = timedelta(seconds=2 * ANSWER_SECONDS)
# What cannot end within its claim is not begun.
MARGIN = timedelta(seconds=ANSWER_SECONDS + 1)
LOOK_SECONDS = 0.5
# When the worker stops, calls under way are waited for, as long as they end in time for their outcome to be written.
STOP_SECONDS = 4.5
LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker alone may send until then."""

    id: UUID
    subscription_id: UUID
    url: str
    secrets: tuple[str, ...]
    body: bytes
    attempts: int
    until: datetime


class Sender:
    """Sends due deliveries of all subscriptions."""

    def __init__(self, resources: Resources, client: OutboundClient) -> None:
        self._resources = resources
        self._client = client
        self._settler = Settler(resources)
        self._random = Random()  # noqa: S311 - jitter, not a secret
        self._tasks: dict[asyncio.Task[None], Claimed] = {}
        self._held: Counter[UUID] = Counter()
        self._turns: defaultdict[UUID, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(MOST_CALLS_EACH))
        self._all_turns = asyncio.Semaphore(MOST_CALLS)
        self._changed = asyncio.Event()
        self._error: BaseException | None = None
        self._calling: set[asyncio.Task[None]] = set()
        self._end: float | None = None

    def stop(self) -> None:
        """Begin no call any more, because this worker stops; those under way have some seconds from now."""
        self._end = time.monotonic() + STOP_SECONDS
        self._changed.set()

    async def finish(self) -> None:
        """Wait for the calls under way after a stop, no longer than they have."""
        if self._end is not None and self._calling:
            await asyncio.wait(self._calling, timeout=max(0.0, self._end - time.monotonic()))

    async def send_due(self) -> int:
        """Send until nothing is due any more and nothing is under way; return how many attempts that took."""
        begun = 0
        try:
            while True:
                self._changed.clear()
                # Beside calls under way, a claim that brings nothing may only mean that there was no room.
                alone = not self._tasks
                claimed = await self._claim() if self._end is None else []
                for delivery in claimed:
                    self._launch(delivery)
                begun += len(claimed)
                if (alone and not claimed) or (self._end is not None and not self._calling):
                    return begun
                await self._wait_for_room()
        finally:
            await self._let_go()

    async def _claim(self) -> list[Claimed]:
        # Claims of a subscription are made when half of the last ones are through.
        full = [one for one, count in self._held.items() if count > CLAIMED_EACH // 2]
        room = min(CLAIMED_SUBSCRIPTIONS, (MOST_CLAIMED - len(self._tasks)) // CLAIMED_EACH)
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
        return Claimed(
            id=row["id"],
            subscription_id=row["subscription_id"],
            url=row["url"],
            secrets=tuple(keys.open(one, purpose).reveal() for one in sealed),
            body=row["body"].encode(),
            attempts=row["attempts"],
            until=until,
        )

    def _launch(self, delivery: Claimed) -> None:
        task = asyncio.create_task(self._deliver(delivery))
        self._tasks[task] = delivery
        self._held[delivery.subscription_id] += 1
        task.add_done_callback(partial(self._forget, delivery))

    def _forget(self, delivery: Claimed, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        one = delivery.subscription_id
        self._held[one] -= 1
        if not self._held[one]:
            del self._held[one]
            self._turns.pop(one, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._error = self._error or error
        if self._held.get(one, 0) in (0, CLAIMED_EACH // 2) or self._error is not None:
            self._changed.set()

    async def _wait_for_room(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            pass
        if self._error is not None:
            raise self._error

    async def _deliver(self, delivery: Claimed) -> None:
        async with self._turns[delivery.subscription_id], self._all_turns:
            if self._end is not None or self._resources.clock() > delivery.until - MARGIN:
                async with self._resources.database.session() as session:
                    await store.release_deliveries(session, [delivery.id], delivery.until)
                return
            task = asyncio.current_task()
            assert task is not None
            self._calling.add(task)
            try:
                answer = await self._call(delivery)
                # The turn ends with the commit: what may be sent twice after a crash is what had a turn.
                await self._settler.settle(self._judge(delivery, answer))
            finally:
                self._calling.discard(task)

    async def _call(self, delivery: Claimed) -> Answer:
        now = self._resources.clock()
        headers = make_headers(delivery.secrets, str(delivery.id), now, delivery.body)
        try:
            reply = await self._client.send("POST", delivery.url, headers=headers, body=delivery.body, limits=LIMITS)
        except CallError as error:
            return Answer(error=error.message)
        return Answer(status=reply.status, retry_after=reply.retry_after(now))

    def _judge(self, delivery: Claimed, answer: Answer) -> Outcome:
        row = {"id": delivery.id, "subscription_id": delivery.subscription_id, "attempts": delivery.attempts}
        return self._judge_row(row, delivery.until, answer)

    def _judge_row(self, row: Row, until: datetime, answer: Answer) -> Outcome:
        attempts, now = row["attempts"] + 1, self._resources.clock()
        state, due_at = DeliveryState.DELIVERED, None
        if not is_success(answer):
            wait = None if answer.status == 410 else next_wait(attempts, answer.retry_after, self._random.random())
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
            error=(explain(answer) or "").replace("\x00", "\ufffd")[:LONGEST_ERROR] or None,
            gone=answer.status == 410,
        )

    async def _let_go(self) -> None:
        """Break off what is under way, which only happens when this worker stops or fails; others may go on at once."""
        left = dict(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._settler.finish()
        self._error = None
        by_claim: defaultdict[datetime, list[UUID]] = defaultdict(list)
        for delivery in left.values():
            by_claim[delivery.until].append(delivery.id)
        for until, ids in by_claim.items():
            async with self._resources.database.session() as session:
                await store.release_deliveries(session, ids, until)
