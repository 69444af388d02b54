"""One call: who asks, within which chains, with how much tolerance."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from msgspec import Struct

from tessera.api.connector.v1.refusals import invalid
from tessera.platform.actors import Actor
from tessera.platform.db import Reader, Session
from tessera.platform.ids import parse_id

T = TypeVar("T")


class Done(Struct):
    """The answer of an operation that returns nothing: `{}`."""


@dataclass(frozen=True, slots=True)
class Call:
    """What every operation is given beside its request. A portfolio token reaches several enterprises.

    `access` is a transaction, for operations that only look records up a reader.
    """

    access: Session | Reader
    actor: Actor
    now: datetime
    portfolio: bool
    enterprise_ids: tuple[UUID, ...]
    chain_ids: tuple[UUID, ...]
    strict: bool

    @property
    def session(self) -> Session:
        """The transaction of an operation that has one."""
        assert not isinstance(self.access, Reader), "an operation that only reads has no transaction"
        return self.access

    def chain_to_write(self, given: str | None) -> UUID:
        """Return the chain that a change is meant for: the token's own, or for a portfolio the one it names."""
        if not self.portfolio:
            return self.chain_ids[0]
        chain_id = parse_id(given or "")
        if chain_id not in self.chain_ids:
            raise invalid("ChainId")
        return chain_id

    def check_chains(self, given: list[UUID] | None) -> list[UUID] | None:
        """Return the chains to read; raise where one is not the token's."""
        if given is not None and not set(given) <= set(self.chain_ids):
            raise invalid("ChainIds")
        return given


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """One address: the permission it needs, the request it takes, the answer it gives.

    One that `reads` only looks records up, outside a transaction. `named` gives the property that an unknown record is
    called by, where it is not the usual one of its error code.
    """

    address: str
    permission: str | None
    request: type[T]
    answer: type[Struct]
    perform: Callable[[Call, T], Awaitable[Any]]
    paged: bool = False
    reads: bool = False
    named: Mapping[str, str] = field(default_factory=dict)
