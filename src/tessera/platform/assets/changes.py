"""Writing a change of an asset."""

from collections.abc import Awaitable

from sqlalchemy.exc import IntegrityError

from tessera.platform.assets.names import name_taken
from tessera.platform.assets.versions import changed_meanwhile
from tessera.platform.db import Session


async def write_change(session: Session, change: Awaitable[bool], *, label: str, internal_name: str) -> None:
    """Wait for the statement that changes an asset; refuse a taken name, and an asset that has another version now."""
    try:
        async with session.begin_nested():
            won = await change
    except IntegrityError:
        raise name_taken(internal_name) from None
    if not won:
        raise changed_meanwhile(label)
