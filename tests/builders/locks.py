"""Two transactions of which one waits for the other."""

import asyncio
from typing import Any

from sqlalchemy import text

from tessera.platform.db import Session

# Other databases of the same cluster wait for locks as well, so it has to be one that this connection holds.
BLOCKED = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))")


async def wait_until_blocked(session: Session, task: asyncio.Task[Any]) -> None:
    """Return when the task waits for a lock that this session's transaction holds."""
    while not await session.scalar(BLOCKED):
        assert not task.done()
        await asyncio.sleep(0.01)
