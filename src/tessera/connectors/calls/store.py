"""Statements on the last calls of profiles."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, fetch_rows

# The profile may have been deleted while its call was under way.
INSERT = text("""
INSERT INTO profile_calls (profile_id, chain_id, kind, passed, code, status, latency_ms, message)
SELECT id, chain_id, :kind, :passed, :code, :status, :latency_ms, :message
  FROM connection_profiles WHERE id = :profile_id
""")

FORGET = text("""
DELETE FROM profile_calls
 WHERE profile_id = :profile_id
   AND id <= (SELECT id FROM profile_calls WHERE profile_id = :profile_id ORDER BY id DESC OFFSET :kept LIMIT 1)
""")

LIST = text("SELECT * FROM profile_calls WHERE profile_id = :profile_id ORDER BY id DESC LIMIT :limit")

NEWEST = text("""
SELECT p.id AS of_profile, p.type, c.*
  FROM connection_profiles p
  LEFT JOIN LATERAL (SELECT * FROM profile_calls WHERE profile_id = p.id ORDER BY id DESC LIMIT 1) c ON true
 WHERE (cast(:chains AS uuid[]) IS NULL OR p.chain_id = ANY (:chains))
   AND (cast(:profiles AS uuid[]) IS NULL OR p.id = ANY (:profiles))
""")

# What its runs came to is on record with the runs; here are the calls that people made.
HOURS = text("""
SELECT p.id, p.label, p.type, p.enabled, newest.passed AS newest_passed, newest.at AS newest_at,
       newest.kind AS newest_kind, newest.message AS newest_message, day.passed, day.failed
  FROM connection_profiles p
  LEFT JOIN LATERAL (SELECT * FROM profile_calls WHERE profile_id = p.id ORDER BY id DESC LIMIT 1) newest ON true
  LEFT JOIN LATERAL (
    SELECT array_agg(ago) FILTER (WHERE c.passed) AS passed, array_agg(ago) FILTER (WHERE NOT c.passed) AS failed
      FROM profile_calls c,
           LATERAL cast(floor(extract(epoch FROM cast(:now AS timestamptz) - c.at) / 3600) AS integer) AS ago
     WHERE c.profile_id = p.id AND c.kind <> 'run' AND c.at > :since AND c.at <= :now) day ON true
 WHERE p.chain_id = :chain_id ORDER BY lower(p.label), p.id LIMIT :count
""")

COUNT_NEWEST = text("""
SELECT p.type, c.passed, count(*) AS number
  FROM connection_profiles p
  LEFT JOIN LATERAL (SELECT passed FROM profile_calls WHERE profile_id = p.id ORDER BY id DESC LIMIT 1) c ON true
 WHERE (cast(:chains AS uuid[]) IS NULL OR p.chain_id = ANY (:chains))
 GROUP BY p.type, c.passed
""")


async def insert_call(session: Session, profile_id: UUID, call: Mapping[str, Any], *, kept: int) -> None:
    """Write a call down and delete all but the newest `kept` of its profile."""
    await session.execute(INSERT, {"profile_id": profile_id, **call})
    await session.execute(FORGET, {"profile_id": profile_id, "kept": kept})


async def list_calls(session: Session, profile_id: UUID, *, limit: int) -> list[Row]:
    """Return the profile's calls, newest first."""
    return await fetch_rows(session, LIST, {"profile_id": profile_id, "limit": limit})


async def list_newest_calls(
    session: Session, *, chains: Iterable[UUID] | None, profiles: Sequence[UUID] | None
) -> list[Row]:
    """Return every profile with its newest call, whose columns are null where there is none."""
    parameters = {"chains": None if chains is None else list(chains), "profiles": profiles and list(profiles)}
    return await fetch_rows(session, NEWEST, parameters)


async def list_hours(session: Session, chain_id: UUID, *, since: datetime, now: datetime, count: int) -> list[Row]:
    """Return the chain's profiles, each with its newest call and how many hours ago tests passed and failed."""
    return await fetch_rows(session, HOURS, {"chain_id": chain_id, "since": since, "now": now, "count": count})


async def count_newest_calls(session: Session, *, chains: Iterable[UUID] | None) -> list[Row]:
    """Return how many profiles of each type there are, by what came of their newest call."""
    return await fetch_rows(session, COUNT_NEWEST, {"chains": None if chains is None else list(chains)})
