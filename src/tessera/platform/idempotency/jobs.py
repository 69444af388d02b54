"""What a worker does for kept answers."""

from functools import partial

from tessera.platform.idempotency.answers import MOST, purge_answers
from tessera.platform.jobs import HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources


def background_work(resources: Resources) -> BackgroundWork:
    """Delete kept answers past their day."""
    return BackgroundWork(chores=[Chore("idempotency.purge_answers", HOURLY, partial(purge_all_answers, resources))])


async def purge_all_answers(resources: Resources) -> None:
    """Delete everything past its day, a batch a transaction."""
    gone = MOST
    while gone == MOST:
        async with resources.database.session() as session:
            gone = await purge_answers(session, now=resources.clock())
