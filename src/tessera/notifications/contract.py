"""What a channel is written with: how notifications leave, and what came of sending one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tessera.platform.http import OutboundClient
from tessera.platform.kind_settings import KindSetting
from tessera.platform.settings import Settings

# A channel's send takes no longer than this: claims are made for it.
SEND_SECONDS = 15
Values = Mapping[str, str]


class Signal(StrEnum):
    """What news says to a monitor that waits for it."""

    START = "start"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A notice in words, as it is kept and sent: `paragraphs` come before the facts, `closing` comes last.

    `signal_id` joins the start and the end of one run; `link` is the whole address, None without a public URL.
    """

    news: str
    chain_id: UUID
    subject_kind: str
    subject_id: UUID
    subject_label: str
    title: str
    happened_at: datetime
    paragraphs: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    reasons: Sequence[tuple[str, int]] = ()
    closing: Sequence[str] = ()
    link: str | None = None
    signal: Signal | None = None
    signal_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """What goes to one receiver; the same `id` on every attempt. Any of the secrets may sign."""

    id: UUID
    url: str
    secrets: tuple[str, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt; `error` says why it failed, for people.

    `gone` says that the receiver wants nothing any more, `retry_after` how many seconds it wants to be left alone.
    """

    status: int | None = None
    error: str | None = None
    retry_after: float | None = None
    gone: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the receiver took it."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class Call:
    """How a channel calls a receiver over HTTP. `waits` are the seconds after each failed attempt but the last.

    `render` returns what goes out, None where the receiver is not interested; `describe` names the receiver without
    its secrets.
    """

    describe: Callable[[Values], str]
    render: Callable[[NoticeText, Values, UUID], Notification | None]
    send: Callable[[OutboundClient, Notification, datetime], Awaitable[Answer]]
    waits: Sequence[int]


@dataclass(frozen=True, slots=True)
class Mail:
    """A channel that sends mail: `addresses` are its readers."""

    addresses: Callable[[Values], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Subscribable:
    """A channel to which events can be sent. `check_url` returns the address as it is stored, or raises."""

    check_url: Callable[[str, Settings], str]
    make_secret: Callable[[], str]
    send: Callable[[OutboundClient, Notification, datetime], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Channel:
    """A way by which notifications leave: its settings, what it can do, and how.

    One that `hears_signals` gets the start and the end of every run, in order; the others get the news of their lists.
    A setting in `drawn` that is left out is made by Tessera and shown once.
    """

    key: str
    label: str
    text: str
    settings: tuple[KindSetting, ...]
    way: Call | Mail
    events: Subscribable | None = None
    hears_signals: bool = False
    drawn: Mapping[str, Callable[[], str]] | None = None
