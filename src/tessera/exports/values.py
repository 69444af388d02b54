"""Definitions as values."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType


@dataclass(frozen=True, slots=True)
class Definition:
    """What leaves and where to. `rows_per_request` and `concurrency` None take the template's and the profile's."""

    id: UUID
    chain_id: UUID
    label: str
    internal_name: str
    description: str
    query_id: UUID
    query_label: str
    template_id: UUID
    template_label: str
    rows_per_request: int | None
    concurrency: int | None
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
    """What a caller gives to make a definition. Without an internal name one is derived from the label."""

    label: str
    query_id: UUID
    template_id: UUID
    internal_name: str | None = None
    description: str = ""
    rows_per_request: int | None = None
    concurrency: int | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """What changes; UNSET leaves a thing as it is. `version` is the one that the caller saw, None for any."""

    label: str | UnsetType = UNSET
    internal_name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    query_id: UUID | UnsetType = UNSET
    template_id: UUID | UnsetType = UNSET
    rows_per_request: int | UnsetType | None = UNSET
    concurrency: int | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    version: int | None = None
