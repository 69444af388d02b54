"""As which profile an actor signs its changes."""

from uuid import UUID

from tessera.loyalty.values.memberships import ProfileKind
from tessera.platform.actors import Actor, ActorKind

# Accounts always name a profile; work of Tessera itself, which has none, uses this one.
SYSTEM_PROFILE = UUID(int=0)


PROFILES = {
    ActorKind.USER: ProfileKind.ENTERPRISE,
    ActorKind.ACCESS_TOKEN: ProfileKind.INTEGRATION,
    ActorKind.API_KEY: ProfileKind.INTEGRATION,
    ActorKind.COMMAND_LINE: ProfileKind.PLATFORM,
    ActorKind.SYSTEM: ProfileKind.PLATFORM,
}


def profile_of(actor: Actor) -> tuple[ProfileKind, UUID | None]:
    """Return the profile that the actor's changes are marked with."""
    return PROFILES[actor.kind], actor.id
