"""*Test connection* of a Cheetah Digital profile: a token from its token endpoint."""

from urllib.parse import urlencode

from tessera.connectors.contract import TOKEN, Network, OpenedProfile, ProbeResult, not_reached, try_address, try_token
from tessera.connectors.tokens import DEFAULT_LIFETIME, FORM_HEADERS, TokenGrant
from tessera.platform.http import CallLimits

LIMITS = CallLimits(connect_seconds=10, read_seconds=20, total_seconds=30)


async def probe(profile: OpenedProfile, network: Network, _options: frozenset[str]) -> ProbeResult:
    """Ask for a token with the Consumer Key and Secret, by the one grant that the endpoint knows."""
    address = await try_address(network.client, profile.settings["access_token_url"])
    if not address.passed:
        return ProbeResult([address, not_reached(TOKEN)])
    step, _ = await try_token(network.client, make_grant(profile))
    return ProbeResult([address, step])


def make_grant(profile: OpenedProfile) -> TokenGrant:
    """Return the token request: RFC 6749, section 4.3, without a client."""
    settings, password = profile.settings, profile.secrets["password"]
    body = urlencode({"grant_type": "password", "username": settings["username"], "password": password})
    return TokenGrant(
        url=settings["access_token_url"],
        headers=FORM_HEADERS,
        body=body.encode(),
        limits=LIMITS,
        lifetime_seconds=settings["token_expiration_seconds"] or DEFAULT_LIFETIME,
        secrets=(password,),
    )
