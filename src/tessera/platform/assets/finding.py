"""Finding assets and writing them, with the statements of the room that owns them."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause
from sqlalchemy.exc import IntegrityError

from tessera.platform.assets.errors import NameAmbiguousError
from tessera.platform.assets.names import name_taken
from tessera.platform.assets.versions import changed_meanwhile
from tessera.platform.db import Row, Session, fetch_rows
from tessera.platform.errors import NotFoundError
from tessera.platform.ids import parse_id
from tessera.platform.paging import COUNT_LIMIT

Chains = Sequence[UUID] | None


async def fetch_asset(
    session: Session, statements: tuple[TextClause, TextClause], chains: Chains, id_or_name: UUID | str
) -> list[Row]:
    """Return what has that id, by the first statement, or that internal name, by the second."""
    asset_id = id_or_name if isinstance(id_or_name, UUID) else parse_id(id_or_name)
    statement, sought = (statements[0], {"id": asset_id}) if asset_id else (statements[1], {"name": id_or_name})
    return await fetch_rows(session, statement, {"chains": chains, **sought})


def pick_one(rows: Sequence[Row], id_or_name: UUID | str, noun: str, missing: type[NotFoundError]) -> Row:
    """Return the only row; refuse a name that nothing has, or that assets of several chains have."""
    if not rows:
        raise missing(f"There is no {noun} {id_or_name}. List them to find yours.")
    if len(rows) > 1:
        raise NameAmbiguousError(f"Several chains have the {noun} {id_or_name}. Use its id.")
    return rows[0]


async def fetch_page(
    session: Session,
    statement: TextClause,
    count: TextClause,
    wanted: Mapping[str, Any],
    *,
    offset: int,
    limit: int,
) -> tuple[list[Row], int]:
    """Return some of the rows, and how many there are, up to the limit of counts."""
    rows = await fetch_rows(session, statement, {**wanted, "offset": offset, "limit": limit})
    return rows, await session.scalar(count, {**wanted, "most": COUNT_LIMIT + 1}) or 0


async def fetch_names(session: Session, statement: TextClause, chain_id: UUID) -> tuple[set[str], set[str]]:
    """Return the labels and, in lower case, the internal names that a chain's assets have."""
    rows = await fetch_rows(session, statement, {"chain_id": chain_id})
    return {row["label"] for row in rows}, {row["name"] for row in rows}


async def write_change(session: Session, change: Awaitable[bool], *, label: str, internal_name: str) -> None:
    """Wait for the statement that changes an asset; refuse a taken name, and an asset that has another version now."""
    try:
        async with session.begin_nested():
            won = await change
    except IntegrityError:
        raise name_taken(internal_name) from None
    if not won:
        raise changed_meanwhile(label)
