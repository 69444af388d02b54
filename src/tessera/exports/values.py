"""Definitions as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType

from tessera.exports.gates import Gates
from tessera.exports.member_filters import MemberFilter
from tessera.exports.states import FirstRun, RunQueue
from tessera.notifications import NoticeRules
from tessera.platform.actors import ActorKind


class Period(StrEnum):
    """The reporting period of a run, `:from` to `:to`: from the last good run on, or the last whole one."""

    SINCE_LAST_SUCCESS = "since_last_success"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Changes:
    """Only rows that were added or changed since they were last accepted are sent.

    With `removals`, rows that left the selection are sent too: their key columns, and null in the others. A row that
    was refused `most_refusals` times in a row is parked: skipped until it changes.
    """

    first_run: FirstRun = FirstRun.SEND
    removals: bool = False
    most_refusals: int = 3


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows a definition selects: of its query or, with a filter, of the members; changes only, or all.

    Parameters are those of the query; the period is what it knows as `:from` and `:to`.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    period: Period | None = None
    changes: Changes | None = None
    filter: MemberFilter | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What about a run is worth a notice although it ended well; None is no bound.

    `refused_percent` is the share of the rows that were to be sent.
    """

    refused_percent: int | None = None
    seconds: int | None = None
    least_rows: int | None = None
    most_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """The user or API key with whose rights a definition runs."""

    kind: ActorKind
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Definition:
    """What leaves and where to: through a template, or through a profile directly.

    `settings` are those that its kind declares for the destination.
    """

    id: UUID
    chain_id: UUID
    label: str
    internal_name: str
    description: str
    kind: str
    query_id: UUID | None
    query_label: str | None
    template_id: UUID | None
    template_label: str | None
    profile_id: UUID | None
    profile_label: str | None
    settings: Mapping[str, Any]
    selection: Selection
    gates: Gates
    thresholds: Thresholds
    notices: NoticeRules
    queue: RunQueue
    shards: int
    owner: Owner | None
    enabled: bool
    version: int
    created_at: datetime
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: datetime
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None


@dataclass(frozen=True, slots=True)
class NewDefinition:
    """What a caller gives to make a definition: rows of a query, or members by a filter in the selection.

    Without an internal name one is derived from the label.

    Without an owner, the user or API key that makes it is the owner.
    """

    label: str
    query_id: UUID | None = None
    template_id: UUID | None = None
    profile_id: UUID | None = None
    kind: str = "requests"
    internal_name: str | None = None
    description: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)
    gates: Gates = field(default_factory=Gates)
    thresholds: Thresholds = field(default_factory=Thresholds)
    queue: RunQueue = RunQueue.NORMAL
    shards: int = 1
    owner: Owner | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """What changes; UNSET leaves a thing as it is. `version` is the one that the caller saw, None for any.

    Of the settings, those that are not named stay.
    """

    label: str | UnsetType = UNSET
    internal_name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    query_id: UUID | UnsetType | None = UNSET
    template_id: UUID | UnsetType | None = UNSET
    profile_id: UUID | UnsetType | None = UNSET
    settings: Mapping[str, Any] | UnsetType = UNSET
    selection: Selection | UnsetType = UNSET
    gates: Gates | UnsetType = UNSET
    thresholds: Thresholds | UnsetType = UNSET
    queue: RunQueue | UnsetType = UNSET
    shards: int | UnsetType = UNSET
    owner: Owner | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    version: int | None = None


@dataclass(frozen=True, slots=True)
class DefinitionFilter:
    """Which definitions to list, in one of the orders of `store.DEFINITIONS`; None is any.

    `lone` are those without a connection profile of their own. `last_state` is that of the last run, `never` before the
    first.
    """

    kind: str | None = None
    lone: bool | None = None
    profiles: Sequence[UUID] | None = None
    enabled: bool | None = None
    last_state: str | None = None
    sort: str = "label"
