"""Credentials of Connector API clients: client tokens and access tokens."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

from tessera.access import keys as access_keys
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import Listing, PageQuery, cut_page
from tessera.api.management.v1.problems import RefusedError
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Label, Moment, Permission
from tessera.api.management.v1.shapes import show_as

Text = Annotated[str, Meta(description="The token itself, shown this once.")]


class NewClientToken(Asked, frozen=True):
    """A client token to make: one for each application."""

    label: Label


class ClientToken(Struct, frozen=True):
    """A client token, without its text."""

    id: UUID
    label: str
    enabled: bool
    created_at: Moment
    revoked_at: Moment | None


class MadeClientToken(Struct, frozen=True):
    """A client token just made."""

    client_token: ClientToken
    text: Text


class NewAccessToken(Asked, frozen=True):
    """An access token to make: one for each connection of an application to an enterprise."""

    client_token_id: UUID
    label: Label
    enterprise_ids: Annotated[list[UUID], Meta(min_length=1, max_length=1000, description="One, or a portfolio's.")]
    portfolio: Annotated[bool, Meta(description="Whether it may reach several enterprises.")] = False
    permissions: Annotated[
        list[Permission],
        Meta(max_length=100, description="What it may do, no more than the asking key; without it: write."),
    ] = field(default_factory=lambda: list(access_keys.CONNECTOR_PERMISSIONS))
    expires_at: Annotated[Moment | None, Meta(description="When it ends; null is never.")] = None
    strict: Annotated[
        bool | None, Meta(description="Whether it is held to the contract's letter; null follows the deployment.")
    ] = None


class AccessToken(Struct, frozen=True):
    """An access token, without its text."""

    id: UUID
    client_token_id: UUID
    label: str
    portfolio: bool
    permissions: Sequence[str]
    enterprise_ids: Sequence[UUID]
    chain_ids: Sequence[UUID]
    enabled: bool
    created_at: Moment
    expires_at: Moment | None
    strict: bool | None
    revoked_at: Moment | None


class MadeAccessToken(Struct, frozen=True):
    """An access token just made."""

    access_token: AccessToken
    text: Text


show_client = show_as(ClientToken)
show_access = show_as(AccessToken)


async def list_client_tokens(call: Call, query: PageQuery) -> Listing[ClientToken]:
    """List client tokens, oldest first.

    A key that sees only some chains is shown the client tokens that have access tokens of its chains.
    """
    return cut_page(await find_tokens(call, client=True), query, show_client)


async def create_client_token(call: Call, body: NewClientToken) -> MadeClientToken:
    """Make a client token."""
    (made,) = await access_keys.create_client_tokens(
        call.session, call.actor, call.resources.keys, [body.label], now=call.now
    )
    return MadeClientToken(ClientToken(made.id, made.label, True, call.now, None), made.text)


async def enable_client_token(call: Call, client_token_id: UUID) -> ClientToken:
    """Switch a client token on again, and with it its access tokens."""
    return show_client(await switch_token(call, client_token_id, client=True, enabled=True))


async def disable_client_token(call: Call, client_token_id: UUID) -> ClientToken:
    """Switch a client token off, and with it its access tokens."""
    return show_client(await switch_token(call, client_token_id, client=True, enabled=False))


async def revoke_client_token(call: Call, client_token_id: UUID) -> None:
    """Revoke a client token permanently, and with it its access tokens."""
    await revoke_token(call, client_token_id, client=True)


async def list_access_tokens(call: Call, query: PageQuery) -> Listing[AccessToken]:
    """List access tokens, oldest first.

    One that reaches an enterprise beyond the key's chains is not listed.
    """
    return cut_page(await find_tokens(call, client=False), query, show_access)


async def create_access_token(call: Call, body: NewAccessToken) -> MadeAccessToken:
    """Make an access token.

    It may do no more than the asking key.
    """
    new = access_keys.NewAccessToken(**{name: getattr(body, name) for name in body.__struct_fields__})
    (made,) = await access_keys.create_access_tokens(call.session, call.actor, call.resources.keys, [new], now=call.now)
    return MadeAccessToken(show_access(await get_token(call, made.id, client=False)), made.text)


async def enable_access_token(call: Call, access_token_id: UUID) -> AccessToken:
    """Switch an access token on again."""
    return show_access(await switch_token(call, access_token_id, client=False, enabled=True))


async def disable_access_token(call: Call, access_token_id: UUID) -> AccessToken:
    """Switch an access token off."""
    return show_access(await switch_token(call, access_token_id, client=False, enabled=False))


async def revoke_access_token(call: Call, access_token_id: UUID) -> None:
    """Revoke an access token permanently."""
    await revoke_token(call, access_token_id, client=False)


async def find_tokens(call: Call, *, client: bool) -> list[access_keys.Token]:
    """Return the credentials of one sort."""
    every = await access_keys.list_tokens(call.session, call.actor)
    return [token for token in every if (token.client_token_id is None) is client]


async def get_token(call: Call, token_id: UUID, *, client: bool) -> access_keys.Token:
    """Return one credential of the sort that the address names."""
    for token in await find_tokens(call, client=client):
        if token.id == token_id:
            return token
    sort = "client" if client else "access"
    raise RefusedError(
        404, "token_not_found", f"There is no {sort} token {token_id}. List them to find the one you mean."
    )


async def switch_token(call: Call, token_id: UUID, *, client: bool, enabled: bool) -> access_keys.Token:
    """Switch a credential on or off and return it."""
    await get_token(call, token_id, client=client)
    await access_keys.enable_token(call.session, call.actor, token_id, enabled=enabled)
    return await get_token(call, token_id, client=client)


async def revoke_token(call: Call, token_id: UUID, *, client: bool) -> None:
    """End a credential."""
    await get_token(call, token_id, client=client)
    await access_keys.revoke_token(call.session, call.actor, token_id, now=call.now)


READ, ADMIN = "connector-tokens:read", "connector-tokens:admin"
EXAMPLE = {
    "client_token_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "label": "CRM at Harbour House",
    "enterprise_ids": ["0190b3c4-6000-7000-8000-456789abcdef"],
}
ROUTES = (
    Route("GET", "/client-tokens", READ, list_client_tokens),
    Route(
        "POST",
        "/client-tokens",
        ADMIN,
        create_client_token,
        status=201,
        example={"label": "CRM"},
        made="/client_token/id",
    ),
    Route("POST", "/client-tokens/{client_token_id}/enable", ADMIN, enable_client_token),
    Route("POST", "/client-tokens/{client_token_id}/disable", ADMIN, disable_client_token),
    Route("DELETE", "/client-tokens/{client_token_id}", ADMIN, revoke_client_token),
    Route("GET", "/access-tokens", READ, list_access_tokens),
    Route("POST", "/access-tokens", ADMIN, create_access_token, status=201, example=EXAMPLE, made="/access_token/id"),
    Route("POST", "/access-tokens/{access_token_id}/enable", ADMIN, enable_access_token),
    Route("POST", "/access-tokens/{access_token_id}/disable", ADMIN, disable_access_token),
    Route("DELETE", "/access-tokens/{access_token_id}", ADMIN, revoke_access_token),
)
