"""HTTP templates: a profile, a query and the shape of a request; what one is, finding it, listing them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.connectors import READY
from tessera.outbound.errors import TemplateIncompleteError, TemplateNotFoundError
from tessera.outbound.header_seals import HeaderSeals, hide_headers, open_shape
from tessera.outbound.rendering import TemplateShape, find_columns, read_shape
from tessera.outbound.store import templates as store
from tessera.platform.actors import Actor
from tessera.platform.assets import NameAmbiguousError
from tessera.platform.db import Session
from tessera.platform.paging import Page
from tessera.platform.secrets import KeyRing
from tessera.queries import Column

OUTBOUND_API = "outbound_api"
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
    return make_template(await find_row(session, actor, chain_id, id_or_name))


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
    sort = wanted.sort if wanted.sort in store.LISTS else "label"
    rows, total = await store.list_templates(
        session, narrow(actor, wanted), sort=sort, offset=(number - 1) * size, limit=size
    )
    return Page([make_template(row) for row in rows], total, number, size)


async def list_query_templates(
    session: Session, actor: Actor, chain_id: UUID, query_id: UUID, *, count: int
) -> Sequence[tuple[UUID, str]]:
    """Return ids and labels of the templates that use the query, to an actor who sees the chain."""
    return await store.list_of_query(session, chain_id, query_id, limit=count) if actor.sees(chain_id) else []


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


def narrow(actor: Actor, wanted: TemplateFilter) -> store.Wanted:
    """Return the filter confined to the chains that the actor sees."""
    one = wanted.chain_id
    chains = actor.chains if one is None else [one] if actor.sees(one) else []
    state = READY if wanted.ready else None
    return store.Wanted(chains, wanted.profile_id, wanted.query_id, state, wanted.search)


async def find_row(session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str) -> Mapping[str, Any]:
    """Return the stored template."""
    chains = narrow(actor, TemplateFilter(chain_id)).chains
    rows = await store.find_templates(session, chains=chains, id_or_name=id_or_name)
    if not rows:
        raise TemplateNotFoundError(f"There is no template {id_or_name}. List them to find yours.")
    if len(rows) > 1:
        raise NameAmbiguousError(f"Several chains have a template {id_or_name}. Name it by its id.")
    return rows[0]


def make_template(row: Mapping[str, Any]) -> Template:
    """Turn a stored row into the value that others see."""
    return Template(**{**row, "shape": read_shape(hide_headers(row["shape"]))})
