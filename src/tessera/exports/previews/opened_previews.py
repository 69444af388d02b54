"""What a definition would do if it ran now, saved or still being written: how many rows, and the first request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera import outbound, queries
from tessera.exports.contract import Destination
from tessera.exports.definitions import check_limits
from tessera.exports.selections import check_selection_rules, choose_values, columns_of
from tessera.exports.snapshots import check_destination, find_query
from tessera.exports.store import runs as runs_store
from tessera.exports.values import Definition, NewDefinition
from tessera.outbound import RequestRenderer, ShownRequest
from tessera.outbound.rendering import PlannedRequest, RunFacts
from tessera.platform.actors import Actor
from tessera.platform.db import Database, Session
from tessera.platform.secrets import KeyRing
from tessera.queries import Column, Query, QueryEngine

Border = datetime | None
# What a row gets in the column that says how it changed.
ADDED = "added"


@dataclass(frozen=True, slots=True)
class RequestPreview:
    """The first request of the rows as they are now; None with the reason where they make none."""

    request: ShownRequest | None
    rows: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OpenedPreview:
    """A definition, checked as for a run: its query with values, where it leads to, and how many rows a request takes.

    `period` holds the borders that the run would have, None where it has none.
    """

    query: Query
    columns: Sequence[Column]
    values: Mapping[str, Any] = field(repr=False)
    period: tuple[Border, Border]
    destination: Destination
    facts: RunFacts
    renderer: RequestRenderer = field(repr=False)

    @property
    def rows_per_request(self) -> int:
        """How many rows a request carries at most."""
        return self.renderer.rows_per_request

    async def count(self, actor: Actor, engine: QueryEngine) -> int:
        """Return how many rows the query selects now; of these, changes only may be sent."""
        return await queries.count_query(actor, engine, self.query.chain_id, self.query, self.values)

    async def show(self, database: Database, actor: Actor, engine: QueryEngine) -> RequestPreview:
        """Return the first request as it would be sent, secrets masked, to an actor who may see its rows."""
        found = await queries.preview_query(actor, engine, self.query.chain_id, self.query, self.values)
        rows = [[*row, *[ADDED] * (len(self.columns) - len(row))] for row in found.rows[: self.rows_per_request]]
        plan = self.renderer.plan(list(enumerate(rows, 1)), self.facts, first_index=0)
        if not plan.requests:
            reason = plan.failures[0].message if plan.failures else "The query gives no rows just now."
            return RequestPreview(None, len(rows), reason)
        planned: PlannedRequest = plan.requests[0]
        assert self.destination.profile_id is not None
        async with database.session() as session:
            shown = await outbound.show_planned(
                session,
                actor,
                planned,
                profile_id=self.destination.profile_id,
                shape=self.destination.document["shape"],
            )
        return RequestPreview(shown, len(planned.ordinals))


async def open_preview(
    session: Session,
    actor: Actor,
    chain_id: UUID,
    definition: Definition | NewDefinition,
    *,
    keys: KeyRing,
    now: datetime,
    period: tuple[Border, Border] = (None, None),
) -> OpenedPreview:
    """Return what the definition would do now; refuse one that could not run."""
    actor.require("exports:read")
    if isinstance(definition, NewDefinition):
        check_limits(definition)
    query = await find_query(session, actor, chain_id, definition)
    check_selection_rules(query, definition.selection)
    destination = await check_destination(session, actor, chain_id, definition, query, keys)
    stored_id = definition.id if isinstance(definition, Definition) else None
    last = None if stored_id is None else await runs_store.find_last_success(session, stored_id)
    values = choose_values(definition.selection, run_at=now, last_success_at=last, period=period)
    columns = columns_of(query, definition.selection)
    facts = RunFacts(
        id=stored_id or query.id,
        export=definition.internal_name or "",
        template=destination.document["template"],
        started_at=now,
        chain_id=chain_id,
        definition_id=stored_id or query.id,
    )
    renderer = outbound.make_renderer(
        destination.document["connector"],
        destination.document["shape"],
        [(column.name, column.type) for column in columns],
        chain_id=chain_id,
        keys=keys,
    )
    return OpenedPreview(query, columns, values, (values["from"], values["to"]), destination, facts, renderer)
