"""What an export kind is written against: the definition that it checks, and the shard of a run that it delivers."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from tessera.connectors.contract import Property
from tessera.exports.results import RunResult
from tessera.platform.actors import Actor
from tessera.platform.assets import Target
from tessera.platform.db import Session
from tessera.platform.http import OutboundClient
from tessera.platform.paces import Paces
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.queries import Column, Query

T = TypeVar("T")


class HeldLease(Protocol):
    """The worker's hold on a shard, as its kind sees it: what says that the run should end early."""

    @property
    def ending(self) -> "asyncio.Future[RunResult]":
        """How the run should end; not done as long as it goes on."""
        ...

    def when_ending(self, act: Callable[[RunResult], None]) -> None:
        """Call `act` when the run should end early; at once if that is so already."""
        ...

    async def unless_ended(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Return what the work returns, or None when it was broken off because the run should end."""
        ...


# As many as one request carries at most.
MOST_PREVIEWED = 1000


@dataclass(frozen=True, slots=True)
class Checking:
    """A definition that is about to be saved or run, for its kind to check.

    `columns` are those of a row: the query's, and what the selection adds to them.
    """

    session: Session
    actor: Actor
    chain_id: UUID
    template_id: UUID | None
    profile_id: UUID | None
    settings: Mapping[str, Any]
    query: Query
    columns: Sequence[Column]
    keys: KeyRing
    shards: int = 1


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a definition leads: its settings, complete, and what it refers to beside its query.

    `document` is plain JSON, kept with a run, and read by the kind alone. The profile is that through which all goes.
    `rows_per_request` is how many rows a request carries at most, None where there are no requests.
    """

    settings: Mapping[str, Any]
    targets: Sequence[Target]
    document: Mapping[str, Any]
    profile_id: UUID | None = None
    profile: str | None = None
    profile_version: int | None = None
    rows_per_request: int | None = None


@dataclass(frozen=True, slots=True)
class FirstRows:
    """The rows with which a run of the definition would begin now, as a run reads them.

    Of a definition that is not stored yet, `definition_id` is any.
    """

    rows: Sequence[Sequence[Any]]
    definition_id: UUID
    definition: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KindPreview:
    """What would leave first: a request, or the head of a file, with secrets masked.

    `title` is method and address, or the file's name; `size` counts all bytes of the text, which may be cut. `rows` is
    how many rows the text holds. `failures` say of rows, by their number, why they would not leave.
    """

    title: str | None
    text: str | None = None
    headers: Sequence[tuple[str, str]] = ()
    rows: int = 0
    size: int = 0
    failures: Sequence[tuple[int, str, str]] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a worker needs but the profile's secrets, which it opens each time.

    `personal` says that the query reads what describes members.
    """

    definition: str
    definition_version: int
    kind: str
    query: Query
    personal: bool
    destination: Mapping[str, Any]
    selection: Mapping[str, Any] = field(default_factory=dict)
    gates: Mapping[str, Any] = field(default_factory=dict)
    shards: int = 1
    profile_id: UUID | None = None
    profile: str | None = None
    profile_version: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimedShard:
    """A shard of a run that this worker holds, with what it needs to know of the run.

    `epoch` rises with every claim: a write with an older one is void. `selected` and `last_row` are None until the
    selection is written down. `doubted_before` is the database's time of the claim: attempts begun before it, and
    without an outcome, may have been sent by another worker. `ending` says that the run should end early already.
    """

    run_id: UUID
    created_at: datetime
    chain_id: UUID
    definition_id: UUID
    shard: int
    shards: int
    epoch: int
    first_row: int
    last_row: int | None
    planned_row: int
    started_at: datetime
    scheduled_for: datetime | None
    period_from: datetime | None
    period_to: datetime | None
    full_refresh: bool
    doubted_before: datetime
    selected: int | None
    trigger: str
    parent_id: UUID | None
    resent: Mapping[str, Any] | None
    ending: RunResult | None
    snapshot: Snapshot

    @property
    def keeps_states(self) -> bool:
        """Whether it is noted how each row was last accepted or refused."""
        return self.snapshot.selection.get("changes") is not None


class Lease(Protocol):
    """The right to work on a shard, as far as its kind has to know of it."""

    def when_ending(self, act: Callable[[RunResult], None]) -> None:
        """Let the kind know when the run ends before its last row."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shard on its way: what its kind delivers, and what it needs for it."""

    claim: ClaimedShard
    lease: HeldLease
    resources: Resources
    client: OutboundClient
    paces: Paces
    actor: Actor


@dataclass(frozen=True, slots=True)
class LoneDestination:
    """The destination of definitions without a connection profile: that of a template, or this deployment itself."""

    key: str
    label: str
    by_template: bool = False


@dataclass(frozen=True, slots=True)
class ExportKind:
    """A way in which runs leave.

    `list_properties` returns the settings of a definition that leads through a profile of a connector type, None for a
    definition without a profile; it refuses types that are of no use to the kind. `lone` is where the latter leads.
    `check` refuses what could not run. `deliver` carries a shard out, and goes on where another worker left it; it
    raises only what is to be tried again. `preview` shows what the first rows would become, by the same code as
    `deliver`; at most `MOST_PREVIEWED` rows are given. Without rows `deliver` is called only where `delivers_nothing`
    says that even then something may have to leave.
    """

    key: str
    label: str
    list_properties: Callable[[str | None], Sequence[Property]]
    check: Callable[[Checking], Awaitable[Destination]]
    deliver: Callable[[Shipment], Awaitable[RunResult]]
    lone: LoneDestination
    preview: Callable[[Checking, Destination, FirstRows], Awaitable[KindPreview]] | None = None
    preview_label: str = "First request"
    takes_shards: bool = True
    delivers_nothing: bool = False
