"""HTTP templates: a profile, a query and the shape of a request; what one is, finding it, listing them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.connectors import READY, label_profiles
from tessera.outbound.errors import TemplateIncompleteError
from tessera.outbound.header_seals import HeaderSeals, hide_headers, open_shape
from tessera.outbound.rendering import TemplateShape, find_columns, read_shape
from tessera.outbound.store import templates as store
from tessera.platform.actors import Actor
from tessera.platform.assets import find_asset, list_assets, list_labels, list_versions
from tessera.platform.db import Session
from tessera.platform.paging import Page
from tessera.platform.secrets import KeyRing
from tessera.queries import Column, label_queries

OUTBOUND_API = "outbound_api"
INCOMPLETE = "incomplete"
TEMPLATE_TYPES = {OUTBOUND_API: "Outbound API"}


@dataclass(frozen=True, slots=True)
class Template:
    """The shape of a request, joined to a query and a profile, which a draft may lack.

    In the shape the values of secret headers are masked.
    """

    id: UUID
    chain_id: UUID
    template_type: str
    label: str
    internal_name: str
    query_id: UUID | None
    query_label: str | None
    profile_id: UUID | None
    profile_label: str | None
    shape: TemplateShape
    state: str
    version: int
    used_by: int
    created_at: datetime
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: datetime
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None

    @property
    def ready(self) -> bool:
        """Whether it is complete, so that it can be selected and used."""
        return self.state == READY


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """What makes a template. Query and profile are given by id or internal name; only a draft may lack some of it."""

    label: str
    query: UUID | str | None = None
    profile: UUID | str | None = None
    shape: TemplateShape | None = None
    internal_name: str | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """What changes; None leaves a thing as it is. `version` is the one the caller saw.

    A draft stays one with `draft`, whatever it lacks; without, it has to be complete now. A secret header whose value
    is the mask keeps the value it has.
    """

    label: str | None = None
    internal_name: str | None = None
    query: UUID | str | None = None
    profile: UUID | str | None = None
    shape: TemplateShape | None = None
    version: int | None = None
    template_type: str | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class TemplateFilter:
    """Which templates to list: of one chain or all, ready ones or all, with a text in label or internal name."""

    chain_id: UUID | None = None
    profile_id: UUID | None = None
    query_id: UUID | None = None
    ready: bool = False
    search: str = ""
    sort: str = "label"


async def get_template(session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str) -> Template:
    """Return the template with that id or internal name, of one chain or of all that the actor sees."""
    actor.require("http-templates:read")
    row = await find_row(session, actor, chain_id, id_or_name)
    return (await make_templates(session, [row]))[0]


async def get_usable_template(session: Session, actor: Actor, chain_id: UUID, template_id: UUID) -> Template:
    """Return the chain's template, and refuse a draft."""
    template = await get_template(session, actor, chain_id, template_id)
    if not template.ready:
        raise TemplateIncompleteError(f"The template {template.label} is incomplete. Fill it in first.")
    return template


async def list_templates(
    session: Session, actor: Actor, wanted: TemplateFilter | None = None, *, number: int = 1, size: int = 50
) -> Page[Template]:
    """Return a page of the templates that the actor sees."""
    actor.require("http-templates:read")
    wanted = wanted or TemplateFilter()
    parameters = {
        "chains": actor.reach(wanted.chain_id),
        "profile_id": wanted.profile_id,
        "query_id": wanted.query_id,
        "state": READY if wanted.ready else None,
        "search": wanted.search,
    }
    page = await list_assets(session, store.TEMPLATES, parameters, sort=wanted.sort, number=number, size=size)
    return Page(await make_templates(session, page.items), page.total, number, size)


async def list_template_versions(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return the versions of templates that the caller's own assets refer to."""
    return await list_versions(session, store.TEMPLATES, ids)


async def label_templates(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Return the labels of templates that the caller's own assets refer to."""
    return await list_labels(session, store.TEMPLATES, ids)


async def missing_columns(
    session: Session, actor: Actor, template: Template, columns: Sequence[Column], *, keys: KeyRing
) -> tuple[str, ...]:
    """Return the columns that the template uses, in secret headers too, and the query does not have."""
    actor.require("http-templates:read")
    row = await find_row(session, actor, template.chain_id, template.id)
    shape = open_shape(None, row["shape"], HeaderSeals(row["chain_id"], keys))
    return tuple(sorted(find_columns(shape) - {column.name for column in columns}))


async def get_stored_shape(session: Session, actor: Actor, template: Template) -> Mapping[str, Any]:
    """Return the shape as it is stored, secret headers sealed, for a run to keep."""
    actor.require("http-templates:read")
    shape: Mapping[str, Any] = (await find_row(session, actor, template.chain_id, template.id))["shape"]
    return shape


async def find_row(session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str) -> Mapping[str, Any]:
    """Return the stored template."""
    return await find_asset(session, store.TEMPLATES, actor.reach(chain_id), id_or_name)


async def make_templates(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[Template]:
    """Turn stored rows into the values that others see, with the labels of query and profile."""
    query_labels = await label_queries(session, [row["query_id"] for row in rows if row["query_id"]])
    profile_labels = await label_profiles(session, [row["profile_id"] for row in rows if row["profile_id"]])
    return [
        Template(
            **{**row, "shape": read_shape(hide_headers(row["shape"]))},
            query_label=query_labels.get(row["query_id"]),
            profile_label=profile_labels.get(row["profile_id"]),
        )
        for row in rows
    ]
