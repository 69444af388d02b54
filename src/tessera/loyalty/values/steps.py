"""Changes of memberships in the making: what is there, and what it becomes."""

from uuid import UUID

from msgspec import Struct

from tessera.loyalty.values.memberships import Membership


class MembershipStep(Struct, frozen=True, gc=False):
    """One membership before and after a call; `points` is the movement between, None where the ledger stays still."""

    before: Membership
    after: Membership
    points: int | None

    @property
    def id(self) -> UUID:
        """The membership's id."""
        return self.after.id

    @property
    def moves(self) -> bool:
        """Say whether the ledger gets a movement."""
        return self.points is not None

    @property
    def changed(self) -> list[str]:
        """Names of the properties that differ, the balance aside."""
        before, after = self.before, self.after
        return [name for name in PROPERTIES if getattr(before, name) != getattr(after, name)]


PROPERTIES = (
    "program_id",
    "tier_id",
    "state",
    "is_primary",
    "membership_number",
    "provider_membership_id",
    "expires_at",
    "url",
)
