"""Names of what happens in this room. They are API for ever."""

CUSTOMER_ADDED = "loyalty.customer.added"
CUSTOMER_CHANGED = "loyalty.customer.changed"
PROGRAM_ADDED = "loyalty.program.added"
TIER_ADDED = "loyalty.tier.added"
MEMBERSHIP_ADDED = "loyalty.membership.added"
MEMBERSHIP_CHANGED = "loyalty.membership.changed"
