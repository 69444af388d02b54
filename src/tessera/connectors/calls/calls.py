"""The last calls of a profile: what came of its tests and runs, and what that says of its health."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from tessera.connectors.calls import store
from tessera.connectors.profiles import find_row
from tessera.platform.actors import Actor
from tessera.platform.db import Session

KEPT = 50
LONGEST_MESSAGE = 500


class CallKind(StrEnum):
    """What called."""

    TEST = "test"
    SEND_TEST = "send_test"
    RUN = "run"


class Health(StrEnum):
    """What a profile's newest call says of it."""

    FINE = "fine"
    NEEDS_YOU = "needs_you"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NewCall:
    """What came of a test or a run. The message holds no secret: its writer has masked it."""

    kind: CallKind
    passed: bool
    message: str
    code: str | None = None
    status: int | None = None
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class ProfileCall:
    """One of a profile's last calls."""

    id: int
    profile_id: UUID
    at: datetime
    kind: CallKind
    passed: bool
    code: str | None
    status: int | None
    latency_ms: float | None
    message: str


@dataclass(frozen=True, slots=True)
class ProfileHealth:
    """How a profile is, and the newest call, which says why; None where nothing called yet."""

    health: Health
    call: ProfileCall | None


@dataclass(frozen=True, slots=True)
class ProfileDay:
    """A profile's last 24 hours: the full hours that have passed since each test that passed or failed.

    `health`, `at`, `kind` and `message` are those of its newest call.
    """

    profile_id: UUID
    label: str
    type: str
    enabled: bool
    health: Health
    at: datetime | None
    kind: CallKind | None
    message: str
    passed: Sequence[int]
    failed: Sequence[int]


async def list_profile_days(
    session: Session, actor: Actor, chain_id: UUID, *, now: datetime, count: int = 100
) -> list[ProfileDay]:
    """Return how the chain's profiles are, and their tests of the last 24 hours, by label."""
    actor.require("connection-profiles:read")
    if not actor.sees(chain_id):
        return []
    rows = await store.list_hours(session, chain_id, since=now - timedelta(hours=24), now=now, count=count)
    return [
        ProfileDay(
            row["id"],
            row["label"],
            row["type"],
            row["enabled"],
            health_of(row["newest_passed"]),
            row["newest_at"],
            None if row["newest_kind"] is None else CallKind(row["newest_kind"]),
            row["newest_message"] or "",
            row["passed"] or (),
            row["failed"] or (),
        )
        for row in rows
    ]


async def record_call(session: Session, profile_id: UUID, call: NewCall) -> None:
    """Keep a call among the newest of its profile; do nothing if the profile is gone."""
    # A receiver's own words may hold the one character that the database's texts cannot.
    message = call.message.replace("\x00", "\ufffd")[:LONGEST_MESSAGE]
    await store.insert_call(session, profile_id, {**asdict(call), "message": message}, kept=KEPT)


async def list_calls(session: Session, actor: Actor, chain_id: UUID, id_or_name: UUID | str) -> Sequence[ProfileCall]:
    """Return the last calls of the chain's profile, newest first."""
    actor.require("connection-profiles:read")
    profile = await find_row(session, actor, chain_id, id_or_name)
    return [make_call(row) for row in await store.list_calls(session, profile["id"], limit=KEPT)]


async def profile_health(
    session: Session, actor: Actor, *, chain_id: UUID | None = None, profile_ids: Iterable[UUID] | None = None
) -> Mapping[UUID, ProfileHealth]:
    """Return how each profile is: of one chain or of all that the actor sees, of these profiles only where named."""
    actor.require("connection-profiles:read")
    profiles = None if profile_ids is None else list(profile_ids)
    rows = await store.list_newest_calls(session, chains=actor.reach(chain_id), profiles=profiles)
    return {
        row["of_profile"]: ProfileHealth(health_of(row["passed"]), None if row["id"] is None else make_call(row))
        for row in rows
    }


async def health_by_type(
    session: Session, actor: Actor, *, chain_id: UUID | None = None
) -> Mapping[str, Mapping[Health, int]]:
    """Return how many profiles of each connector type are how; a type without profiles is left out."""
    actor.require("connection-profiles:read")
    counts: dict[str, dict[Health, int]] = {}
    for row in await store.count_newest_calls(session, chains=actor.reach(chain_id)):
        counts.setdefault(row["type"], dict.fromkeys(Health, 0))[health_of(row["passed"])] = row["number"]
    return counts


def health_of(passed: bool | None) -> Health:
    """Return what the newest call says; None is none."""
    if passed is None:
        return Health.UNKNOWN
    return Health.FINE if passed else Health.NEEDS_YOU


def make_call(row: Mapping[str, Any]) -> ProfileCall:
    """Turn a stored row into the value that others see."""
    values = {each.name: row[each.name] for each in fields(ProfileCall)}
    return ProfileCall(**{**values, "kind": CallKind(row["kind"])})
