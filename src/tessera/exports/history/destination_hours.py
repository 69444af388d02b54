"""How runs fared by connection profile, hour by hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tessera.exports.profile_calls import PROFILE_FAULTS
from tessera.exports.store import history as store
from tessera.platform.actors import Actor
from tessera.platform.assets import list_targets
from tessera.platform.db import Session

HOURS = 24


@dataclass(frozen=True, slots=True)
class HourCount:
    """How many runs passed and failed in one hour."""

    passed: int = 0
    failed: int = 0


async def list_run_hours(
    session: Session, actor: Actor, chain_id: UUID, *, now: datetime
) -> Mapping[UUID, Mapping[int, HourCount]]:
    """Return, by profile and by the full hours since then, how the runs of the last day ended that called it."""
    actor.require("exports:read")
    if not actor.sees(chain_id):
        return {}
    since = now - timedelta(hours=HOURS)
    rows = await store.list_hours(session, chain_id, since=since, now=now, faults=sorted(PROFILE_FAULTS))
    templates = list({row["template_id"] for row in rows if row["template_id"] is not None})
    profiles = await list_targets(session, "http_template", templates, "connection_profile")
    counts: dict[UUID, dict[int, HourCount]] = {}
    for row in rows:
        through = [row["profile_id"]] if row["profile_id"] else profiles.get(row["template_id"], [])
        for profile_id in through:
            hours = counts.setdefault(profile_id, {})
            known = hours.get(row["hours_ago"], HourCount())
            hours[row["hours_ago"]] = HourCount(known.passed + row["passed"], known.failed + row["failed"])
    return counts
