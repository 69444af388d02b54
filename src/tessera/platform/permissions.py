"""Every permission there is: a resource, its label on pages, and what each of its levels allows."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resource:
    """What permissions are about. `levels` maps a level to what it allows; a higher one includes the lower."""

    key: str
    label: str
    levels: dict[str, str]


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
    Resource(
        "queries",
        "Queries",
        {
            "read": "read, preview and count saved queries",
            "write": "create and change saved queries",
            "admin": "delete saved queries",
        },
    ),
    Resource(
        "connection-profiles",
        "Connection Profiles",
        {
            "read": "read connection profiles, never their secrets",
            "write": "create, change, copy and test connection profiles, and rotate their tokens",
            "admin": "delete connection profiles",
        },
    ),
    Resource(
        "http-templates",
        "HTTP Templates",
        {
            "read": "read and preview templates",
            "write": "create and change templates, and send tests",
            "admin": "delete templates",
        },
    ),
    Resource(
        "encryption-keys",
        "Encryption Keys",
        {
            "read": "read encryption keys, never their material",
            "write": "create and change encryption keys",
            "admin": "delete encryption keys",
        },
    ),
    Resource(
        "exports",
        "Exports",
        {
            "read": "read export definitions, runs and their logs",
            "write": "create and change definitions; start and cancel runs",
            "admin": "delete export definitions",
        },
    ),
    Resource("chains", "Chains", {"read": "read chains and enterprises", "write": "make chains and enterprises"}),
    Resource("events", "Events", {"read": "read the change feed"}),
    Resource(
        "webhooks",
        "Webhooks",
        {
            "read": "read webhook subscriptions and deliveries, never their secrets",
            "write": "make and change webhook subscriptions, test them, replay deliveries",
            "admin": "delete webhook subscriptions and rotate their secrets",
        },
    ),
    Resource(
        "users",
        "Users",
        {"read": "list users", "admin": "create and change users, set their passwords, end their sessions"},
    ),
    Resource("roles", "Roles", {"read": "read roles", "admin": "create, change and delete roles"}),
    Resource(
        "api-keys",
        "API keys",
        {"read": "list API keys, never the keys themselves", "admin": "make, switch and revoke API keys"},
    ),
    Resource(
        "connector-tokens",
        "Connector tokens",
        {
            "read": "list credentials of Connector API clients, never the tokens themselves",
            "admin": "make, switch and revoke credentials of Connector API clients",
        },
    ),
    Resource("audit", "Audit", {"read": "read the audit log"}),
)


def list_permissions() -> Iterator[str]:
    """Yield every permission, by resource and level."""
    for resource in RESOURCES:
        yield from (f"{resource.key}:{level}" for level in resource.levels)
