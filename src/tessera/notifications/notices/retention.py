"""How long notices are kept, and when what was announced last is forgotten."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from tessera.notifications.store import notices as store
from tessera.platform.db import Session, change_in_batches
from tessera.platform.resources import Resources

BATCH = 2000


async def purge_notices(resources: Resources, *, batch: int = BATCH) -> int:
    """Delete notices after the days of the settings, a batch a transaction; return how many."""
    before = resources.clock() - timedelta(days=resources.settings.notice_days)
    return await change_in_batches(resources.database, partial(store.purge_notices, before=before), most=batch)


async def delete_notice_states(session: Session, kind: str, ids: Sequence[UUID]) -> None:
    """Delete what was announced last of subjects, which are deleted in this transaction; their notices stay."""
    await store.delete_states(session, kind, ids)
