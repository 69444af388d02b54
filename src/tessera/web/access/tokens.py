"""Connector tokens: client tokens and access tokens of the Connector API."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera.access import chains as access_chains
from tessera.access import keys as access_keys
from tessera.platform.errors import TesseraError
from tessera.web.access.choices import asked
from tessera.web.forms import SHOWN_IN_FORMS, form_status
from tessera.web.list_parameters import page_number
from tessera.web.visits import PageVisit, Visit

PATH = "/admin/access/connector-tokens"
ONE = f"{PATH}/{{token_id:uuid}}"
CLIENT, ACCESS = "client", "access"


@get(PATH, permission="connector-tokens:read")
async def list_connector_tokens(visit: PageVisit) -> Response[Any]:
    """List access tokens, or client tokens, within the visitor's chains."""
    kind = CLIENT if asked(visit, "kind") == CLIENT else ACCESS
    search, sort = asked(visit, "q"), asked(visit, "sort") or "-created"
    page = await access_keys.list_token_page(
        visit.session, visit.actor, client=kind == CLIENT, search=search, sort=sort, number=page_number(visit)
    )
    return visit.page("access/templates/tokens.html", page=page, kind=kind, search=search, sort=sort, path_here=PATH)


@get(ONE, permission="connector-tokens:read")
async def show_connector_token(visit: PageVisit, token_id: FromPath[UUID]) -> Response[Any]:
    """Show one credential, never the token itself."""
    return await show(visit, token_id)


@post(f"{ONE}/enable", permission="connector-tokens:admin", fresh=True)
async def enable_connector_token(visit: PageVisit, token_id: FromPath[UUID]) -> Response[Any]:
    """Switch a credential on again."""
    return await switch(visit, token_id, enabled=True)


@post(f"{ONE}/disable", permission="connector-tokens:admin", fresh=True)
async def disable_connector_token(visit: PageVisit, token_id: FromPath[UUID]) -> Response[Any]:
    """Switch a credential off."""
    return await switch(visit, token_id, enabled=False)


@post(f"{ONE}/revoke", permission="connector-tokens:admin", fresh=True)
async def revoke_connector_token(visit: PageVisit, token_id: FromPath[UUID]) -> Response[Any]:
    """End a credential permanently."""
    try:
        await access_keys.revoke_token(visit.session, visit.actor, token_id, now=visit.now)
    except SHOWN_IN_FORMS as error:
        return await show(visit, token_id, error)
    return visit.go(f"{PATH}/{token_id}", notice="revoked")


async def switch(visit: Visit, token_id: UUID, *, enabled: bool) -> Response[Any]:
    """Switch a credential, and go back to its page."""
    try:
        await access_keys.enable_token(visit.session, visit.actor, token_id, enabled=enabled)
    except SHOWN_IN_FORMS as error:
        return await show(visit, token_id, error)
    return visit.go(f"{PATH}/{token_id}", notice="switched_on" if enabled else "switched_off")


async def show(
    visit: Visit, token_id: UUID, error: TesseraError | None = None, *, text: str | None = None
) -> Response[Any]:
    """Answer with the page of one credential, and why what was asked was refused."""
    token = await access_keys.get_token(visit.session, visit.actor, token_id)
    client = None
    if token.client_token_id is not None:
        client = await access_keys.get_token(visit.session, visit.actor, token.client_token_id)
    return visit.page(
        "access/templates/token.html",
        status=form_status(error),
        token=token,
        may_change=visit.actor.may("connector-tokens:admin")
        and await access_keys.is_token_changeable(visit.session, visit.actor, token_id),
        client=client,
        enterprises=await access_chains.list_enterprises(visit.session, visit.actor, ids=token.enterprise_ids),
        text=text,
        fault="" if error is None else error.message,
    )
