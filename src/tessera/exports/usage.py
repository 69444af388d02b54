"""Who uses a query or a template: the templates and definitions that a change of it reaches, and that keep it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tessera import outbound
from tessera.exports.store import definitions as store
from tessera.platform.actors import Actor
from tessera.platform.db import Session

MOST = 20


class UserKind(StrEnum):
    """What uses the thing."""

    TEMPLATE = "template"
    DEFINITION = "definition"


@dataclass(frozen=True, slots=True)
class AssetUser:
    """One that uses it."""

    kind: UserKind
    id: UUID
    label: str


async def list_query_users(session: Session, actor: Actor, chain_id: UUID, query_id: UUID) -> Sequence[AssetUser]:
    """Return the first templates and definitions that use the query, by label."""
    if not actor.sees(chain_id):
        return []
    templates = await outbound.list_query_templates(session, actor, chain_id, query_id, count=MOST)
    definitions = await store.list_users(session, chain_id, query_id=query_id, limit=MOST)
    return [
        *(AssetUser(UserKind.TEMPLATE, template_id, label) for template_id, label in templates),
        *(AssetUser(UserKind.DEFINITION, row["id"], row["label"]) for row in definitions),
    ]


async def list_template_users(session: Session, actor: Actor, chain_id: UUID, template_id: UUID) -> Sequence[AssetUser]:
    """Return the first definitions that use the template, by label."""
    if not actor.sees(chain_id):
        return []
    rows = await store.list_users(session, chain_id, template_id=template_id, limit=MOST)
    return [AssetUser(UserKind.DEFINITION, row["id"], row["label"]) for row in rows]


async def count_template_users(session: Session, actor: Actor, template_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return how many definitions use each template; those that none uses are left out."""
    return await store.count_users(session, actor.chains, template_ids)
