"""The sections of the top bar and the places of their side menus: only what exists, and what the actor may see."""

from dataclasses import dataclass

from tessera.platform.auth import Actor


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a side menu."""

    label: str
    path: str
    permission: str

    def holds(self, path: str) -> bool:
        """Say whether the page at `path` lies here."""
        return path == self.path or path.startswith(f"{self.path}/")


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


SECTIONS = (
    Section("Analytics", (Group("Analytics", (Place("Queries", "/analytics/queries", "queries:read"),)),)),
    Section(
        "Admin",
        (
            Group(
                "Integrations",
                (
                    Place("Connection Profiles", "/admin/integrations/profiles", "connection-profiles:read"),
                    Place("Templates", "/admin/integrations/templates", "http-templates:read"),
                ),
            ),
            Group(
                "Exports",
                (
                    Place("Export definitions", "/admin/exports/definitions", "exports:read"),
                    Place("Runs", "/admin/exports/runs", "exports:read"),
                ),
            ),
        ),
    ),
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
