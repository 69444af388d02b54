"""The feed after a restore. A database that was brought to another server has events of transactions yet to come there.

Such events would stay hidden until the new server has counted that far. So they are given to the transaction that finds
them, where they keep their order of writing.
"""

from tessera.platform.db import Session, driver
from tessera.platform.events.feed import EVERY_CHAIN

# Any fixed number does: one transaction at a time does this.
LOCK = 7_301_994

# One look at the end of each chain's index.
FIND = f"""
SELECT EXISTS (
  SELECT 1 FROM ({EVERY_CHAIN}) AS chain CROSS JOIN LATERAL (
    SELECT e.transaction_id FROM events e WHERE e.chain_id = chain.id
     ORDER BY e.transaction_id DESC, e.sequence DESC LIMIT 1) AS last
   WHERE last.transaction_id >= pg_snapshot_xmax(pg_current_snapshot()))
"""  # noqa: S608 - constants

RENUMBER = "UPDATE events SET transaction_id = %(now)s::text::xid8 WHERE transaction_id >= %(now)s::text::xid8"
FORGET_HORIZON = "DELETE FROM event_horizon WHERE transaction_id >= %(now)s::text::xid8"


async def find_new_number(session: Session) -> int | None:
    """Return this transaction's number where events have to be brought to it, None where all is well.

    Others who ask wait for the end of the transaction.
    """
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    row = await (await connection.execute(FIND.encode())).fetchone()
    if row is None or not row[0]:
        return None
    row = await (await connection.execute("SELECT pg_current_xact_id()::text::bigint")).fetchone()
    assert row is not None
    return int(row[0])


async def renumber_events(session: Session, number: int) -> None:
    """Bring every event of a transaction yet to come to this one; positions among them have to be brought before."""
    connection = await driver(session)
    await connection.execute(RENUMBER, {"now": str(number)})
    await connection.execute(FORGET_HORIZON, {"now": str(number)})
