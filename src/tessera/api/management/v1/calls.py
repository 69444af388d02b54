"""One call: who asks, when, and in which transaction."""

from dataclasses import dataclass
from datetime import datetime

from tessera.platform.auth import Actor
from tessera.platform.db import Session
from tessera.platform.ground import Ground


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose key was found and holds the permission of its route."""

    ground: Ground
    actor: Actor
    now: datetime
    transaction: Session | None = None

    @property
    def session(self) -> Session:
        """The request's transaction, committed when the operation has returned."""
        if self.transaction is None:
            raise RuntimeError("this route runs outside a transaction")
        return self.transaction
