"""The job that calls one receiver of a notice: claimed, called, settled, and queued again while tries are left."""

from datetime import timedelta
from random import Random
from uuid import UUID

import msgspec

from tessera.notifications.contract import SEND_SECONDS, Answer, Call, NoticeText
from tessera.notifications.registry import get_channel
from tessera.notifications.retries import next_wait
from tessera.notifications.store import notices as store
from tessera.platform.db import Row, Session
from tessera.platform.errors import TesseraError
from tessera.platform.http import OutboundClient
from tessera.platform.jobs import Job, Queue
from tessera.platform.resealing import Resealing
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing, mask

# In a queue of their own: receivers that hang keep no mail waiting.
SEND_NOTICE = Job("notifications.send_notice", queue=Queue.NOTICES)
CLAIM = timedelta(seconds=2 * SEND_SECONDS)
LONGEST_ERROR = 500
RANDOM = Random()  # noqa: S311 - jitter, not a secret
ENDED = "Workers ended during every attempt. Send a test to see whether the receiver can be reached."


def purpose_of(delivery_id: UUID) -> str:
    """Return what a delivery's target is sealed for: it opens nowhere else."""
    return f"notice_deliveries/{delivery_id}"


async def deliver_notice(resources: Resources, client: OutboundClient, delivery_id: str) -> None:
    """Call a receiver once. A job that comes while another worker has the delivery is queued for when that one ends."""
    one, now = UUID(delivery_id), resources.clock()
    until = now + CLAIM
    async with resources.database.session() as session:
        row = await store.claim_delivery(session, one, until=until, now=now)
        if row is None:
            claimed = await store.find_claim(session, one)
            if claimed is not None:
                await resources.jobs.defer(session, SEND_NOTICE, at=claimed, delivery_id=delivery_id)
            return
    try:
        way = get_channel(row["channel"]).way
        assert isinstance(way, Call)
        answer = await call(resources, client, row, way=way)
        waits = way.waits
    except TesseraError as error:
        answer, waits = Answer(error=error.message, gone=True), ()
    attempts = row["attempts"]
    wait = None if answer.gone else next_wait(attempts, answer.retry_after, RANDOM.random(), waits=waits)
    now = resources.clock()
    due_at = None if answer.is_success or wait is None else now + timedelta(seconds=wait)
    state = "delivered" if answer.is_success else "failed" if due_at is None else "pending"
    outcome = {
        "state": state,
        "due_at": due_at,
        "status": answer.status,
        "error": answer.error,
        "until": until,
        "now": now,
    }
    async with resources.database.session() as session:
        if await store.settle_delivery(session, one, outcome) and due_at is not None:
            await resources.jobs.defer(session, SEND_NOTICE, at=due_at, delivery_id=delivery_id)


async def call(resources: Resources, client: OutboundClient, row: Row, *, way: Call) -> Answer:
    """Render the notice for its receiver and send it; what is said of a failure holds no secret of the target."""
    if row["attempts"] > len(way.waits) + 1:
        return Answer(error=ENDED, gone=True)
    opened = resources.keys.open(row["sealed_target"], purpose_of(row["id"])).reveal()
    values = msgspec.json.decode(opened, type=dict[str, str])
    notification = way.render(msgspec.convert(row["content"], NoticeText), values, row["id"])
    if notification is None:
        return Answer()
    answer = await way.send(client, notification, resources.clock())
    if answer.error is None:
        return answer
    error = mask(answer.error, [value for value in values.values() if len(value) >= 8]).replace("\x00", "\ufffd")
    return Answer(answer.status, error[:LONGEST_ERROR], answer.retry_after, answer.gone)


async def reseal_targets(session: Session, keys: KeyRing) -> int:
    """Seal the targets of deliveries that are not settled with the newest key; return how many needed it."""
    stale = [
        (row["id"], keys.reseal(row["sealed_target"], purpose_of(row["id"])))
        for row in await store.select_sealed(session)
        if not keys.is_current(row["sealed_target"])
    ]
    if stale:
        await store.replace_sealed(session, stale)
    return len(stale)


RESEALING = Resealing("the targets of {} notice", reseal_targets)
