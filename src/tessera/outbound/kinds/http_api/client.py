"""How an HTTP API profile reaches its receiver: address, credentials, static headers and limits."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from tessera.connectors.contract import Target
from tessera.connectors.tokens import DEFAULT_LIFETIME, TokenGrant, client_credentials
from tessera.outbound.calls import USER_AGENT, HttpSender, TokenSender
from tessera.outbound.rendering import CompiledTemplate, compile_template, read_shape
from tessera.platform.http import CallLimits, OutboundClient, parse_authorities

TOKEN_READ_SECONDS = 30


def open_target(variant: str, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Target:
    """Return the target of a profile, its credentials made ready once for all calls."""
    connect, read = settings["connect_timeout_seconds"], settings["read_timeout_seconds"]
    credentials = authorization(variant, settings, secrets)
    authorities = parse_authorities(settings.get("ca_certificate"))
    grant = make_grant(settings, secrets, authorities) if variant == "oauth2" else None
    return Target(
        base_url=settings["base_url"],
        headers=(*credentials, *static_headers(settings, secrets)),
        limits=CallLimits(connect_seconds=connect, read_seconds=read, total_seconds=connect + read),
        concurrency=settings["max_concurrent_requests"],
        per_second=settings["max_requests_per_second"],
        per_minute=settings.get("max_requests_per_minute"),
        # A receiver may echo the credentials as they were sent.
        secrets=(
            *secrets.values(),
            *(value.partition(" ")[2] for _, value in credentials),
            *(grant.secrets if grant else ()),
        ),
        authorities=authorities,
        grant=grant,
    )


def make_renderer(shape: Mapping[str, Any], columns: Sequence[tuple[str, str]]) -> CompiledTemplate:
    """Return the template ready to plan requests of the query's rows."""
    return compile_template(read_shape(shape), columns)


def make_sender(target: Target, shape: Mapping[str, Any], client: OutboundClient) -> HttpSender:
    """Return the sender of the template's requests."""
    if target.tokens is not None:
        return TokenSender(target, target.tokens, read_shape(shape), client)
    return HttpSender(target, read_shape(shape), client)


def make_grant(settings: Mapping[str, Any], secrets: Mapping[str, str], authorities: tuple[bytes, ...]) -> TokenGrant:
    """Return how a profile's access token is asked for; an endpoint that hangs delays all requests, so not for long."""
    headers, body, spellings = client_credentials(
        settings["client_id"],
        secrets["client_secret"],
        {"scope": settings["scope"], "audience": settings["audience"], **settings["extra_token_parameters"]},
        in_body=settings["client_authentication"] == "body",
    )
    connect = settings["connect_timeout_seconds"]
    read = min(settings["read_timeout_seconds"], TOKEN_READ_SECONDS)
    return TokenGrant(
        url=settings["access_token_url"],
        headers=(USER_AGENT, *headers),
        body=body,
        limits=CallLimits(connect_seconds=connect, read_seconds=read, total_seconds=connect + read),
        authorities=authorities,
        lifetime_seconds=settings["token_expiration_seconds"] or DEFAULT_LIFETIME,
        secrets=spellings,
    )


def authorization(variant: str, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the credentials' header, sent with the first request already."""
    if variant == "basic":
        pair = f"{settings['username']}:{secrets['password']}".encode()
        return (("Authorization", f"Basic {b64encode(pair).decode()}"),)
    if variant == "bearer":
        return (("Authorization", f"Bearer {secrets['token']}"),)
    return ()


def static_headers(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the profile's own headers, with the product's name unless the profile gives another."""
    headers = tuple(
        (header["name"], secrets[f"static_headers:{header['name'].lower()}"] if header["secret"] else header["value"])
        for header in settings["static_headers"]
    )
    named = any(name.lower() == "user-agent" for name, _ in headers)
    return headers if named else (USER_AGENT, *headers)
