"""Previews of definitions, stored, changed or still being made; no transaction is open while the query runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera import queries
from tessera.exports.contract import MOST_PREVIEWED, FirstRows, KindPreview
from tessera.exports.definition_changes import merge_change
from tessera.exports.definitions import check_limits, get_definition
from tessera.exports.registry import get_kind
from tessera.exports.selections import ADDED, check_selection_rules, choose_values
from tessera.exports.snapshots import check_destination, find_query, make_checking
from tessera.exports.store import definitions as store
from tessera.exports.store import runs as runs_store
from tessera.exports.values import Definition, DefinitionChange, NewDefinition
from tessera.platform.actors import Actor
from tessera.platform.assets import choose_name, list_names
from tessera.platform.db import Session
from tessera.platform.resources import Resources
from tessera.queries import Query, QueryEngine


@dataclass(frozen=True, slots=True)
class DefinitionPreview:
    """How many rows the query selects now, and what leaves first; None where the kind has nothing to show.

    Where only changes are sent, fewer rows leave than are selected.
    """

    rows: int
    first: KindPreview | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A definition that is tried, and what it needs for it."""

    id: UUID
    new: NewDefinition
    query: Query
    at: datetime
    values: Mapping[str, Any]


async def preview_change(
    resources: Resources,
    engine: QueryEngine,
    actor: Actor,
    definition_id: UUID,
    change: DefinitionChange | None = None,
) -> DefinitionPreview:
    """Preview a stored definition, as it is or as a change would make it."""
    actor.require("exports:read")
    async with resources.database.session() as session:
        stored = await get_definition(session, actor, definition_id=definition_id)
        new = await merge_change(session, actor, stored, change or DefinitionChange())
        draft = await open_draft(session, actor, stored.chain_id, new, resources=resources, stored=stored)
    return await preview_draft(resources, engine, actor, stored.chain_id, draft)


async def preview_new(
    resources: Resources, engine: QueryEngine, actor: Actor, chain_id: UUID, new: NewDefinition
) -> DefinitionPreview:
    """Preview a definition that is not stored yet."""
    actor.require("exports:read")
    async with resources.database.session() as session:
        if new.internal_name is None:
            _, taken = await list_names(session, store.DEFINITIONS, chain_id)
            new = replace(new, internal_name=choose_name(None, new.label, "export", taken=taken))
        draft = await open_draft(session, actor, chain_id, new, resources=resources)
    return await preview_draft(resources, engine, actor, chain_id, draft)


async def open_draft(
    session: Session,
    actor: Actor,
    chain_id: UUID,
    new: NewDefinition,
    *,
    resources: Resources,
    stored: Definition | None = None,
) -> Draft:
    """Check the definition as saving it would, but for its owner, who has no part in a preview."""
    check_limits(new)
    query = await find_query(session, actor, chain_id, new)
    check_selection_rules(query, new.selection)
    await check_destination(session, actor, chain_id, new, query, resources.keys)
    last_success_at = None if stored is None else await runs_store.find_last_success(session, stored.id)
    moment = resources.clock()
    values = choose_values(new.selection, run_at=moment, last_success_at=last_success_at, period=(None, None))
    return Draft(stored.id if stored else chain_id, new, query, moment, values)


async def preview_draft(
    resources: Resources, engine: QueryEngine, actor: Actor, chain_id: UUID, draft: Draft
) -> DefinitionPreview:
    """Count the rows, read the first ones, and let the kind show what they become."""
    count = await queries.count_query(actor, engine, chain_id, draft.query, draft.values)
    kind = get_kind(draft.new.kind)
    if kind.preview is None:
        return DefinitionPreview(count, None)
    found = await queries.preview_query(actor, engine, chain_id, draft.query, draft.values, most=MOST_PREVIEWED)
    async with resources.database.session() as session:
        checking = make_checking(session, actor, chain_id, draft.new, draft.query, resources.keys)
        destination = await kind.check(checking)
        first = FirstRows(add_change(draft.new, found.rows), draft.id, str(draft.new.internal_name), draft.at)
        return DefinitionPreview(count, await kind.preview(checking, destination, first))


def add_change(new: NewDefinition, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """Return the rows as a run has them: where only changes are sent, each says how it changed."""
    return rows if new.selection.changes is None else [(*row, ADDED) for row in rows]
