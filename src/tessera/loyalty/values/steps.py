"""Changes of memberships in the making: what is there, and what it becomes."""

from operator import attrgetter
from typing import Any
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
    def changed(self) -> dict[str, Any]:
        """What the properties that differ have become, the balance aside."""
        before, after = READ(self.before), READ(self.after)
        if before == after:
            return {}
        return {
            name: new for name, old, new in zip(PROPERTIES, before, after, strict=True) if old is not new and old != new
        }

    @property
    def payload(self) -> dict[str, Any]:
        """What the event of the change says; of a property that identifies a member, only that it changed."""
        changed = self.changed
        hidden = sorted(IDENTIFYING & changed.keys())
        shown = {name: value for name, value in changed.items() if name not in IDENTIFYING}
        return {**shown, "changed": hidden} if hidden else shown


# Events are read by those who may not see members, and leave for webhooks' receivers.
IDENTIFYING = frozenset({"membership_number", "provider_membership_id", "url"})
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
READ = attrgetter(*PROPERTIES)
