"""API keys: what opens this API."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

from tessera.access import chains as access_chains
from tessera.access import keys as access_keys
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import NumberedListing, SearchQuery, number_page
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Label, Moment, Permission

Sort = Literal["label", "-label", "used", "-used", "created", "-created"]


class ApiKeyQuery(SearchQuery, frozen=True):
    """Which API keys to list."""

    q: Annotated[str, Meta(max_length=255, description="Those with this text in label or first characters.")] = ""
    sort: Annotated[Sort, Meta(description="By label, or when it was used or made; - turns it round.")] = "-created"


class NewApiKey(Asked, frozen=True):
    """A key to make. It never has more than the key that makes it; a role or a permission has to be given."""

    label: Label
    chain_ids: Annotated[
        list[UUID] | None, Meta(description="Chains it sees; null is every chain that the maker sees.")
    ] = None
    permissions: Annotated[list[Permission] | None, Meta(description="What it may do beside its roles.")] = None
    role_ids: Annotated[
        list[UUID], Meta(max_length=100, description="Roles it is bound to; a change of a role acts at once.")
    ] = field(default_factory=list)
    expires_at: Annotated[Moment | None, Meta(description="When it ends; null is never.")] = None


class ApiKey(Struct, frozen=True):
    """A key, without its text."""

    id: UUID
    label: str
    hint: Annotated[str, Meta(description="Its first characters, by which people recognise a key.")]
    chain_ids: Annotated[Sequence[UUID] | None, Meta(description="Null is every chain.")]
    permissions: Annotated[
        Sequence[str] | None, Meta(description="With those of its roles, as they are now; null is everything.")
    ]
    role_ids: Sequence[UUID]
    enabled: bool
    created_at: Moment
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    expires_at: Moment | None
    revoked_at: Moment | None
    used_at: Annotated[Moment | None, Meta(description="Roughly when it was last used.")]


class MadeApiKey(Struct, frozen=True):
    """A key just made."""

    api_key: ApiKey
    text: Annotated[str, Meta(description="The key itself, shown this once.", examples=["tsr_…"])]


async def list_api_keys(call: Call, query: ApiKeyQuery) -> NumberedListing[ApiKey]:
    """List the API keys, newest first unless asked otherwise.

    A key that reaches chains beyond those of the asking key is not listed.
    """
    page = await access_keys.list_api_key_page(
        call.session, call.actor, search=query.q, sort=query.sort, number=query.page, size=query.limit
    )
    return number_page(page, show)


async def create_api_key(call: Call, body: NewApiKey) -> MadeApiKey:
    """Make an API key.

    Its text is in this answer and nowhere else.
    """
    await access_chains.check_chains(call.session, call.actor, body.chain_ids or ())
    new = access_keys.NewApiKey(
        label=body.label,
        chains=None if body.chain_ids is None else frozenset(body.chain_ids),
        permissions=frozenset(body.permissions or ()) or None,
        expires_at=body.expires_at,
        roles=frozenset(body.role_ids),
    )
    (made,) = await access_keys.create_api_keys(call.session, call.actor, call.resources.keys, [new], now=call.now)
    return MadeApiKey(show(made.key), made.text)


async def enable_api_key(call: Call, api_key_id: UUID) -> ApiKey:
    """Switch an API key on again."""
    return show(await access_keys.enable_api_key(call.session, call.actor, api_key_id, enabled=True))


async def disable_api_key(call: Call, api_key_id: UUID) -> ApiKey:
    """Switch an API key off."""
    return show(await access_keys.enable_api_key(call.session, call.actor, api_key_id, enabled=False))


async def revoke_api_key(call: Call, api_key_id: UUID) -> None:
    """Revoke an API key permanently.

    It is refused from the next request on.
    """
    await access_keys.revoke_api_key(call.session, call.actor, api_key_id, now=call.now)


def show(key: access_keys.ApiKey) -> ApiKey:
    """Return the key's shape on the wire."""
    return ApiKey(
        id=key.id,
        label=key.label,
        hint=key.hint,
        chain_ids=None if key.chains is None else sorted(key.chains),
        permissions=None if key.permissions is None else sorted(key.permissions),
        role_ids=[role.id for role in key.roles],
        enabled=key.enabled,
        created_at=key.created_at,
        created_by=key.created_by,
        created_by_kind=key.created_by_kind,
        created_by_id=key.created_by_id,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        used_at=key.used_at,
    )


EXAMPLE = {"label": "Nightly sync", "permissions": ["members:read"], "expires_at": "2031-01-01T00:00:00Z"}
ROUTES = (
    Route("GET", "/api-keys", "api-keys:read", list_api_keys),
    Route("POST", "/api-keys", "api-keys:admin", create_api_key, status=201, example=EXAMPLE, made="/api_key/id"),
    Route("POST", "/api-keys/{api_key_id}/enable", "api-keys:admin", enable_api_key),
    Route("POST", "/api-keys/{api_key_id}/disable", "api-keys:admin", disable_api_key),
    Route("DELETE", "/api-keys/{api_key_id}", "api-keys:admin", revoke_api_key),
)
