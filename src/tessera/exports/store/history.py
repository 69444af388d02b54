"""Statements that look back over many runs, each answered by the end of an index."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, fetch_rows

# ruff: noqa: S608 - what is put together here are constants
# Without the snapshot: lists of many runs do not read what each of them worked from.
RUNS = """
SELECT r.id, r.definition_id, d.label AS definition_label, r.state, r.trigger, r.started_by, r.created_at,
       r.scheduled_for, r.started_at, r.held_at, r.finished_at, r.selected, r.sent + coalesce(s.sent, 0) AS sent,
       r.unchanged, r.failed + coalesce(s.failed, 0) AS failed, r.skipped, r.error, r.findings
  FROM runs r JOIN export_definitions d ON d.id = r.definition_id
  LEFT JOIN LATERAL (
    SELECT cast(sum(sent) AS bigint) AS sent, cast(sum(failed) AS bigint) AS failed
      FROM run_shards WHERE run_id = r.id AND r.finished_at IS NULL) AS s ON true
"""

OF_DEFINITION = text(f"""{RUNS}
 WHERE r.definition_id = :definition_id AND (cast(:chains AS uuid[]) IS NULL OR r.chain_id = ANY (:chains))
   AND r.created_at < coalesce(cast(:before AS timestamptz), 'infinity')
 ORDER BY r.created_at DESC LIMIT :count
""")
OF_CHAIN = text(f"""{RUNS}
 WHERE r.chain_id = :chain_id ORDER BY r.created_at DESC, r.id DESC LIMIT :count
""")
ACTIVE = text(f"""{RUNS}
 WHERE r.chain_id = :chain_id AND r.state IN ('pending', 'running', 'held')
 ORDER BY r.created_at LIMIT :count
""")
# What ended since then, however it did, says how the export is now.
ENDED_BADLY = text(f"""{RUNS}
 WHERE r.chain_id = :chain_id AND r.state IN ('failed', 'completed_with_errors')
   AND NOT EXISTS (SELECT 1 FROM runs later
                    WHERE later.definition_id = r.definition_id AND later.created_at > r.created_at
                      AND later.finished_at IS NOT NULL)
 ORDER BY r.created_at DESC LIMIT :count
""")

# A run says something of its destination if a request went out, or if it failed for the profile's sake.
HOURS = text("""
SELECT d.template_id, d.profile_id,
       cast(floor(date_part('epoch', cast(:now AS timestamptz) - r.finished_at) / 3600) AS integer) AS hours_ago,
       count(*) FILTER (WHERE r.state <> 'failed' AND (r.sent > 0 OR r.failed = 0)) AS passed,
       count(*) FILTER (WHERE r.state = 'failed' OR (r.sent = 0 AND r.failed > 0)) AS failed
  FROM runs r JOIN export_definitions d ON d.id = r.definition_id
 WHERE r.chain_id = :chain_id AND r.created_at > :since AND r.finished_at > :since AND r.finished_at <= :now
   AND (r.state IN ('completed', 'completed_with_errors') AND r.requests > 0
        OR r.state = 'failed' AND (r.error_code = ANY (:faults) OR r.error_code LIKE 'oauth!_%' ESCAPE '!'))
 GROUP BY 1, 2, 3
""")


async def list_runs_of(
    session: Session, definition_id: UUID, *, chains: Sequence[UUID] | None, before: datetime | None, count: int
) -> list[Row]:
    """Return the definition's latest runs before then, newest first."""
    scope = {"definition_id": definition_id, "chains": chains, "before": before, "count": count}
    return await fetch_rows(session, OF_DEFINITION, scope)


async def list_latest(session: Session, chain_id: UUID, *, count: int) -> list[Row]:
    """Return the chain's latest runs, newest first."""
    return await fetch_rows(session, OF_CHAIN, {"chain_id": chain_id, "count": count})


async def list_active(session: Session, chain_id: UUID, *, count: int) -> list[Row]:
    """Return the chain's runs that are not over, oldest first."""
    return await fetch_rows(session, ACTIVE, {"chain_id": chain_id, "count": count})


async def list_ended_badly(session: Session, chain_id: UUID, *, count: int) -> list[Row]:
    """Return the runs that ended badly and after which their definitions have ended none, newest first."""
    return await fetch_rows(session, ENDED_BADLY, {"chain_id": chain_id, "count": count})


async def list_hours(
    session: Session, chain_id: UUID, *, since: datetime, now: datetime, faults: Sequence[str]
) -> list[Row]:
    """Return how many runs passed and failed, by template or profile and the hours that have passed since."""
    scope: dict[str, Any] = {"chain_id": chain_id, "since": since, "now": now, "faults": list(faults)}
    return await fetch_rows(session, HOURS, scope)
