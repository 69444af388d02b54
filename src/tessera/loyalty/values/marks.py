"""Who changed a record, and when."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Mark(Struct, frozen=True):
    """What a change leaves on a record: the kind of profile and the id of who made it, and the moment."""

    kind: str
    actor_id: UUID | None
    now: datetime
