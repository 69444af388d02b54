"""The forms that make client tokens and access tokens."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post

from tessera.access import chains as access_chains
from tessera.access import keys as access_keys
from tessera.access.keys import TOKEN_PERMISSIONS, NewAccessToken
from tessera.platform.errors import NotFoundError, TesseraError
from tessera.platform.ids import parse_id
from tessera.web.access.choices import asked, end_of_day
from tessera.web.access.tokens import PATH, show
from tessera.web.forms import SHOWN_IN_FORMS, Form, shown
from tessera.web.visits import PageVisit, Visit

LABELS = {
    "label": "Label",
    "client_token_id": "Client token",
    "enterprise_ids": "Enterprises",
    "permissions": "Permissions",
    "expires_on": "Last day",
    "strict": "Request validation",
}
READINGS = {"": None, "strict": True, "lenient": False}
MOST_OFFERED = 1000


@get(f"{PATH}/new-client", permission="connector-tokens:admin")
async def ask_new_client_token(visit: PageVisit) -> Response[Any]:
    """Show the form for a client token: one for each application."""
    return visit.page("access/templates/client_token_form.html", label="", faults={}, labels=LABELS, close=CLIENTS)


@post(f"{PATH}/new-client", permission="connector-tokens:admin", fresh=True)
async def create_client_token(visit: PageVisit) -> Response[Any]:
    """Make a client token, and show it this once."""
    form = await visit.form()
    label = form.get("label")
    try:
        (made,) = await access_keys.create_client_tokens(
            visit.session, visit.actor, visit.resources.keys, [label], now=visit.now
        )
    except SHOWN_IN_FORMS as error:
        return visit.page(
            "access/templates/client_token_form.html",
            label=label,
            **shown(error),
            labels=LABELS,
            close=CLIENTS,
        )
    # Who sees only some chains finds it in the list once an access token of theirs hangs on it.
    return visit.page("access/templates/client_token_made.html", made=made, path_here=PATH)


@get(f"{PATH}/new-access", permission="connector-tokens:admin")
async def ask_new_access_token(visit: PageVisit) -> Response[Any]:
    """Show the form for an access token: one for each connection of an application to an enterprise."""
    typed = {
        "label": "",
        "client_token_id": asked(visit, "client"),
        "enterprises": frozenset(),
        "portfolio": False,
        "permissions": {each for each in access_keys.CONNECTOR_PERMISSIONS if visit.actor.may(each)},
        "expires_on": "",
        "strict": "",
    }
    return await answer(visit, typed)


@post(f"{PATH}/new-access", permission="connector-tokens:admin", fresh=True)
async def create_access_token(visit: PageVisit) -> Response[Any]:
    """Make an access token, and show it this once."""
    form = await visit.form()
    try:
        new = read_new(form)
        (made,) = await access_keys.create_access_tokens(
            visit.session, visit.actor, visit.resources.keys, [new], now=visit.now
        )
    except (*SHOWN_IN_FORMS, NotFoundError) as error:
        typed = {
            "label": form.get("label"),
            "client_token_id": form.get("client_token_id"),
            "enterprises": form.known_ids("enterprise_ids"),
            "portfolio": form.ticked("portfolio"),
            "permissions": set(form.repeated("permissions")),
            "expires_on": form.get("expires_on"),
            "strict": form.get("strict"),
        }
        return await answer(visit, typed, error=error)
    return await show(visit, made.id, text=made.text)


CLIENTS = f"{PATH}?kind=client"


async def answer(visit: Visit, typed: Mapping[str, Any], *, error: TesseraError | None = None) -> Response[Any]:
    """Answer with the form, what was typed in it, and what is wrong with that."""
    clients = await access_keys.list_token_page(
        visit.session, visit.actor, client=True, sort="label", size=MOST_OFFERED
    )
    offered = [(str(token.id), token.label) for token in clients.items if token.revoked_at is None]
    chosen = typed["client_token_id"]
    if parse_id(chosen) and chosen not in dict(offered):
        offered.insert(0, (chosen, "The one just made"))
    return visit.page(
        "access/templates/access_token_form.html",
        typed=typed,
        **shown(error),
        labels=LABELS,
        clients=offered,
        enterprises=await access_chains.list_enterprises(visit.session, visit.actor),
        permissions=TOKEN_PERMISSIONS,
        close=PATH,
    )


def read_new(form: Form) -> NewAccessToken:
    """Return the access token that the form asks for."""
    client = parse_id(form.get("client_token_id"))
    if client is None:
        form.fault("client_token_id", "Choose the client token that it belongs to.")
    permissions = form.repeated("permissions")
    if not permissions:
        form.fault("permissions", "Choose at least one permission.")
    strict = form.choice("strict", READINGS)
    enterprises = sorted(form.ids("enterprise_ids"))
    expires_at = end_of_day(form, "expires_on")
    form.check()
    assert client is not None
    return NewAccessToken(
        client_token_id=client,
        label=form.get("label").strip(),
        enterprise_ids=enterprises,
        portfolio=form.ticked("portfolio"),
        permissions=sorted(set(permissions)),
        expires_at=expires_at,
        strict=READINGS[strict or ""],
    )
