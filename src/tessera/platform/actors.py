"""Who acts: a user, an access token, an API key, the command line, or the system itself."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tessera.platform.errors import DeniedError

LEVELS = ("read", "write", "admin")


class ActorKind(StrEnum):
    """The kinds of actor, as the audit log names them."""

    USER = "user"
    ACCESS_TOKEN = "access_token"  # noqa: S105 - a kind, not a token
    API_KEY = "api_key"
    COMMAND_LINE = "command_line"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `chains` None sees every chain; `permissions` None may do everything."""

    kind: ActorKind
    id: UUID | None
    name: str
    chains: frozenset[UUID] | None = None
    permissions: frozenset[str] | None = None
    origin: str | None = None
    request_id: str | None = None

    @property
    def signature(self) -> dict[str, str | UUID | None]:
        """Return the parameters by which a statement notes who wrote a row: the name as it was, and the kind and id."""
        return {"actor": self.name, "actor_kind": self.kind.value, "actor_id": self.id}

    def sees(self, chain_id: UUID) -> bool:
        """Say whether the chain is one of the actor's."""
        return self.chains is None or chain_id in self.chains

    def reach(self, chain_id: UUID | None = None) -> list[UUID] | None:
        """Return the chains to look in: the given one, if it is in reach, or all in reach; None is every chain."""
        if chain_id is not None:
            return [chain_id] if self.sees(chain_id) else []
        return None if self.chains is None else sorted(self.chains)

    def may(self, permission: str) -> bool:
        """Say whether the actor holds `resource:level` or a higher level of the same resource."""
        if self.permissions is None:
            return True
        resource, level = permission.split(":")
        return any(f"{resource}:{held}" in self.permissions for held in LEVELS[LEVELS.index(level) :])

    def require(self, permission: str) -> None:
        """Raise unless the actor holds the permission."""
        if not self.may(permission):
            raise DeniedError(f"{self.name} lacks the permission {permission}. Ask an administrator for it.")


def is_permission(text: str) -> bool:
    """Say whether the text has the shape of a permission, `resource:level`."""
    resource, colon, level = text.partition(":")
    return bool(resource and colon) and level in LEVELS


def command_line_actor(name: str) -> Actor:
    """Return the actor of a person at the server's own shell, who may do everything."""
    return Actor(ActorKind.COMMAND_LINE, None, name)


def system_actor(name: str) -> Actor:
    """Return the actor of work without a request behind it."""
    return Actor(ActorKind.SYSTEM, None, name)
