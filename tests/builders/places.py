"""Two chains: one with a query, the other's people must see nothing of it."""

from dataclasses import dataclass
from uuid import UUID

from tessera.connectors import AddressPolicy
from tessera.platform.actors import Actor, ActorKind, command_line_actor
from tessera.queries import Query

OWNER = command_line_actor("test")
POLICY = AddressPolicy()


@dataclass(frozen=True)
class Place:
    """Two chains; the query belongs to the first, the outsider to the second."""

    chain_id: UUID
    other_id: UUID
    query: Query

    @property
    def outsider(self) -> Actor:
        """Somebody with every permission, in the other chain."""
        return Actor(ActorKind.USER, None, "Charlie", chains=frozenset({self.other_id}))

    def reader(self, *permissions: str) -> Actor:
        """Somebody of the first chain with these permissions only."""
        return Actor(
            ActorKind.USER, None, "Rita", chains=frozenset({self.chain_id}), permissions=frozenset(permissions)
        )
