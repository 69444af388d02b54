"""The pop-up in which a connection profile is filled in and changed, over the profile's own page."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import connectors
from tessera.connectors import Profile, ProfileChange
from tessera.connectors.contract import ConnectorType
from tessera.platform.errors import ConflictError, InvalidError
from tessera.web.forms import WHOLE, Form, faults_of, form_status
from tessera.web.integrations.profile_pages import ONE, find_connector, path_of, read_details, read_reference_choices
from tessera.web.integrations.property_fields import Kept, make_groups, name_of, possible_properties
from tessera.web.integrations.property_inputs import read_settings, sets_secret
from tessera.web.integrations.property_views import show_change
from tessera.web.visits import PageVisit, Visit


@get(f"{ONE}/edit", permission="connection-profiles:write")
async def edit_profile(visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID]) -> Response[Any]:
    """Open the pop-up with what is stored."""
    profile = await connectors.get_profile(visit.session, visit.actor, chain_id, profile_id)
    return await show_form(visit, profile)


@post(f"{ONE}/edit", permission="connection-profiles:write", fresh=sets_secret)
async def save_profile(visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID]) -> Response[Any]:
    """Save what was typed, or show it again with what is wrong."""
    profile = await connectors.get_profile(visit.session, visit.actor, chain_id, profile_id)
    form = await visit.form()
    connector = find_connector(profile)
    settings = read_settings(connector, profile.variant, form)
    change = ProfileChange(
        label=form.get("label"),
        internal_name=form.get("internal_name") if form.ticked("edit_internal_name") else None,
        settings=settings,
        version=read_version(form),
    )
    try:
        saved = await connectors.update_profile(
            visit.session,
            visit.actor,
            profile,
            change,
            keys=visit.resources.keys,
            policy=connectors.address_policy(visit.resources.settings),
        )
    except (InvalidError, ConflictError) as error:
        return await show_refused(visit, profile, form, settings=settings, error=error)
    twin = await connectors.has_twin(visit.session, visit.actor, saved)
    return visit.go(path_of(saved), notice="profile_saved_twin" if twin else "profile_saved")


def read_version(form: Form) -> int:
    """Return the version that the form was made from; a form without one was made from none there ever was."""
    return form.version or 0


async def show_refused(
    visit: Visit, profile: Profile, form: Form, *, settings: Mapping[str, Any], error: InvalidError | ConflictError
) -> Response[Any]:
    """Show the pop-up as it was typed, what is wrong, and what another user changed in the meantime."""
    since = await connectors.list_profile_changes(visit.session, visit.actor, profile, since=read_version(form))
    connector = find_connector(profile)
    return await show_form(
        visit,
        profile,
        form,
        status=409 if since else form_status(error),
        typed=settings,
        faults=faults_of(error),
        since=[(change, show_change(connector, change)) for change in since],
    )


async def show_form(
    visit: Visit,
    profile: Profile,
    form: Form | None = None,
    *,
    status: int = 200,
    typed: Mapping[str, Any] | None = None,
    faults: Mapping[str, str] | None = None,
    since: Sequence[Any] = (),
) -> Response[Any]:
    """Show the profile's page and the pop-up over it; what was typed takes the place of what is stored."""
    connector = find_connector(profile)
    kept = Kept(profile.variant, {**profile.settings, **(typed or {})}, profile.secrets)
    stored = Form.of({"label": profile.label, "internal_name": profile.internal_name})
    return visit.page(
        "integrations/templates/profile_edit.html",
        status=status,
        since=since,
        **await read_details(visit, profile),
        **await read_fields(visit, connector, profile.chain_id, kept, form or stored, faults),
    )


async def read_fields(
    visit: Visit,
    connector: ConnectorType,
    chain_id: UUID,
    kept: Kept,
    form: Form,
    faults: Mapping[str, str] | None,
) -> dict[str, Any]:
    """Return the fields that the pop-up shows, and the faults by their names."""
    choices = await read_reference_choices(visit, connector, chain_id, kept.variant)
    groups = make_groups(connector, kept, choices=choices, faults=faults)
    fields = [field for group in groups for field in group.fields]
    labels = {field.name: field.asked.label for field in fields}
    labels |= {cell: label for field in fields if field.grid for cell, label in field.grid.labels.items()}
    return {
        "groups": groups,
        "labels": {**labels, "label": "Label", "internal_name": "Internal Name"},
        "faults": field_names(connector, kept.variant, faults or {}),
        "form": form,
    }


def field_names(connector: ConnectorType, variant: str, faults: Mapping[str, str]) -> dict[str, str]:
    """Return the faults by the names of the form's fields; one of no field is the form's as a whole."""
    names = {each.key: name_of(each) for each in possible_properties(connector, variant)}
    known = {**names, "label": "label", "internal_name": "internal_name"}
    return {field_of(known, key): message for key, message in faults.items()}


def field_of(known: Mapping[str, str], key: str) -> str:
    """Return the name of the field that a fault is about; that of a mapping's cell begins with its property."""
    start, sign, cell = key.partition("-")
    return f"{known[start]}-{cell}" if sign and start in known else known.get(key, WHOLE)
