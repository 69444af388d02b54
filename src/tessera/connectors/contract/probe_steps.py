"""Steps of *Test connection* that several kinds take over HTTP, in words that say what to do next."""

from dataclasses import replace
from http import HTTPStatus

from tessera.connectors.contract.types import ProbeResult, ProbeStep, Target
from tessera.connectors.tokens import FetchedToken, TokenError, TokenGrant, request_token
from tessera.platform.http import CallError, CallErrorKind, OutboundClient, OutcomeUnknownError, Reply, parse_url

ADDRESS, CONNECTION, ANSWER, TOKEN = "Address", "Connection", "Answer", "Access token"
NOT_REACHED = "Not tried: the step before it failed."
READ_SECONDS = 20
# Servers that know no HEAD, or guard it differently; a connection that breaks off is taken for one of them.
GET_INSTEAD = frozenset({403, 405, 501})


async def try_address(client: OutboundClient, url: str) -> ProbeStep:
    """Look the URL's host up, and see whether this deployment may call what it finds."""
    try:
        found = await client.vet(url)
    except CallError as error:
        return ProbeStep(ADDRESS, False, error.message)
    host = host_of(url)
    shown = ", ".join(str(address) for address in found[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    if host == shown:
        return ProbeStep(ADDRESS, True, f"{host} may be called from here.")
    return ProbeStep(ADDRESS, True, f"{host} is {shown}{more}, and may be called from here.")


async def try_token(client: OutboundClient, grant: TokenGrant) -> tuple[ProbeStep, FetchedToken | None]:
    """Ask for a new token, whether or not one is kept that could be used: it is the credentials that are tried."""
    try:
        token = await request_token(client, grant)
    except TokenError as error:
        return ProbeStep(TOKEN, False, error.message), None
    lasts = (
        f"{token.lifetime_seconds:,.0f} s"
        if token.lifetime_seconds < 120
        else f"{token.lifetime_seconds / 60:,.0f} min"
    )
    return ProbeStep(TOKEN, True, f"{host_of(grant.url)} gave a token that lasts {lasts}."), token


def connected_step(url: str) -> ProbeStep:
    """Say that a connection stood: there was an answer, so there was one."""
    over = "over TLS, and its certificate is trusted" if url.startswith("https:") else "without encryption"
    return ProbeStep(CONNECTION, True, f"Connected to {host_of(url)} {over}.")


def failed_steps(url: str, error: CallError) -> list[ProbeStep]:
    """Return what a call without an answer means for the connection and the answer."""
    if error.kind is not CallErrorKind.UNKNOWN:
        return [ProbeStep(CONNECTION, False, error.message), not_reached(ANSWER)]
    # No word on the receiver having processed anything: what a test sends is harmless.
    message = f"{host_of(url)} took the connection but gave no whole answer in time. Look at its log, or allow it more."
    return [connected_step(url), ProbeStep(ANSWER, False, message)]


def answer_step(url: str, method: str, reply: Reply) -> ProbeStep:
    """Return what the answer means: every one but 401 and 403 shows that a server is there and accepts us."""
    what = f"{host_of(url)} answered {method} with {name_of(reply.status)} in {reply.duration_seconds * 1000:,.0f} ms."
    if reply.status in (401, 403):
        return ProbeStep(ANSWER, False, f"Reached, credentials refused: {what} Correct the profile's credentials.")
    if 300 <= reply.status < 400:
        return ProbeStep(ANSWER, True, f"{what} Redirects are never followed: give the final address as the Base URL.")
    if reply.status >= 400:
        return ProbeStep(ANSWER, True, f"{what} That is no fault here: templates add their own path and method.")
    return ProbeStep(ANSWER, True, what)


def not_reached(title: str) -> ProbeStep:
    """Return a step that was not tried because one before it failed."""
    return ProbeStep(title, None, NOT_REACHED)


def host_of(url: str) -> str:
    """Return the URL's host; the rest of a URL may hold secrets."""
    return parse_url(url, allow_insecure_http=True).host_str or ""


def name_of(status: int) -> str:
    """Return the status with its usual name."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


async def try_target(client: OutboundClient, target: Target) -> ProbeResult:
    """Take the steps to the Base URL."""
    url = target.base_url
    address = await try_address(client, url)
    if not address.passed:
        return ProbeResult([address, not_reached(CONNECTION), not_reached(ANSWER)])
    try:
        method, reply = await ask_head(client, target)
    except CallError as error:
        return ProbeResult([address, *failed_steps(url, error)])
    return ProbeResult([address, connected_step(url), answer_step(url, method, reply)], reply.status)


async def ask_head(client: OutboundClient, target: Target) -> tuple[str, Reply]:
    """Return the answer to HEAD, or to GET where HEAD is inconclusive."""
    read = min(READ_SECONDS, target.limits.read_seconds)
    limits = replace(target.limits, read_seconds=read, total_seconds=target.limits.connect_seconds + read)

    async def ask(method: str) -> Reply:
        return await client.send(
            method, target.base_url, headers=target.headers, limits=limits, authorities=target.authorities
        )

    try:
        reply = await ask("HEAD")
        if reply.status not in GET_INSTEAD:
            return "HEAD", reply
    except OutcomeUnknownError:
        pass
    return "GET", await ask("GET")
