"""The forms that make client tokens and access tokens."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post

from tessera.access import chains as access_chains
from tessera.access import keys as access_keys
from tessera.access.keys import TOKEN_PERMISSIONS, NewAccessToken
from tessera.platform.errors import NotFoundError, TesseraError
from tessera.platform.ids import parse_id
from tessera.web.access.form_inputs import ANSWERED, ChoiceInvalidError, Sent, asked, read_sent
from tessera.web.access.tokens import PATH, show
from tessera.web.failures import status_of
from tessera.web.forms import faults_of
from tessera.web.visits import PageVisit, Visit

LABELS = {
    "label": "Label",
    "client_token_id": "Client token",
    "enterprise_ids": "Enterprises",
    "permissions": "Permissions",
    "expires_on": "Last day",
    "strict": "Reading of requests",
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
    sent = await read_sent(visit)
    label = sent.text("label")
    try:
        (made,) = await access_keys.create_client_tokens(
            visit.session, visit.actor, visit.resources.keys, [label], now=visit.now
        )
    except ANSWERED as error:
        return visit.page(
            "access/templates/client_token_form.html",
            status=status_of(error),
            label=label,
            faults=faults_of(error),
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
    sent = await read_sent(visit)
    try:
        new = read_new(sent)
        (made,) = await access_keys.create_access_tokens(
            visit.session, visit.actor, visit.resources.keys, [new], now=visit.now
        )
    except (*ANSWERED, NotFoundError) as error:
        typed = {
            "label": sent.text("label"),
            "client_token_id": sent.text("client_token_id"),
            "enterprises": sent.known_ids("enterprise_ids"),
            "portfolio": sent.ticked("portfolio"),
            "permissions": set(sent.texts("permissions")),
            "expires_on": sent.text("expires_on"),
            "strict": sent.text("strict"),
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
        status=200 if error is None else 422 if isinstance(error, NotFoundError) else status_of(error),
        typed=typed,
        faults={} if error is None else faults_of(error),
        labels=LABELS,
        clients=offered,
        enterprises=await access_chains.list_enterprises(visit.session, visit.actor),
        permissions=TOKEN_PERMISSIONS,
        close=PATH,
    )


def read_new(sent: Sent) -> NewAccessToken:
    """Return the access token that the form asks for."""
    client = parse_id(sent.text("client_token_id"))
    if client is None:
        raise ChoiceInvalidError("Choose the client token that it goes with.", field="client_token_id")
    permissions = sent.texts("permissions")
    if not permissions:
        raise ChoiceInvalidError("Choose at least one permission.", field="permissions")
    strict = sent.text("strict")
    if strict not in READINGS:
        raise ChoiceInvalidError("That is none of the choices. Choose again.", field="strict")
    return NewAccessToken(
        client_token_id=client,
        label=sent.text("label").strip(),
        enterprise_ids=sorted(sent.ids("enterprise_ids")),
        portfolio=sent.ticked("portfolio"),
        permissions=sorted(set(permissions)),
        expires_at=sent.end_of("expires_on"),
        strict=READINGS[strict],
    )
