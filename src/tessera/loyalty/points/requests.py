"""What a movement has to be before the ledger looks at it."""

from uuid import UUID

from tessera.loyalty.errors import MovementInvalidError

LONGEST_KEY, LONGEST_REASON = 255, 1000


def require_points(membership_id: UUID, points: int) -> None:
    """Raise unless there is at least one point to move."""
    if points < 1:
        raise MovementInvalidError(
            f"{points} points cannot be moved at membership {membership_id}. Give a whole number above zero.",
            membership_id=membership_id,
            field="points",
        )


def require_key(membership_id: UUID, key: str) -> None:
    """Raise unless the idempotency key can be kept."""
    if not 0 < len(key.strip()) <= len(key) <= LONGEST_KEY or "\0" in key:
        raise MovementInvalidError(
            f"The idempotency key for membership {membership_id} has to have 1 to {LONGEST_KEY} characters.",
            membership_id=membership_id,
            field="idempotency_key",
        )


def check_reason(membership_id: UUID, reason: str | None, *, required: bool = False) -> None:
    """Raise for a reason that cannot be kept, or that is missing."""
    if reason is None and not required:
        return
    if reason is None or (required and not reason.strip()) or len(reason) > LONGEST_REASON or "\0" in reason:
        raise MovementInvalidError(
            f"The reason for membership {membership_id} has to have 1 to {LONGEST_REASON} characters.",
            membership_id=membership_id,
            field="reason",
        )
