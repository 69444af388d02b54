"""What a run works from: the definition, query and template as they were when it was created."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from tessera import connectors, outbound, queries
from tessera.exports.errors import NotRunnableError
from tessera.exports.values import Definition
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.queries import Query


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a worker needs but the profile's secrets, which it opens each time.

    `shape` says what goes out, as the profile's connector reads it; its secret headers stay sealed.
    """

    definition: str
    definition_version: int
    query: Query
    template: str
    template_version: int
    profile_id: UUID
    profile: str
    profile_version: int
    connector: str
    shape: Mapping[str, Any]
    concurrency: int | None


async def take_snapshot(session: Session, actor: Actor, definition: Definition) -> Mapping[str, Any]:
    """Return the snapshot as plain JSON; refuse what could not run."""
    if not definition.enabled:
        raise NotRunnableError(f"{definition.label} is disabled. Enable it, then run it.")
    query = await queries.get_query(session, actor, definition.chain_id, definition.query_id)
    if (await queries.check_aside(query.text, query.parameters)).personal:
        actor.require("members:read")
    template = await outbound.get_usable_template(session, actor, definition.chain_id, definition.template_id)
    assert template.profile_id is not None
    profile = await connectors.get_profile(session, actor, definition.chain_id, template.profile_id)
    if not profile.enabled:
        raise NotRunnableError(
            f"The connection profile {profile.label} is disabled. Enable it, then run {definition.label}.",
        )
    shape = await outbound.get_stored_shape(session, actor, template)
    if definition.rows_per_request is not None:
        shape = {**shape, "batch_size": definition.rows_per_request}
    snapshot = Snapshot(
        definition=definition.internal_name,
        definition_version=definition.version,
        query=query,
        template=template.internal_name,
        template_version=template.version,
        profile_id=profile.id,
        profile=profile.internal_name,
        profile_version=profile.version,
        connector=profile.type,
        shape=outbound.complete_shape(profile, shape, query.key_columns),
        concurrency=definition.concurrency,
    )
    plain: Mapping[str, Any] = msgspec.to_builtins(snapshot)
    return plain


def read_snapshot(stored: Mapping[str, Any]) -> Snapshot:
    """Return the snapshot that a run carries."""
    return msgspec.convert(stored, Snapshot)


async def shows_members(stored: Mapping[str, Any]) -> bool:
    """Say whether what the run sent and received may identify persons."""
    query = read_snapshot(stored).query
    try:
        return (await queries.check_aside(query.text, query.parameters)).personal
    except queries.QueryInvalidError:
        # It passed when the run began; which datasets it reads is not known any more.
        return True
