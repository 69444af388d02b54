"""What a run works from: the definition, query and destination as they were when it was created."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from tessera import connectors, queries
from tessera.exports.contract import Checking, Destination, Snapshot
from tessera.exports.errors import DefinitionInvalidError, NotRunnableError
from tessera.exports.member_filters import make_member_query
from tessera.exports.registry import get_kind
from tessera.exports.selections import columns_of
from tessera.exports.store import snapshots as store
from tessera.exports.values import Definition, NewDefinition, Selection
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.secrets import KeyRing
from tessera.queries import Column, Query


async def find_query(session: Session, actor: Actor, chain_id: UUID, definition: Definition | NewDefinition) -> Query:
    """Return the query that gives the rows: the saved one, or the one that a filter over members stands for."""
    chosen = definition.selection.filter
    if definition.query_id is not None and chosen is not None:
        raise DefinitionInvalidError("Choose a query or a filter over members, not both.", field="filter")
    if definition.query_id is not None:
        return await queries.get_query(session, actor, chain_id, definition.query_id)
    if chosen is None:
        raise DefinitionInvalidError("Choose the Bigdata Query that selects the rows.", field="query")
    return make_member_query(chain_id, chosen)


async def list_columns(
    session: Session, actor: Actor, chain_id: UUID, definition: Definition | NewDefinition
) -> Sequence[Column]:
    """Return the columns of the rows that the definition selects, as far as it is filled in."""
    return columns_of(await find_query(session, actor, chain_id, definition), definition.selection)


async def check_destination(
    session: Session, actor: Actor, chain_id: UUID, definition: Definition | NewDefinition, query: Query, keys: KeyRing
) -> Destination:
    """Return where the definition leads, checked by its kind against what the query gives."""
    return await get_kind(definition.kind).check(make_checking(session, actor, chain_id, definition, query, keys))


def make_checking(
    session: Session, actor: Actor, chain_id: UUID, definition: Definition | NewDefinition, query: Query, keys: KeyRing
) -> Checking:
    """Return the definition as its kind checks it."""
    return Checking(
        session=session,
        actor=actor,
        chain_id=chain_id,
        template_id=definition.template_id,
        profile_id=definition.profile_id,
        settings=definition.settings,
        query=query,
        columns=columns_of(query, definition.selection),
        keys=keys,
        shards=definition.shards,
    )


async def is_personal(query: Query) -> bool:
    """Say whether the query reads what describes members."""
    return (await queries.check_aside(query.text, query.parameters)).personal


async def take_snapshot(
    session: Session, actor: Actor, definition: Definition, *, keys: KeyRing, earlier: Snapshot | None = None
) -> UUID:
    """Store what a run of the definition works from, once for as long as it stays the same; return its id.

    A run that sends rows of an earlier one again takes the query and selection of that one, and has a single shard.
    Refuse what could not run.
    """
    if earlier is None:
        query = await find_query(session, actor, definition.chain_id, definition)
    else:
        query = earlier.query
        definition = replace(definition, selection=msgspec.convert(earlier.selection, Selection), shards=1)
    destination = await check_destination(session, actor, definition.chain_id, definition, query, keys)
    await check_enabled(session, actor, definition, destination)
    personal = await is_personal(query)
    if personal:
        actor.require("members:read")
    return await keep_snapshot(session, definition, query, destination, personal=personal)


async def check_enabled(session: Session, actor: Actor, definition: Definition, destination: Destination) -> None:
    """Refuse a run through a connection profile that is disabled."""
    if destination.profile_id is None:
        return
    profile = await connectors.get_profile(session, actor, definition.chain_id, destination.profile_id)
    if not profile.enabled:
        raise NotRunnableError(
            f"The connection profile {profile.label} is disabled. Enable it, then run {definition.label}.",
        )


async def keep_snapshot(
    session: Session, definition: Definition, query: Query, destination: Destination, *, personal: bool
) -> UUID:
    """Store what was checked, unless it is there already; return its id."""
    snapshot = Snapshot(
        definition=definition.internal_name,
        definition_version=definition.version,
        kind=definition.kind,
        query=query,
        personal=personal,
        destination=destination.document,
        selection=msgspec.to_builtins(definition.selection),
        gates=msgspec.to_builtins(definition.gates),
        shards=definition.shards,
        profile_id=destination.profile_id,
        profile=destination.profile,
        profile_version=destination.profile_version,
    )
    document = msgspec.json.encode(snapshot, order="sorted")
    return await store.keep_snapshot(
        session, definition.chain_id, definition.id, sha256(document).hexdigest(), document.decode()
    )


def read_snapshot(stored: Mapping[str, Any]) -> Snapshot:
    """Return the snapshot that a stored document spells."""
    return msgspec.convert(stored, Snapshot)
