"""The sections of the top bar and the places of their side menus: only what exists, and what the actor may see."""

from dataclasses import dataclass

from tessera.platform.actors import Actor


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a side menu."""

    label: str
    path: str
    permission: str
    how_to: str
    also: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Say whether the page at `path` is here, or below one of the addresses that belong here too."""
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
        """Say whether the page at `path` is in this section."""
        return any(place.holds(path) for group in self.groups for place in group.places)


INTEGRATIONS = Group(
    "Integrations",
    (
        Place(
            "Connectors",
            "/admin/integrations/connectors",
            "connection-profiles:read",
            "export-to-http",
            also=("/admin/integrations/profiles", "/admin/integrations/templates"),
        ),
        Place("Exports", "/admin/exports/definitions", "exports:read", "export-to-http"),
        Place("Runs", "/admin/exports/runs", "exports:read", "export-to-http"),
        Place("Encryption Keys", "/admin/integrations/encryption-keys", "encryption-keys:read", "encryption-keys"),
    ),
)
ACCESS = Group(
    "Access",
    (
        Place("Users", "/admin/access/users", "users:read", "users-and-roles"),
        Place("Roles", "/admin/access/roles", "roles:read", "users-and-roles"),
        Place("API keys", "/admin/access/api-keys", "api-keys:read", "api-keys"),
        Place("Connector tokens", "/admin/access/connector-tokens", "connector-tokens:read", "connector-client"),
    ),
)
SYSTEM = Group(
    "System",
    (
        Place("Audit log", "/admin/audit", "audit:read", "users-and-roles"),
        Place("Chains", "/admin/chains", "chains:read", "users-and-roles"),
        Place("Outbox", "/admin/outbox", "mail:read", "mail"),
    ),
)
LOYALTY = Group(
    "Loyalty",
    (
        Place("Memberships", "/loyalty/memberships", "members:read", "members"),
        Place("Accounts", "/loyalty/accounts", "members:read", "members"),
        Place("Programs", "/loyalty/programs", "programs:read", "points"),
        Place("Tiers", "/loyalty/tiers", "programs:read", "points"),
        Place("Figures", "/loyalty/figures", "members:read", "members"),
    ),
)
SECTIONS = (
    Section("Loyalty", (LOYALTY,)),
    Section(
        "Analytics", (Group("Analytics", (Place("Queries", "/analytics/queries", "queries:read", "write-a-query"),)),)
    ),
    Section("Admin", (INTEGRATIONS, ACCESS, SYSTEM)),
)


# Pages outside the menu, and those whose how-to is another than their place's; the longest beginning decides.
HOW_TOS = {
    "/": "README",
    "/account": "second-factor",
    "/docs": "README",
    "/admin/integrations/connectors/http_api/templates": "write-a-template",
    "/admin/integrations/templates": "write-a-template",
    "/admin/integrations/connectors/mparticle": "send-to-mparticle",
    "/admin/integrations/connectors/mparticle/mparticle_inbound": "receive-from-mparticle",
    "/admin/integrations/connectors/sftp": "files",
    **{place.path: place.how_to for section in SECTIONS for group in section.groups for place in group.places},
}


def how_to_of(path: str) -> str:
    """Return the how-to of the page at `path`."""
    also = {
        start: place.how_to
        for section in SECTIONS
        for group in section.groups
        for place in group.places
        for start in place.also
    }
    known = {**also, **HOW_TOS}
    starts = [start for start in known if path == start or path.startswith(f"{start.rstrip('/')}/")]
    return known[max(starts, key=len)]


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
