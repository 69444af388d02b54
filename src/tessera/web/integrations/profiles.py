"""Connection profiles: the list, and one of them with the properties that its type declares."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from tessera import integrations
from tessera.integrations import Profile
from tessera.web.paging import page_number
from tessera.web.visits import PageVisit

PATH = "/admin/integrations/profiles"


@dataclass(frozen=True, slots=True)
class Shown:
    """One property as the page shows it; of a secret only since when it is set."""

    label: str
    value: Any = None
    secret: bool = False
    set_at: datetime | None = None


@get(PATH, permission="connection-profiles:read")
async def list_connection_profiles(visit: PageVisit) -> Response[Any]:
    """List the profiles of every chain that the user sees."""
    page = await integrations.list_profiles(visit.session, visit.actor, number=page_number(visit))
    return visit.page("integrations/templates/profiles.html", page=page, types=integrations.connector_types())


@get(f"{PATH}/{{chain_id:uuid}}/{{profile_id:uuid}}", permission="connection-profiles:read")
async def show_connection_profile(
    visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID]
) -> Response[Any]:
    """Show one profile, without its secrets."""
    profile = await integrations.get_profile(visit.session, visit.actor, chain_id, profile_id)
    return visit.page(
        "integrations/templates/profile.html",
        profile=profile,
        type=integrations.connector_types().get(profile.type),
        properties=shown_properties(profile),
    )


def shown_properties(profile: Profile) -> list[Shown]:
    """Return the profile's properties in the order of its type."""
    connector = integrations.connector_types().get(profile.type)
    if connector is None:
        return []
    shown = []
    for each in connector.shown_properties(profile.variant, profile.settings):
        if each.secret:
            shown.append(Shown(each.label, secret=True, set_at=profile.secrets.get(each.key)))
        else:
            shown.append(Shown(each.label, readable(profile.settings.get(each.key))))
    return shown


def readable(value: Any) -> str | None:
    """Return a property's value as one line; the value of a secret header is not among the settings."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(f"{item['name']}: {'***' if item.get('secret') else item['value']}" for item in value) or None
    return None if value is None or value == "" else str(value)
