"""API keys: the list, one of them with its switches, and the form that makes one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera.access import keys as access_keys
from tessera.access import roles as access_roles
from tessera.access.keys import NewApiKey
from tessera.platform.errors import TesseraError
from tessera.web.access.choices import asked, chosen_chains, chosen_grants, end_of_day
from tessera.web.access.grids import make_grid
from tessera.web.access.user_forms import may_give, offered_roles
from tessera.web.forms import SHOWN_IN_FORMS, Form, form_status, shown
from tessera.web.list_parameters import page_number
from tessera.web.visits import PageVisit, Visit

PATH = "/admin/access/api-keys"
ONE = f"{PATH}/{{api_key_id:uuid}}"
LABELS = {
    "label": "Label",
    "role_ids": "Roles",
    "permissions": "Permissions",
    "chain_ids": "Chains",
    "expires_on": "Last day",
}
UNTOUCHED = {"label": "", "whole": False, "roles": frozenset(), "permissions": frozenset(), "expires_on": ""}


@get(PATH, permission="api-keys:read")
async def list_api_keys(visit: PageVisit) -> Response[Any]:
    """List the keys that reach no further than the visitor."""
    search, sort = asked(visit, "q"), asked(visit, "sort") or "-created"
    page = await access_keys.list_api_key_page(
        visit.session, visit.actor, search=search, sort=sort, number=page_number(visit)
    )
    return visit.page("access/templates/api_keys.html", page=page, search=search, sort=sort, path_here=PATH)


@get(ONE, permission="api-keys:read")
async def show_api_key(visit: PageVisit, api_key_id: FromPath[UUID]) -> Response[Any]:
    """Show one key: what it may do, where, and since when it is used."""
    return await show(visit, api_key_id)


@get(f"{PATH}/new", permission="api-keys:admin")
async def ask_new_api_key(visit: PageVisit) -> Response[Any]:
    """Show the form for a new key."""
    return await answer(visit, {**UNTOUCHED, "chains": None if visit.actor.chains is None else visit.actor.chains})


@post(f"{PATH}/new", permission="api-keys:admin", fresh=True)
async def create_api_key(visit: PageVisit) -> Response[Any]:
    """Make a key, and show it this once."""
    form = await visit.form()
    try:
        new = read_new(visit, form)
        (made,) = await access_keys.create_api_keys(
            visit.session, visit.actor, visit.resources.keys, [new], now=visit.now
        )
    except (*SHOWN_IN_FORMS, access_roles.RoleNotFoundError) as error:
        typed = {
            "label": form.get("label"),
            "whole": form.ticked("whole"),
            "roles": form.known_ids("role_ids"),
            "permissions": chosen_grants(form),
            "chains": None if form.ticked("every_chain") else form.known_ids("chain_ids"),
            "expires_on": form.get("expires_on"),
        }
        return await answer(visit, typed, error=error)
    return await show(visit, made.key.id, text=made.text)


@post(f"{ONE}/enable", permission="api-keys:admin", fresh=True)
async def enable_api_key(visit: PageVisit, api_key_id: FromPath[UUID]) -> Response[Any]:
    """Switch a key on again."""
    return await switch(visit, api_key_id, enabled=True)


@post(f"{ONE}/disable", permission="api-keys:admin", fresh=True)
async def disable_api_key(visit: PageVisit, api_key_id: FromPath[UUID]) -> Response[Any]:
    """Switch a key off."""
    return await switch(visit, api_key_id, enabled=False)


@post(f"{ONE}/revoke", permission="api-keys:admin", fresh=True)
async def revoke_api_key(visit: PageVisit, api_key_id: FromPath[UUID]) -> Response[Any]:
    """End a key permanently."""
    try:
        await access_keys.revoke_api_key(visit.session, visit.actor, api_key_id, now=visit.now)
    except SHOWN_IN_FORMS as error:
        return await show(visit, api_key_id, error)
    return visit.go(f"{PATH}/{api_key_id}", notice="revoked")


async def switch(visit: Visit, api_key_id: UUID, *, enabled: bool) -> Response[Any]:
    """Switch a key, and go back to its page."""
    try:
        await access_keys.enable_api_key(visit.session, visit.actor, api_key_id, enabled=enabled)
    except SHOWN_IN_FORMS as error:
        return await show(visit, api_key_id, error)
    return visit.go(f"{PATH}/{api_key_id}", notice="switched_on" if enabled else "switched_off")


async def show(
    visit: Visit, api_key_id: UUID, error: TesseraError | None = None, *, text: str | None = None
) -> Response[Any]:
    """Answer with the page of one key, and why what was asked was refused."""
    key = await access_keys.get_api_key(visit.session, visit.actor, api_key_id)
    return visit.page(
        "access/templates/api_key.html",
        key=key,
        text=text,
        grid=make_grid(key.permissions),
        may_change=visit.actor.may("api-keys:admin") and not access_roles.find_excess(visit.actor, key.permissions),
        status=form_status(error),
        fault="" if error is None else error.message,
    )


async def answer(visit: Visit, typed: Mapping[str, Any], *, error: TesseraError | None = None) -> Response[Any]:
    """Answer with the form, what was typed in it, and what is wrong with that."""
    return visit.page(
        "access/templates/api_key_form.html",
        typed=typed,
        **shown(error),
        labels=LABELS,
        roles=await offered_roles(visit),
        may_give=lambda role: may_give(visit, role),
        grid=make_grid(typed["permissions"]),
        whole=visit.actor.chains is None,
        close=PATH,
    )


def read_new(visit: Visit, form: Form) -> NewApiKey:
    """Return the key that the form asks for."""
    whole, roles, permissions = form.ticked("whole"), form.ids("role_ids"), chosen_grants(form)
    chains, expires_at = chosen_chains(form, visit), end_of_day(form, "expires_on")
    form.check()
    return NewApiKey(
        label=form.get("label"),
        chains=chains,
        permissions=None if whole else permissions or None,
        expires_at=expires_at,
        roles=frozenset() if whole else roles,
        whole=whole,
    )
