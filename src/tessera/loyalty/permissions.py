"""What may be permitted about members, programs and points."""

from tessera.platform.permissions import Resource

RESOURCES = (
    Resource(
        "members",
        "Members",
        {
            "read": "read accounts and memberships, and queries over datasets that identify persons",
            "write": "add and change accounts and memberships",
        },
    ),
    Resource(
        "programs",
        "Programs",
        {"read": "read programs and tiers", "write": "add, change and delete programs and tiers"},
    ),
    Resource(
        "points",
        "Points",
        {
            "read": "read points movements and balances",
            "write": "earn, burn, adjust, transfer and reverse points",
        },
    ),
)
