"""Statements by which a worker claims deliveries, and settles them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tessera.notifications.retries import Outcome
from tessera.notifications.store.statements import run
from tessera.notifications.values import DeliveryState
from tessera.platform.db import Row, Session

DUE = "state = 'pending' AND d.due_at <= %(now)s AND (d.claimed_until IS NULL OR d.claimed_until <= %(now)s)"

# A few of each subscription, so that a long queue of one does not keep the others waiting.
CLAIM = f"""
WITH ready AS MATERIALIZED (
  SELECT s.id FROM webhook_subscriptions s CROSS JOIN LATERAL (
    SELECT 1 FROM webhook_deliveries d WHERE d.subscription_id = s.id AND d.{DUE}
     ORDER BY d.due_at, d.id LIMIT 1) AS one
   WHERE s.enabled AND s.id <> ALL (%(full)s::uuid[])
   ORDER BY random() LIMIT %(subscriptions)s
), due AS (
  SELECT found.id FROM ready CROSS JOIN LATERAL (
    SELECT d.id FROM webhook_deliveries d WHERE d.subscription_id = ready.id AND d.{DUE}
     ORDER BY d.due_at, d.id LIMIT %(each)s FOR UPDATE SKIP LOCKED) AS found
), claimed AS (
  UPDATE webhook_deliveries d SET claimed_until = %(until)s FROM due WHERE d.id = due.id
  RETURNING d.id, d.subscription_id, d.body, d.attempts, d.due_at
)
SELECT c.id, c.subscription_id, c.body, c.attempts, s.url, s.sealed_secret, s.sealed_former_secret,
       s.former_secret_until
  FROM claimed c JOIN webhook_subscriptions s ON s.id = c.subscription_id
 ORDER BY c.due_at, c.id
"""  # noqa: S608 - constants

RELEASE = """
UPDATE webhook_deliveries SET claimed_until = NULL
 WHERE id = ANY (%(ids)s::uuid[]) AND state = 'pending' AND claimed_until = %(until)s
"""

# First the subscriptions, as those who delete them do; a share that lets others go on.
HOLD = """
SELECT id, failing_since FROM webhook_subscriptions WHERE id = ANY (%(ids)s::uuid[]) ORDER BY id FOR KEY SHARE
"""

# A success is true whichever worker reports it; a failure counts while the worker that reports it has the claim.
SETTLE = """
UPDATE webhook_deliveries d
   SET state = new.state, attempts = new.attempts, due_at = coalesce(new.due_at, d.due_at), claimed_until = NULL,
       last_status = new.status, last_error = new.error,
       settled_at = CASE WHEN new.state <> 'pending' THEN %(now)s::timestamptz END
  FROM unnest(%(ids)s::uuid[], %(claims)s::timestamptz[], %(states)s::text[], %(attempts)s::int[],
              %(dues)s::timestamptz[], %(statuses)s::int[], %(errors)s::text[])
    AS new (id, claimed_until, state, attempts, due_at, status, error)
 WHERE d.id = new.id AND d.state = 'pending'
   AND (new.state = 'delivered' OR d.claimed_until = new.claimed_until)
"""

HEALTH = """
UPDATE webhook_subscriptions s
   SET failing_since = CASE WHEN new.good THEN NULL ELSE coalesce(s.failing_since, %(now)s) END,
       enabled = reason IS NULL,
       disabled_reason = reason,
       version = s.version + CASE WHEN reason IS NULL THEN 0 ELSE 1 END,
       updated_at = CASE WHEN reason IS NULL THEN s.updated_at ELSE %(now)s END
  FROM (
    SELECT t.id, t.good, CASE
             WHEN t.gone THEN %(gone_reason)s
             WHEN t.used_up AND NOT t.good AND f.failing_since <= %(long_ago)s THEN %(failing_reason)s
           END AS reason
      FROM unnest(%(ids)s::uuid[], %(goods)s::bool[], %(gones)s::bool[], %(used_up)s::bool[])
        AS t (id, good, gone, used_up)
      JOIN webhook_subscriptions f ON f.id = t.id) AS new
 WHERE s.id = new.id AND s.enabled
   AND (reason IS NOT NULL OR new.good = (s.failing_since IS NOT NULL))
RETURNING s.id, s.chain_id, s.label, s.enabled, s.disabled_reason
"""


async def claim_deliveries(
    session: Session, *, full: Collection[UUID], subscriptions: int, each: int, until: datetime, now: datetime
) -> list[Row]:
    """Take due deliveries of some subscriptions for this worker alone until then, oldest first."""
    parameters = {"full": list(full), "subscriptions": subscriptions, "each": each, "until": until, "now": now}
    return await run(session, CLAIM, parameters)


async def release_deliveries(session: Session, ids: Sequence[UUID], until: datetime) -> None:
    """Let others take what was claimed until then."""
    await run(session, RELEASE, {"ids": list(ids), "until": until})


async def settle_deliveries(session: Session, outcomes: Sequence[Outcome], *, now: datetime) -> bool:
    """Write down what came of attempts; say whether some subscription's health may have changed by it."""
    subscriptions = sorted({outcome.subscription_id for outcome in outcomes})
    held = await run(session, HOLD, {"ids": subscriptions})
    ordered = sorted(outcomes, key=lambda outcome: outcome.delivery_id)
    parameters: dict[str, Any] = {
        "ids": [outcome.delivery_id for outcome in ordered],
        "claims": [outcome.claimed_until for outcome in ordered],
        "states": [outcome.state.value for outcome in ordered],
        "attempts": [outcome.attempts for outcome in ordered],
        "dues": [outcome.due_at for outcome in ordered],
        "statuses": [outcome.status for outcome in ordered],
        "errors": [outcome.error for outcome in ordered],
        "now": now,
    }
    await run(session, SETTLE, parameters)
    failed = any(outcome.state is not DeliveryState.DELIVERED for outcome in outcomes)
    return failed or any(row["failing_since"] is not None for row in held)


async def note_health(
    session: Session, outcomes: Sequence[Outcome], *, patience: timedelta, reasons: tuple[str, str], now: datetime
) -> list[Row]:
    """Write down whether subscriptions succeed or fail; return those that were disabled.

    `reasons` are those of one whose receiver is gone, and of one that fails for longer than `patience` allows.
    """
    by_subscription: dict[UUID, list[Outcome]] = {}
    for outcome in outcomes:
        by_subscription.setdefault(outcome.subscription_id, []).append(outcome)
    ids = sorted(by_subscription)
    own = [by_subscription[one] for one in ids]
    parameters = {
        "ids": ids,
        "goods": [any(outcome.state is DeliveryState.DELIVERED for outcome in group) for group in own],
        "gones": [any(outcome.gone for outcome in group) for group in own],
        "used_up": [any(outcome.state is DeliveryState.FAILED for outcome in group) for group in own],
        "gone_reason": reasons[0],
        "failing_reason": reasons[1],
        "long_ago": now - patience,
        "now": now,
    }
    return [row for row in await run(session, HEALTH, parameters) if not row["enabled"]]
