"""What a provider publishes: its addresses and its keys, fetched by our own vetted client and kept for an hour."""

from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tessera.access.oidc.errors import ProviderAnswerError, ProviderUnavailableError
from tessera.platform.http import CallError, CallLimits, Headers, OutboundClient, UnreadableBodyError, read_json

WELL_KNOWN = "/.well-known/openid-configuration"
LIMITS = CallLimits(connect_seconds=5, read_seconds=10, total_seconds=15, answer_bytes=64 * 1024)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The provider's addresses, and which of two ways it wants to know who asks for tokens."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    posts_secret: bool
    names_issuer: bool


async def fetch_metadata(client: OutboundClient, issuer: str) -> Metadata:
    """Return what the provider says about itself; a document about another one is refused."""
    found = await fetch_json(client, "GET", issuer.rstrip("/") + WELL_KNOWN)
    if found.get("issuer") != issuer:
        raise ProviderAnswerError(
            "The identity provider calls itself by another name than TESSERA_OIDC_ISSUER. Write the very name that its"
            " discovery document has."
        )
    addresses = {name: address_in(found, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    ways = found.get("token_endpoint_auth_methods_supported")
    userinfo = found.get("userinfo_endpoint")
    return Metadata(
        issuer=issuer,
        **addresses,
        userinfo_endpoint=userinfo if isinstance(userinfo, str) else None,
        # Without a word, the standard says basic.
        posts_secret=isinstance(ways, list) and "client_secret_basic" not in ways and "client_secret_post" in ways,
        names_issuer=found.get("authorization_response_iss_parameter_supported") is True,
    )


def address_in(found: dict[str, Any], name: str) -> str:
    """Return an address that the discovery document must have."""
    address = found.get(name)
    if not isinstance(address, str) or not address.isprintable() or not address.startswith(("https://", "http://")):
        raise ProviderAnswerError(f"The identity provider's discovery document has no {name}. Ask its operator.")
    return address


async def fetch_keys(client: OutboundClient, metadata: Metadata) -> KeySet:
    """Return the keys that the provider signs with; kinds that we do not know are left out."""
    found = await fetch_json(client, "GET", metadata.jwks_uri)
    listed = found.get("keys")
    keys = [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []
    usable = [key for key in keys if key.get("kty") in ("RSA", "EC") and is_key(key)]
    if not usable:
        raise ProviderAnswerError("The identity provider publishes no key that we can use. Ask its operator.")
    return KeySet.import_key_set({"keys": usable})


def is_key(key: dict[str, Any]) -> bool:
    """Say whether this reads as a key."""
    try:
        KeySet.import_key_set({"keys": [key]})
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    return True


async def fetch_json(
    client: OutboundClient, method: str, url: str, *, headers: Headers = (), body: bytes = b""
) -> dict[str, Any]:
    """Return the object that the provider answers with; raise where it fails, or says something else."""
    status, found = await ask(client, method, url, headers=headers, body=body)
    if status != 200:
        raise ProviderUnavailableError(f"The identity provider answers {status}. Try again later.")
    return found


async def ask(
    client: OutboundClient, method: str, url: str, *, headers: Headers = (), body: bytes = b""
) -> tuple[int, dict[str, Any]]:
    """Return the status and the object that the provider answers with, an empty one where it is none."""
    given = [("Accept", "application/json"), *headers]
    try:
        reply = await client.send(method, url, headers=given, body=body, limits=LIMITS)
    except CallError as error:
        raise ProviderUnavailableError(f"The identity provider cannot be asked. {error.message}") from None
    try:
        found = read_json(reply.excerpt)
    except UnreadableBodyError:
        found = None
    return reply.status, found if isinstance(found, dict) else {}
