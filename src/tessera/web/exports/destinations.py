"""The types of destination that an export can have: a template, or profiles of a connector that shapes by itself."""

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

KIND = "requests"
HTTP_API = "http_api"
MOST_CHOICES = 1000


@dataclass(frozen=True, slots=True)
class DestinationType:
    """One type of destination; `connector` is that of its profiles, None where a template leads to one."""

    key: str
    label: str
    connector: str | None = None
    kind: str = KIND

    @property
    def properties(self) -> Sequence[Property]:
        """The settings of definitions that lead there."""
        return exports.list_properties(self.kind, self.connector)


@cache
def destination_types() -> dict[str, DestinationType]:
    """Return every type by its key: HTTP API first, then connectors for which no template is needed."""
    found = {HTTP_API: DestinationType(HTTP_API, "HTTP API")}
    for connector in connector_types().values():
        try:
            exports.list_properties(KIND, connector.key)
        except (InvalidError, ConflictError):  # its requests are a template's, or it sends none
            continue
        found[connector.key] = DestinationType(connector.key, connector.tile_label or connector.label, connector.key)
    return found


async def type_of(visit: Visit, definition: Definition) -> DestinationType:
    """Return the type of a definition's destination."""
    if definition.profile_id is None:
        return destination_types()[HTTP_API]
    profile = await connectors.get_profile(visit.session, visit.actor, definition.chain_id, definition.profile_id)
    return destination_types().get(profile.type, DestinationType(profile.type, profile.type, profile.type))


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
