"""The sections of the top bar and the places of their side menus: only what exists, and what the actor may see."""

from dataclasses import dataclass

from tessera.platform.actors import Actor


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a side menu."""

    label: str
    path: str
    permission: str
    also: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Say whether the page at `path` lies here, or below one of the addresses that belong here too."""
        return any(path == start or path.startswith(f"{start}/") for start in (self.path, *self.also))


@dataclass(frozen=True, slots=True)
class Group:
    """Places under one heading."""

    label: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A word of the top bar; it leads to its first place."""

    label: str
    groups: tuple[Group, ...]

    @property
    def path(self) -> str:
        """Where the section's word leads."""
        return self.groups[0].places[0].path

    def holds(self, path: str) -> bool:
        """Say whether the page at `path` lies in this section."""
        return any(place.holds(path) for group in self.groups for place in group.places)


INTEGRATIONS = Group(
    "Integrations",
    (
        Place(
            "Connectors",
            "/admin/integrations/connectors",
            "connection-profiles:read",
            also=("/admin/integrations/profiles", "/admin/integrations/templates"),
        ),
        Place("Exports", "/admin/exports/definitions", "exports:read"),
        Place("Runs", "/admin/exports/runs", "exports:read"),
        Place("Encryption Keys", "/admin/integrations/encryption-keys", "encryption-keys:read"),
    ),
)
ACCESS = Group(
    "Access",
    (
        Place("Users", "/admin/access/users", "users:read"),
        Place("Roles", "/admin/access/roles", "roles:read"),
        Place("API keys", "/admin/access/api-keys", "api-keys:read"),
        Place("Connector tokens", "/admin/access/connector-tokens", "connector-tokens:read"),
    ),
)
SYSTEM = Group(
    "System",
    (
        Place("Audit log", "/admin/audit", "audit:read"),
        Place("Chains", "/admin/chains", "chains:read"),
    ),
)
LOYALTY = Group(
    "Loyalty",
    (
        Place("Memberships", "/loyalty/memberships", "members:read"),
        Place("Accounts", "/loyalty/accounts", "members:read"),
        Place("Programs", "/loyalty/programs", "programs:read"),
        Place("Tiers", "/loyalty/tiers", "programs:read"),
    ),
)
SECTIONS = (
    Section("Loyalty", (LOYALTY,)),
    Section("Analytics", (Group("Analytics", (Place("Queries", "/analytics/queries", "queries:read"),)),)),
    Section("Admin", (INTEGRATIONS, ACCESS, SYSTEM)),
)


def visible_sections(actor: Actor) -> list[Section]:
    """Return the sections with what this actor may see."""
    sections = []
    for section in SECTIONS:
        groups = tuple(
            Group(group.label, places)
            for group in section.groups
            if (places := tuple(place for place in group.places if actor.may(place.permission)))
        )
        if groups:
            sections.append(Section(section.label, groups))
    return sections
