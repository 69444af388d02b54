"""The first request that rows would make on their way out, by the same renderer as in a run. Nothing is sent."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tessera.connectors import find_row
from tessera.connectors.contract import get_connector
from tessera.outbound.rendering import RunFacts
from tessera.outbound.targets import find_requests, make_renderer, without_place
from tessera.outbound.template_previews import TemplatePreview, show_request
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.secrets import KeyRing
from tessera.queries import Preview


async def preview_requests(
    session: Session,
    actor: Actor,
    profile_id: UUID,
    *,
    shape: Mapping[str, Any],
    sample: Preview,
    facts: RunFacts,
    keys: KeyRing,
) -> TemplatePreview:
    """Return the first request of the rows as a run through the profile sends it, credentials masked.

    The shape is complete, as it is kept with a run.
    """
    actor.require("connection-profiles:read")
    row = await find_row(session, actor, facts.chain_id, profile_id)
    columns = [(column.name, column.type) for column in sample.columns]
    renderer = make_renderer(row["type"], shape, columns, chain_id=facts.chain_id, keys=keys)
    plan = renderer.plan(list(enumerate(sample.rows, 1)), facts, first_index=0)
    if not plan.requests:
        return TemplatePreview(None, plan.failures, 0)
    first = plan.requests[0]
    head = find_requests(get_connector(row["type"])).read_shape(without_place(shape))
    return TemplatePreview(show_request(first, head, row), plan.failures, len(first.ordinals))
