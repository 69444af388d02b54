"""One call: who asks, when, and in which transaction."""

from dataclasses import dataclass
from datetime import datetime

from tessera.platform.auth import Actor
from tessera.platform.db import Session
from tessera.platform.ground import Ground
from tessera.platform.http import OutboundClient
from tessera.queries import QueryEngine


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose key was found and holds the permission of its route."""

    ground: Ground
    actor: Actor
    now: datetime
    transaction: Session | None = None
    query_engine: QueryEngine | None = None
    outbound: OutboundClient | None = None
    wants_csv: bool = False

    @property
    def session(self) -> Session:
        """The request's transaction, committed when the operation has returned."""
        if self.transaction is None:
            raise RuntimeError("this route runs outside a transaction")
        return self.transaction

    @property
    def engine(self) -> QueryEngine:
        """What runs queries."""
        if self.query_engine is None:
            raise RuntimeError("this process runs no queries")
        return self.query_engine

    @property
    def client(self) -> OutboundClient:
        """What calls other machines."""
        if self.outbound is None:
            raise RuntimeError("this process calls nobody")
        return self.outbound
