"""Inbound profiles and their messages as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

NEWEST = "-received"
SORTS = (NEWEST, "received", "state", "-state")


class MessageState(StrEnum):
    """The outcome of a message."""

    WAITING = "waiting"
    REGISTERED = "registered"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    IGNORED = "ignored"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class OpenInbound:
    """A profile whose token was shown: messages may come in. Switched off it takes none for the time being."""

    id: UUID
    chain_id: UUID
    type: str
    label: str
    internal_name: str
    open: bool
    settings: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message without its body. `duplicates` counts how often it came again; `kept` says that the body is there."""

    id: UUID
    chain_id: UUID
    profile_id: UUID
    type: str
    name: str | None
    state: MessageState
    reason: str | None
    detail: str | None
    account_id: UUID | None
    duplicates: int
    size: int
    sent_at: datetime | None
    received_at: datetime
    settled_at: datetime | None
    kept: bool

    @property
    def replayable(self) -> bool:
        """Whether it can be applied again."""
        return self.kept and self.state in (MessageState.REJECTED, MessageState.IGNORED)


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """Which messages to list: `search` looks at the sender's id, the type and the reason; `sort` is one of `SORTS`."""

    state: MessageState | None = None
    search: str = ""
    sort: str = NEWEST
    number: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class InboundDay:
    """A day's counts, in UTC; `reasons` are those of what was rejected or ignored."""

    day: date
    received: int
    duplicates: int
    states: Mapping[MessageState, int]
    reasons: Mapping[str, int]
    longest_lag: timedelta | None


@dataclass(frozen=True, slots=True)
class Inbound:
    """The facts of an inbound profile that are not typed in."""

    endpoint: str
    token_made_at: datetime | None
    token_made_by: str | None
    former_token_until: datetime | None
    last_message_at: datetime | None
    days: Sequence[InboundDay]

    def count(self, state: MessageState) -> int:
        """Return how many messages of these days are in the state."""
        return sum(day.states.get(state, 0) for day in self.days)

    @property
    def received(self) -> int:
        """How many messages came in these days."""
        return sum(day.received for day in self.days)

    @property
    def duplicates(self) -> int:
        """How often messages of these days came again."""
        return sum(day.duplicates for day in self.days)
