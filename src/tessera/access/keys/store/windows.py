"""Statements on request windows."""

from datetime import datetime, timedelta
from uuid import UUID

from tessera.access.keys.store.statements import run
from tessera.platform.db import Reader, Session

# One row per access token: concurrent requests wait for it, so that the count is exact in every process.
ADMIT = """
INSERT INTO request_windows AS w (access_token_id, moments) VALUES (%(token)s, ARRAY[%(now)s::timestamptz])
ON CONFLICT (access_token_id) DO UPDATE
   SET moments = ARRAY(SELECT m FROM unnest(w.moments) AS m WHERE m > %(since)s) || EXCLUDED.moments
 WHERE (SELECT count(*) FROM unnest(w.moments) AS m WHERE m > %(since)s) < %(limit)s
RETURNING 1
"""

OLDEST = """
SELECT min(m) FROM request_windows, unnest(moments) AS m WHERE access_token_id = %(token)s AND m > %(since)s
"""


async def admit_request(
    session: Session | Reader, token_id: UUID, *, limit: int, window: timedelta, now: datetime
) -> timedelta | None:
    """Count a request within the limit; where it is beyond, return how long until there is room again."""
    values = {"token": token_id, "now": now, "since": now - window, "limit": limit}
    if await run(session, ADMIT, values, prepare=True):
        return None
    rows = await run(session, OLDEST, values)
    oldest: datetime = rows[0][0] or now
    return oldest + window - now
