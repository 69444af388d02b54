"""How long settled deliveries are kept."""

from datetime import timedelta
from functools import partial

from tessera.notifications.store import deliveries as store
from tessera.platform.db import change_in_batches
from tessera.platform.resources import Resources

BATCH = 5000


async def purge_deliveries(resources: Resources, *, batch: int = BATCH) -> int:
    """Delete deliveries that were settled before the days of the request log, a batch a transaction."""
    before = resources.clock() - timedelta(days=resources.settings.request_log_days)
    return await change_in_batches(resources.database, partial(store.forget_deliveries, before=before), most=batch)
