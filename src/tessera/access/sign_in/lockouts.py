"""What administrators do for users who cannot sign in: unlock an account, and see who has a second factor."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.access.factors import list_having
from tessera.access.sign_in.tries import forget_failures
from tessera.access.users import User, get_changeable
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.secrets import KeyRing


async def unlock_user(session: Session, keys: KeyRing, actor: Actor, user: User, *, now: datetime) -> None:
    """Delete a user's failed sign-ins, so that they may try again at once."""
    await get_changeable(session, actor, user.id, None)
    await forget_failures(session, keys, user.email, now)
    await record_entries(session, actor, [Entry("unlocked", "user", user.id, user.email)])


async def list_factor_holders(session: Session, actor: Actor, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return those of the users who have a second factor."""
    actor.require("users:read")
    return frozenset(await list_having(session, ids))
