"""One call: who asks, when, and in which transaction."""

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from litestar.types import Receive

from tessera.platform.actors import Actor
from tessera.platform.callers import while_connected
from tessera.platform.db import Session
from tessera.platform.http import OutboundClient
from tessera.platform.resources import Resources
from tessera.queries import QueryEngine

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose key was found and holds the permission of its route."""

    resources: Resources
    actor: Actor
    now: datetime
    transaction: Session | None = None
    query_engine: QueryEngine | None = None
    outbound: OutboundClient | None = None
    wants_csv: bool = False
    receive: Receive | None = None

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

    async def while_connected(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work gives; stop it when the caller hangs up."""
        return await work if self.receive is None else await while_connected(self.receive, work)

    @property
    def client(self) -> OutboundClient:
        """What calls other machines."""
        if self.outbound is None:
            raise RuntimeError("this process makes no outbound calls")
        return self.outbound
