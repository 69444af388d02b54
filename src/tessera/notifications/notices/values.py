"""What goes in and out of notices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from tessera.notifications.contract import Signal

MOST_REASONS = 5
# What news of a good state says; every other state is a phrase that follows "it", such as "failed".
GOOD = "good"
OUTCOME = "outcome"


class NoticeList(StrEnum):
    """What a target may want: bad news, good news, passed thresholds."""

    ERROR = "error"
    SUCCESS = "success"
    THRESHOLDS = "thresholds"


@dataclass(frozen=True, slots=True)
class News:
    """A kind of news. The room that sends it declares its own, or uses those of `RUN_NEWS`.

    `status` is what a title says of the subject. `state` is what the news says of it: bad news that repeats the last
    state goes to no error list again; None says nothing of it. Good news after bad goes to the lists in `recovers`.
    """

    name: str
    status: str
    lists: frozenset[NoticeList] = frozenset()
    state: str | None = None
    recovers: frozenset[NoticeList] = frozenset()
    signal: Signal | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What the news is about; `noun` is what people call its kind, such as Export."""

    kind: str
    id: UUID
    label: str
    noun: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that people may want to know. It never holds members' data or secrets.

    Of notices with the same `key` in a chain only the first is sent; at most one a day is a key with the day in it.
    `path` is below the deployment's public URL. `topic` separates states of one subject: the outcome of its runs, and
    each of its thresholds. `signal_id` joins the start and the end of one run.
    """

    chain_id: UUID
    subject: Subject
    news: News
    key: str
    happened_at: datetime
    paragraphs: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    reasons: Sequence[tuple[str, int]] = ()
    path: str | None = None
    topic: str = OUTCOME
    signal_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PriorState:
    """What was announced last of a subject: since when, and in how many news in a row."""

    state: str
    since: datetime
    count: int


class MailList(Struct, frozen=True, omit_defaults=True):
    """One of the two toggles with its addresses."""

    enabled: bool = False
    addresses: tuple[str, ...] = ()


class NoticeTarget(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A further receiver: its channel, the lists that it gets, plain settings, and secrets sealed."""

    id: UUID
    label: str
    channel: str
    enabled: bool = True
    lists: tuple[NoticeList, ...] = ()
    settings: Mapping[str, str] = {}
    secrets: Mapping[str, str] = {}


class NoticeRules(Struct, frozen=True, omit_defaults=True):
    """Who gets which news of one subject: the document that the room above stores with it."""

    error: MailList = MailList()
    success: MailList = MailList()
    targets: tuple[NoticeTarget, ...] = ()

    @classmethod
    def parse(cls, document: Mapping[str, Any] | None) -> "NoticeRules":
        """Return stored rules; without any, nobody is notified."""
        return msgspec.convert(document or {}, cls)

    def dump(self) -> dict[str, Any]:
        """Return the rules as they are stored: a JSON document with sealed secrets."""
        return dict(msgspec.to_builtins(self))


@dataclass(frozen=True, slots=True)
class CheckedRules:
    """Rules ready to be stored. `drawn` holds the secrets that were made just now, by target: shown this once."""

    rules: NoticeRules
    drawn: Mapping[UUID, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoticeFilter:
    """Which notices are wanted; None is any."""

    chain_id: UUID | None = None
    subject_id: UUID | None = None
    news: str | None = None


class NoticeState(StrEnum):
    """The state of one notice to one receiver; a waiting one needs a mail server."""

    WAITING = "waiting"
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NoticeDelivery:
    """One notice on its way to one receiver, which is named without its secrets."""

    id: UUID
    channel: str
    recipient: str
    state: NoticeState
    attempts: int
    due_at: datetime | None
    last_status: int | None
    last_error: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptNotice:
    """A notice that was sent, and to whom."""

    id: UUID
    chain_id: UUID
    key: str
    news: str
    subject_kind: str
    subject_id: UUID
    subject_label: str
    title: str
    facts: Sequence[tuple[str, str]]
    reasons: Sequence[tuple[str, int]]
    link: str | None
    happened_at: datetime
    created_at: datetime
    deliveries: Sequence[NoticeDelivery]
