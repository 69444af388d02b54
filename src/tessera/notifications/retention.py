"""How long settled deliveries are kept."""

from datetime import timedelta

from tessera.notifications.store import deliveries as store
from tessera.platform.resources import Resources

BATCH = 5000


async def purge_deliveries(resources: Resources, *, batch: int = BATCH) -> int:
    """Delete deliveries that were settled before the days of the request log, a batch a transaction."""
    before = resources.clock() - timedelta(days=resources.settings.request_log_days)
    total = 0
    while True:
        async with resources.database.session() as session:
            gone = await store.forget_deliveries(session, before=before, most=batch)
        total += gone
        if gone < batch:
            return total
