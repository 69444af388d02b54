"""Owners: the user or API key with whose rights a definition of members' data runs, also while nobody watches."""

from datetime import datetime
from uuid import UUID

from tessera.access import keys as access_keys
from tessera.access import users as access_users
from tessera.exports.errors import OwnerInvalidError
from tessera.exports.values import Owner
from tessera.platform.actors import Actor, ActorKind
from tessera.platform.db import Session
from tessera.platform.errors import NotFoundError
from tessera.platform.ids import parse_id

NEEDED = "members:read"


def owner_of(actor: Actor) -> Owner | None:
    """Return the actor as an owner; None for those that are no user and no API key."""
    if actor.kind not in (ActorKind.USER, ActorKind.API_KEY) or actor.id is None:
        return None
    return Owner(actor.kind, actor.id, actor.name)


async def find_owner(session: Session, actor: Actor, text: str) -> Owner:
    """Return the user of that address, or the user or API key of that id, among those whom the actor may see."""
    found_id = parse_id(text)
    if found_id is None:
        user = await access_users.find_user_by_email(session, actor, text)
        if user is None:
            raise OwnerInvalidError(
                f"There is no user {text[:100]}. Give an address, or the id of an API key.", field="owner"
            )
        return Owner(ActorKind.USER, user.id, user.name)
    try:
        key = await access_keys.get_api_key(session, actor, found_id)
        return Owner(ActorKind.API_KEY, key.id, key.label)
    except NotFoundError:
        user = await access_users.get_user(session, actor, found_id)
        return Owner(ActorKind.USER, user.id, user.name)


async def find_owner_actor(session: Session, owner: Owner, *, now: datetime) -> Actor | None:
    """Return the owner as one who acts, with the rights of now; None where it is gone or switched off."""
    if owner.kind is ActorKind.API_KEY:
        return await access_keys.find_key_holder(session, owner.id, now=now)
    users = await access_users.find_users(session, [owner.id])
    user = access_users.make_user(users[0]) if users else None
    return user.act() if user is not None and user.enabled else None


async def describe_lack(session: Session, chain_id: UUID, owner: Owner | None, *, now: datetime) -> str | None:
    """Return why the definition may not send what describes members; None where its owner may see them."""
    if owner is None:
        return "Nobody owns this export, and it sends what describes members."
    actor = await find_owner_actor(session, owner, now=now)
    if actor is None:
        return f"{owner.name}, who owns this export, is gone or switched off."
    if not actor.may(NEEDED) or not actor.sees(chain_id):
        return f"{owner.name}, who owns this export, may not see the members of this chain."
    return None


async def check_owner(session: Session, chain_id: UUID, owner: Owner | None, *, now: datetime) -> None:
    """Refuse an owner who may not see the members that the definition sends."""
    if (lack := await describe_lack(session, chain_id, owner, now=now)) is not None:
        raise OwnerInvalidError(f"{lack} Name a user or an API key that holds {NEEDED} as its owner.", field="owner")
