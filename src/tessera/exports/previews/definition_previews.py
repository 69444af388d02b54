"""Previews of definitions, stored, changed or still being made; no transaction is open while the query runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera import queries
from tessera.exports.contract import MOST_PREVIEWED, Destination, FirstRows, KindPreview
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
class OpenedPreview:
    """A definition, checked as for a run of this moment: its query with values, and where it leads.

    `id` is any where the definition is not stored yet.
    """

    id: UUID
    chain_id: UUID
    definition: Definition | NewDefinition
    query: Query
    values: Mapping[str, Any] = field(repr=False)
    at: datetime
    destination: Destination

    @property
    def period(self) -> tuple[datetime | None, datetime | None]:
        """The borders that the run would have, None where it has none."""
        return self.values["from"], self.values["to"]

    async def count(self, actor: Actor, engine: QueryEngine) -> int:
        """Return how many rows the query selects now; of these, changes only may be sent."""
        return await queries.count_query(actor, engine, self.chain_id, self.query, self.values)

    async def show(self, resources: Resources, actor: Actor, engine: QueryEngine) -> KindPreview | None:
        """Return what the first rows become, to an actor who may see them; None where the kind has nothing to show."""
        kind = get_kind(self.definition.kind)
        if kind.preview is None:
            return None
        found = await queries.preview_query(actor, engine, self.chain_id, self.query, self.values, most=MOST_PREVIEWED)
        rows = add_change(self.definition, found.rows)
        async with resources.database.session() as session:
            checking = make_checking(session, actor, self.chain_id, self.definition, self.query, resources.keys)
            first = FirstRows(rows, self.id, self.definition.internal_name or "", self.at)
            return await kind.preview(checking, await kind.check(checking), first)


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
        opened = await open_preview(session, actor, stored.chain_id, new, resources=resources, stored_id=stored.id)
    return await preview_opened(resources, engine, actor, opened)


async def preview_new(
    resources: Resources, engine: QueryEngine, actor: Actor, chain_id: UUID, new: NewDefinition
) -> DefinitionPreview:
    """Preview a definition that is not stored yet."""
    async with resources.database.session() as session:
        opened = await open_preview(session, actor, chain_id, new, resources=resources)
    return await preview_opened(resources, engine, actor, opened)


async def preview_opened(
    resources: Resources, engine: QueryEngine, actor: Actor, opened: OpenedPreview
) -> DefinitionPreview:
    """Count the rows, and show what leaves first."""
    rows = await opened.count(actor, engine)
    return DefinitionPreview(rows, await opened.show(resources, actor, engine))


async def open_preview(
    session: Session,
    actor: Actor,
    chain_id: UUID,
    definition: Definition | NewDefinition,
    *,
    resources: Resources,
    stored_id: UUID | None = None,
) -> OpenedPreview:
    """Check the definition as saving it would, but for its owner, who has no part in a preview.

    `stored_id` is that of the definition which this one would change.
    """
    actor.require("exports:read")
    if isinstance(definition, NewDefinition):
        check_limits(definition)
    if definition.internal_name is None:
        _, taken = await list_names(session, store.DEFINITIONS, chain_id)
        definition = replace(definition, internal_name=choose_name(None, definition.label, "export", taken=taken))
    query = await find_query(session, actor, chain_id, definition)
    check_selection_rules(query, definition.selection)
    destination = await check_destination(session, actor, chain_id, definition, query, resources.keys)
    last_success_at = None if stored_id is None else await runs_store.find_last_success(session, stored_id)
    moment = resources.clock()
    values = choose_values(definition.selection, run_at=moment, last_success_at=last_success_at, period=(None, None))
    return OpenedPreview(stored_id or chain_id, chain_id, definition, query, values, moment, destination)


def add_change(definition: Definition | NewDefinition, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """Return the rows as a run has them: where only changes are sent, each says how it changed."""
    return rows if definition.selection.changes is None else [(*row, ADDED) for row in rows]
