"""When exports run next by themselves. Without schedules none does; this is the one place that pages ask."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.exports import Definition
from tessera.web.visits import Visit


async def find_next_executions(_visit: Visit, _definitions: Sequence[Definition]) -> dict[UUID, datetime]:
    """Return when each of the definitions starts next, by its id; those that only run by hand are left out."""
    return {}


async def list_fire_times(_visit: Visit, _definition: Definition | None) -> Sequence[datetime]:
    """Return the next five moments at which a definition starts by itself."""
    return ()
