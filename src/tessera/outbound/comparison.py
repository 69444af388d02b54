"""Compare the secret headers of a template with those given; the stored ones never leave this room."""

from collections.abc import Mapping
from uuid import UUID

from tessera.outbound import templates
from tessera.outbound.header_seals import HeaderSeals, sealed_values
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.secrets import KeyRing


async def differing_headers(
    session: Session, actor: Actor, chain_id: UUID, template_id: UUID, given: Mapping[str, str], *, keys: KeyRing
) -> frozenset[str]:
    """Return which of the given secret headers, by name, have not that value in the template."""
    actor.require("http-templates:write")
    stored = sealed_values((await templates.find_row(session, actor, chain_id, template_id))["shape"])
    seals = HeaderSeals(chain_id, keys)
    return frozenset(name for name, value in given.items() if not seals.holds(name, stored.get(name.lower()), value))
