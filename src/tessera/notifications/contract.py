"""What a channel is written with: how notifications leave, and what came of sending one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tessera.platform.http import OutboundClient
from tessera.platform.settings import Settings

# A channel's send takes no longer than this: claims are made for it.
SEND_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Notification:
    """One event on its way to one subscription; the same `id` on every attempt. Any of the secrets may sign."""

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
class Channel:
    """A way by which notifications leave. `check_url` returns the address as it is stored, or raises what is wrong."""

    key: str
    check_url: Callable[[str, Settings], str]
    make_secret: Callable[[], str]
    send: Callable[[OutboundClient, Notification, datetime], Awaitable[Answer]]
