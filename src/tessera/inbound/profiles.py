"""Inbound profiles: their facts, and a new token."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tessera.connectors import KIND, PROFILE_UPDATED, find_row, hold_profile
from tessera.connectors.contract import Issuing, get_connector
from tessera.inbound.errors import NotInboundError
from tessera.inbound.sources import Messages, get_source
from tessera.inbound.store import messages as store
from tessera.inbound.store import tokens as token_store
from tessera.inbound.tokens import issue_token, retire_tokens
from tessera.inbound.values import Inbound, InboundDay, MessageState
from tessera.platform.actors import Actor
from tessera.platform.assets import record_change
from tessera.platform.db import Row, Session
from tessera.platform.secrets import MASK, KeyRing

DAYS = 7


async def describe_inbound(session: Session, actor: Actor, profile_id: UUID, *, now: datetime) -> Inbound:
    """Return the facts of an inbound profile: endpoint, token, last message, and the counts of the last seven days."""
    actor.require("connection-profiles:read")
    profile = await find_inbound_row(session, actor, profile_id)
    tokens = await token_store.list_tokens(session, profile_id)
    current = next((row for row in tokens if row["expires_at"] is None), None)
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    return Inbound(
        endpoint=f"{get_source(profile['type']).endpoint}{profile['internal_name']}",
        token_made_at=current["created_at"] if current else None,
        token_made_by=current["created_by"] if current else None,
        former_token_until=next(
            (row["expires_at"] for row in tokens if row["expires_at"] and row["expires_at"] > now), None
        ),
        last_message_at=await store.find_last_moment(session, profile_id),
        days=group_days(await store.count_days(session, profile_id, since=since)),
    )


async def rotate_inbound_token(
    session: Session, actor: Actor, keys: KeyRing, profile_id: UUID, *, now: datetime
) -> str:
    """Make a new token and return its text, this once. The one before opens for 24 hours more; older ones no longer."""
    actor.require("connection-profiles:write")
    profile = await find_inbound_row(session, actor, profile_id, hold=True)
    await retire_tokens(session, profile_id, now=now)
    text = await issue_token(session, keys, Issuing(profile["chain_id"], profile_id, actor, now))
    values = ({"token": MASK}, {"token": MASK})
    await record_change(
        session, actor, profile, kind=KIND, event=PROFILE_UPDATED, action="token_rotated", values=values
    )
    return text


async def find_inbound_row(
    session: Session, actor: Actor, profile_id: UUID, *, chain_id: UUID | None = None, hold: bool = False
) -> Mapping[str, Any]:
    """Return the inbound profile among those of the actor's chains, or of the one chain."""
    if hold:  # of two rotations at once each retires the other's token
        await hold_profile(session, profile_id)
    row = await find_row(session, actor, chain_id, profile_id)
    if not get_connector(row["type"]).find(Messages):
        raise NotInboundError(f"Nothing comes in through the connection profile {row['label']}: it only sends.")
    return row


def group_days(rows: Sequence[Row]) -> list[InboundDay]:
    """Return counts by day, newest first."""
    days: dict[Any, list[Row]] = {}
    for row in rows:
        days.setdefault(row["day"], []).append(row)
    return [make_day(day, counted) for day, counted in days.items()]


def make_day(day: Any, rows: Sequence[Row]) -> InboundDay:
    """Return one day's counts."""
    states: dict[MessageState, int] = {}
    reasons: dict[str, int] = {}
    for row in rows:
        state = MessageState(row["state"])
        states[state] = states.get(state, 0) + row["count"]
        if row["reason"] is not None:
            reasons[row["reason"]] = reasons.get(row["reason"], 0) + row["count"]
    return InboundDay(
        day=day,
        received=sum(states.values()),
        duplicates=sum(int(row["duplicates"]) for row in rows),
        states=states,
        reasons=reasons,
        longest_lag=max((row["longest_lag"] for row in rows if row["longest_lag"] is not None), default=None),
    )
