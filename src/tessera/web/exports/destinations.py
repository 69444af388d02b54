"""The types of destination that an export can have: those of each kind, alone or through profiles of a connector."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from tessera import connectors, exports, outbound
from tessera.connectors import ProfileFilter
from tessera.connectors.contract import Property, connector_types
from tessera.exports import Definition
from tessera.outbound import TemplateFilter
from tessera.platform.errors import ConflictError, InvalidError
from tessera.web.visits import Visit

MOST_CHOICES = 1000


@dataclass(frozen=True, slots=True)
class DestinationType:
    """One type of destination; `connector` is that of its profiles, None where a template leads to one, or nothing."""

    key: str
    label: str
    kind: str
    connector: str | None = None
    by_template: bool = False
    preview_label: str = ""
    takes_shards: bool = True

    @property
    def properties(self) -> Sequence[Property]:
        """The settings of definitions that lead there."""
        return exports.list_properties(self.kind, self.connector)

    @property
    def field(self) -> str | None:
        """The field that says where it leads; None where there is nothing to choose."""
        return "template_id" if self.by_template else None if self.connector is None else "profile_id"


@cache
def destination_types() -> dict[str, DestinationType]:
    """Return every type by its key, kind after kind: first the one without a profile, then those of connectors."""
    found: dict[str, DestinationType] = {}
    for kind in exports.list_kinds():
        lone = kind.lone
        more: dict[str, Any] = {"preview_label": kind.preview_label, "takes_shards": kind.takes_shards}
        found[lone.key] = DestinationType(lone.key, lone.label, kind.key, by_template=lone.by_template, **more)
        for connector in connector_types().values():
            try:
                kind.list_properties(connector.key)
            except (InvalidError, ConflictError):  # such profiles are of no use to the kind
                continue
            label = connector.tile_label or connector.label
            found[connector.key] = DestinationType(connector.key, label, kind.key, connector.key, **more)
    return found


async def type_of(visit: Visit, definition: Definition) -> DestinationType:
    """Return the type of a definition's destination."""
    types = destination_types()
    if definition.profile_id is None:
        return find_lone(definition.kind)
    profile = await connectors.get_profile(visit.session, visit.actor, definition.chain_id, definition.profile_id)
    return types.get(profile.type) or DestinationType(profile.type, profile.type, definition.kind, profile.type)


def find_lone(kind: str) -> DestinationType:
    """Return the type of definitions of the kind that have no connection profile of their own."""
    return next(each for each in destination_types().values() if each.kind == kind and each.connector is None)


async def list_operations(
    visit: Visit, chain_id: UUID, chosen: tuple[UUID | None, str | None]
) -> list[tuple[Any, str]]:
    """Return the templates that can be used, and the chosen one whatever became of it."""
    found: list[tuple[Any, str]] = []
    if visit.actor.may("http-templates:read"):
        wanted = TemplateFilter(chain_id, ready=True)
        page = await outbound.list_templates(visit.session, visit.actor, wanted, size=MOST_CHOICES)
        found = [(each.id, each.label) for each in page.items]
    return with_chosen(found, chosen)


async def list_profile_choices(
    visit: Visit, chain_id: UUID, connector: str, chosen: tuple[UUID | None, str | None]
) -> list[tuple[Any, str]]:
    """Return the profiles of the connector that can be used, and the chosen one whatever became of it."""
    found: list[tuple[Any, str]] = []
    if visit.actor.may("connection-profiles:read"):
        wanted = ProfileFilter(chain_id, connector)
        page = await connectors.list_profiles(visit.session, visit.actor, wanted, size=MOST_CHOICES)
        found = [(each.id, each.label) for each in page.items if each.ready and each.enabled]
    return with_chosen(found, chosen)


def with_chosen(found: list[tuple[Any, str]], chosen: tuple[UUID | None, str | None]) -> list[tuple[Any, str]]:
    """Return the choices, and after them what is chosen already and not among them."""
    key, label = chosen
    return found if key is None or key in [known for known, _ in found] else [*found, (key, label or str(key))]
