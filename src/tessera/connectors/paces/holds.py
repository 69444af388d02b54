"""What a single call from a page asks before it goes out: whether the receiver wants to be left alone."""

from uuid import UUID

from tessera.connectors.paces import store
from tessera.connectors.paces.waits import WaitReason
from tessera.platform.db import Session
from tessera.platform.errors import UnavailableError

CAUSES = {
    WaitReason.RETRY_AFTER: "The receiver asked not to be called",
    WaitReason.RATE_LIMIT_HEADER: "The receiver said that its limit is used up",
}


class ProfileThrottledError(UnavailableError):
    """The receiver asked to be left alone for a while."""

    code = "connection_profile_throttled"


async def check_hold(session: Session, profile_id: UUID, label: str) -> None:
    """Refuse a call through a profile whose receiver asked to wait, and say until when."""
    held = await store.find_hold(session, profile_id)
    if held is None:
        return
    cause = CAUSES[WaitReason(held.reason)]
    raise ProfileThrottledError(
        f"{cause} through {label} before {held.until:%Y-%m-%d %H:%M:%S} UTC. Try again after that.",
        retry_after=held.seconds,
    )
