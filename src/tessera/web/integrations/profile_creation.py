"""The pop-up for a new connection profile, over the list: the profile is stored when it is saved, and not before."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import connectors
from tessera.connectors import NewProfile
from tessera.connectors.contract import ConnectorType, connector_types
from tessera.platform.errors import ConflictError, InvalidError, NotFoundError
from tessera.web.forms import Form, faults_of, form_status
from tessera.web.integrations.profile_forms import read_fields
from tessera.web.integrations.profile_lists import ConnectorNotFoundError, read_list
from tessera.web.integrations.profile_pages import PROFILES, path_of, read_details
from tessera.web.integrations.property_fields import Kept
from tessera.web.integrations.property_inputs import read_settings, sets_secret
from tessera.web.integrations.tiles import find_tile
from tessera.web.visits import PageVisit, Visit

NEW = f"{PROFILES}/{{chain_id:uuid}}/new/{{type_key:str}}"


@get(NEW, permission="connection-profiles:write")
async def ask_for_profile(visit: PageVisit, chain_id: FromPath[UUID], type_key: FromPath[str]) -> Response[Any]:
    """Open the pop-up over the list, with what the create line said."""
    asked = visit.request.query_params
    form = Form.of({name: asked.get(name, "") for name in ("label", "variant")})
    return await show_new(visit, chain_id, find_type(type_key), form)


@post(NEW, permission="connection-profiles:write", fresh=sets_secret)
async def create_profile(visit: PageVisit, chain_id: FromPath[UUID], type_key: FromPath[str]) -> Response[Any]:
    """Store the profile, or show what is wrong with it. A token that its type makes is shown this once."""
    connector, form = find_type(type_key), await visit.form()
    variant = variant_of(connector, form)
    settings = read_settings(connector, variant, form)
    name = form.get("internal_name").strip() if form.ticked("edit_internal_name") else ""
    try:
        async with visit.session.begin_nested():
            made = await connectors.create_profile(
                visit.session,
                visit.actor,
                chain_id=chain_id,
                new=NewProfile(connector.key, variant, form.get("label"), name or None, settings),
                keys=visit.resources.keys,
                policy=connectors.address_policy(visit.resources.settings),
            )
    except (InvalidError, ConflictError) as error:
        return await show_new(visit, chain_id, connector, form, typed=settings, error=error)
    if made.token is not None:  # no address brings it back
        details = {**await read_details(visit, made), "new_token": made.token}
        return visit.page("integrations/templates/profile.html", **details)
    twin = await connectors.has_twin(visit.session, visit.actor, made)
    return visit.go(path_of(made), notice="profile_saved_twin" if twin else "profile_saved")


async def show_new(
    visit: Visit,
    chain_id: UUID,
    connector: ConnectorType,
    form: Form,
    *,
    typed: Mapping[str, Any] | None = None,
    error: InvalidError | ConflictError | None = None,
) -> Response[Any]:
    """Show the list and the pop-up over it."""
    tile = find_tile(connector.tile)
    if tile is None or all(chain.id != chain_id for chain in visit.chains):
        raise NotFoundError("There is no such chain. Choose one of those that you see.")
    kept = Kept(variant_of(connector, form), typed or {}, {})
    return visit.page(
        "integrations/templates/profile_new.html",
        status=form_status(error),
        new_path=f"{PROFILES}/{chain_id}/new/{connector.key}",
        variant=kept.variant,
        **await read_list(visit, tile, connector),
        **await read_fields(visit, connector, chain_id, kept, form, faults_of(error) if error else None),
    )


def find_type(key: str) -> ConnectorType:
    """Return the connector type that the address names."""
    connector = connector_types().get(key)
    if connector is None:
        raise ConnectorNotFoundError("There is no such connector. Choose one from the page of connectors.")
    return connector


def variant_of(connector: ConnectorType, form: Form) -> str:
    """Return the variant that was chosen on the create line."""
    known = [each.key for each in connector.variants]
    asked = form.get("variant") or known[0]
    if asked not in known:
        raise NotFoundError("There is no such authentication type. Begin with the list of connection profiles.")
    return asked
