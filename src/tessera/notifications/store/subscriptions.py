"""Statements on subscriptions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import errors as refusals

from tessera.notifications.errors import SubscriptionChainError
from tessera.notifications.store.statements import run
from tessera.platform.db import Row, Session
from tessera.platform.events import EventPosition

COLUMNS = """id, chain_id, label, url, event_names, enabled, disabled_reason, failing_since, former_secret_until,
  position_transaction_id::text || '-' || position_sequence AS position, version, created_at, updated_at"""

INSERT = """
INSERT INTO webhook_subscriptions (id, chain_id, label, url, event_names, sealed_secret, enabled,
                                   position_transaction_id, position_sequence, created_at, updated_at)
SELECT id, %(chain_id)s, label, url, event_names, sealed_secret, enabled,
       %(transaction_id)s::text::xid8, %(sequence)s::bigint, %(now)s, %(now)s
  FROM jsonb_to_recordset(%(items)s::jsonb)
    AS new (id uuid, label text, url text, event_names text[], sealed_secret text, enabled boolean)
"""

LIST = f"""
SELECT {COLUMNS} FROM webhook_subscriptions
 WHERE (%(chains)s::uuid[] IS NULL OR chain_id = ANY (%(chains)s::uuid[]))
   AND (%(ids)s::uuid[] IS NULL OR id = ANY (%(ids)s::uuid[]))
 ORDER BY created_at DESC, id DESC
"""  # noqa: S608 - constants

# Deliveries that are being settled refer to the row, and only who deletes it waits for them. A lock that grows later
# would meet theirs growing.
CHANGING, DELETING = "NO KEY UPDATE", "UPDATE"
LOCK = f"""
SELECT {COLUMNS} FROM webhook_subscriptions
 WHERE (%(chains)s::uuid[] IS NULL OR chain_id = ANY (%(chains)s::uuid[])) AND id = %(id)s
   FOR {{strength}}
"""  # noqa: S608 - constants

# Who switches it on again begins with a clean slate.
WRITE = """
UPDATE webhook_subscriptions
   SET label = %(label)s, url = %(url)s, event_names = %(event_names)s::text[],
       disabled_reason = CASE WHEN %(enabled)s AND NOT enabled THEN NULL ELSE disabled_reason END,
       failing_since = CASE WHEN %(enabled)s AND NOT enabled THEN NULL ELSE failing_since END,
       enabled = %(enabled)s, version = version + 1, updated_at = %(now)s
 WHERE id = %(id)s
"""

ROTATE = """
UPDATE webhook_subscriptions
   SET sealed_former_secret = sealed_secret, former_secret_until = %(until)s, sealed_secret = %(sealed)s,
       version = version + 1, updated_at = %(now)s
 WHERE id = %(id)s
"""

DELETE = "DELETE FROM webhook_subscriptions WHERE id = %(id)s"

REWIND = """
UPDATE webhook_subscriptions
   SET position_transaction_id = %(transaction_id)s::text::xid8, position_sequence = %(sequence)s::bigint
 WHERE id = %(id)s
   AND (%(transaction_id)s::text::xid8, %(sequence)s::bigint) < (position_transaction_id, position_sequence)
RETURNING id
"""

SEALED = "SELECT id, sealed_secret, sealed_former_secret FROM webhook_subscriptions ORDER BY id FOR NO KEY UPDATE"
RESEAL = """
UPDATE webhook_subscriptions s SET sealed_secret = new.secret, sealed_former_secret = new.former
  FROM unnest(%(ids)s::uuid[], %(secrets)s::text[], %(formers)s::text[]) AS new (id, secret, former)
 WHERE s.id = new.id
"""


async def insert_subscriptions(
    session: Session, chain_id: UUID, items: Sequence[Mapping[str, Any]], *, position: EventPosition, now: datetime
) -> None:
    """Store new subscriptions of a chain, which begin at the position."""
    parameters = {
        "chain_id": chain_id,
        "items": msgspec.json.encode(items).decode(),
        "transaction_id": str(position.transaction_id),
        "sequence": position.sequence,
        "now": now,
    }
    try:
        await run(session, INSERT, parameters)
    except refusals.ForeignKeyViolation as refusal:
        raise SubscriptionChainError(f"There is no chain {chain_id}.", field="chain_id") from refusal


async def select_subscriptions(
    session: Session, chains: Sequence[UUID] | None, ids: Sequence[UUID] | None = None
) -> list[Row]:
    """Return the subscriptions of these chains, newest first."""
    return await run(session, LIST, {"chains": as_list(chains), "ids": as_list(ids)})


async def lock_subscription(
    session: Session, chains: Sequence[UUID] | None, subscription_id: UUID, *, deleting: bool = False
) -> Row | None:
    """Return the subscription, which no one else changes until the transaction ends."""
    statement = LOCK.format(strength=DELETING if deleting else CHANGING)
    rows = await run(session, statement, {"chains": as_list(chains), "id": subscription_id})
    return rows[0] if rows else None


async def write_subscription(
    session: Session, subscription_id: UUID, values: Mapping[str, Any], *, now: datetime
) -> None:
    """Write what people may change."""
    await run(session, WRITE, {**values, "id": subscription_id, "now": now})


async def rotate_secret(
    session: Session, subscription_id: UUID, sealed: str, *, until: datetime, now: datetime
) -> None:
    """Put a new secret in the place of the one that there is, which stays beside it for a while."""
    await run(session, ROTATE, {"id": subscription_id, "sealed": sealed, "until": until, "now": now})


async def delete_subscription(session: Session, subscription_id: UUID) -> None:
    """Delete the subscription and its deliveries."""
    await run(session, DELETE, {"id": subscription_id})


async def rewind_subscription(session: Session, subscription_id: UUID, position: EventPosition) -> bool:
    """Take the subscription back to the position, unless it has not come that far; say whether it moved."""
    values = {"id": subscription_id, "transaction_id": str(position.transaction_id), "sequence": position.sequence}
    return bool(await run(session, REWIND, values))


async def select_sealed(session: Session) -> list[Row]:
    """Return every sealed secret, locked."""
    return await run(session, SEALED, {})


async def replace_sealed(session: Session, items: Sequence[tuple[UUID, str, str | None]]) -> None:
    """Write secrets that were sealed again."""
    ids, secrets, formers = (list(column) for column in zip(*items, strict=True))
    await run(session, RESEAL, {"ids": ids, "secrets": secrets, "formers": formers})


def as_list(ids: Sequence[UUID] | None) -> list[UUID] | None:
    """Return the ids as the driver takes them."""
    return None if ids is None else list(ids)
