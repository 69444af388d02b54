"""Parked rows of a definition: refused so often that they are skipped until they change.

Where its last run's query reads members, they are shown to those only who may see members.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tessera.exports.definitions import get_definition
from tessera.exports.log.rows import must_hide
from tessera.exports.runs import list_last_runs
from tessera.exports.store import parked_rows as store
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.json_values import text_of
from tessera.platform.paging import Page


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A row that is tried no more until it changes; code and message are of its last refusal, as far as they are kept.

    `values` are those of its key columns, None where they are hidden.
    """

    key: UUID
    values: str | None
    refusals: int
    since: datetime
    code: str | None
    message: str | None


async def list_parked_rows(
    session: Session, actor: Actor, definition_id: UUID, *, number: int = 1, size: int = 50
) -> Page[ParkedRow]:
    """Return a page of the definition's parked rows, the last refused first; none where all rows are sent each time."""
    definition = await get_definition(session, actor, definition_id=definition_id)
    changes = definition.selection.changes
    if changes is None:
        return Page([], 0, number, size)
    found = await store.list_parked_rows(
        session, definition_id, changes.most_refusals, offset=(number - 1) * size, limit=size
    )
    run = (await list_last_runs(session, actor, [definition_id])).get(definition_id)
    hidden = run is not None and must_hide(actor, run)
    keys = [] if hidden else [row["key"] for row in found]
    reasons = await store.find_reasons(session, definition_id, keys) if keys else {}
    rows = [make_row(row, reasons.get(row["key"], {}), hidden=hidden) for row in found]
    return Page(rows, found[0]["total"] if found else 0, number, size)


def make_row(row: Mapping[str, Any], reason: Mapping[str, Any], *, hidden: bool) -> ParkedRow:
    """Return a stored row as others see it."""
    values = None if hidden else ", ".join(text_of(value) for value in msgspec.json.decode(row["shown_key"]))
    return ParkedRow(
        row["key"], values, row["refusals"], row["since"], code=reason.get("code"), message=reason.get("message")
    )
