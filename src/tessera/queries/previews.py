"""Previews of queries, saved or still being written: columns, first rows, count, plan. Each one is logged."""

import logging
from collections.abc import Sequence
from uuid import UUID

from tessera.platform.actors import Actor
from tessera.queries.checks import check_aside
from tessera.queries.columns import Column
from tessera.queries.contract import PREVIEW_ROWS, Given, Preview, QueryEngine, Selection
from tessera.queries.errors import QueryNotFoundError
from tessera.queries.parameters import Parameter
from tessera.queries.plans import Advice, read_plan

logger = logging.getLogger(__name__)


async def describe_query(actor: Actor, engine: QueryEngine, chain_id: UUID, query: Selection) -> Sequence[Column]:
    """Return the columns of a saved or unsaved query, to an actor who may see its rows; it is read, and not run."""
    await admit(actor, chain_id, query.text, query.parameters)
    return await engine.describe(chain_id, query.text, query.parameters)


async def preview_query(
    actor: Actor,
    engine: QueryEngine,
    chain_id: UUID,
    query: Selection,
    given: Given = None,
    *,
    most: int = PREVIEW_ROWS,
) -> Preview:
    """Return the first rows of a saved or unsaved query, to an actor who may see them."""
    await admit(actor, chain_id, query.text, query.parameters)
    preview = await engine.preview(chain_id, query, given, most=most)
    logger.info("query previewed", extra={"chain_id": str(chain_id), "actor": actor.name, "rows": len(preview.rows)})
    return preview


async def count_query(actor: Actor, engine: QueryEngine, chain_id: UUID, query: Selection, given: Given = None) -> int:
    """Return how many rows a saved or unsaved query gives, to an actor who may see them."""
    await admit(actor, chain_id, query.text, query.parameters)
    count = await engine.count(chain_id, query, given)
    logger.info("query counted", extra={"chain_id": str(chain_id), "actor": actor.name, "rows": count})
    return count


async def explain_query(actor: Actor, engine: QueryEngine, chain_id: UUID, query: Selection) -> Advice:
    """Return what the database expects of a query, and what its author should know of that."""
    await admit(actor, chain_id, query.text, query.parameters)
    plan = await engine.explain(chain_id, query)
    return read_plan(plan, row_limit=engine.row_limit, has_keys=bool(query.key_columns))


async def admit(actor: Actor, chain_id: UUID, text: str, parameters: Sequence[Parameter]) -> None:
    """Raise unless the actor may read queries of the chain, and members where a dataset identifies persons."""
    actor.require("queries:read")
    if not actor.sees(chain_id):
        raise QueryNotFoundError(f"There is no chain {chain_id}. List the chains to find yours.")
    if (await check_aside(text, parameters)).personal:
        actor.require("members:read")
