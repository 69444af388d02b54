"""Asking a token endpoint once, and what its answer, or the lack of one, means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tessera.connectors.tokens.errors import TokenError
from tessera.connectors.tokens.grants import TokenGrant
from tessera.platform.clock import now
from tessera.platform.http import (
    TRANSIENT_STATUSES,
    CallError,
    CallErrorKind,
    OutboundClient,
    Reply,
    UnreadableBodyError,
    parse_url,
    read_json,
)
from tessera.platform.secrets import Masker

# RFC 6749, section 5.2; each ends a run as `oauth_…`. Other words of a server do so under a name of ours.
ADVICE = {
    "invalid_request": "Correct scope, audience and extra parameters, or send the client's credentials the other way.",
    "invalid_client": "Correct the client id, the client secret or the way they are sent.",
    "invalid_grant": "Correct the credentials.",
    "unauthorized_client": "Have the client allowed to use this grant.",
    "unsupported_grant_type": "Have the server allow this grant.",
    "invalid_scope": "Correct the scope.",
}
LONGEST_TOKEN = 16_384
LONGEST_LIFETIME = 366 * 86_400.0
LONGEST_SAYING = 200
LONGEST_NAME, MOST_NAMES = 40, 10
CONFIGURATION = {
    CallErrorKind.CERTIFICATE: "certificate_untrusted",
    CallErrorKind.REFUSED_ADDRESS: "address_refused",
    CallErrorKind.INVALID_URL: "url_not_allowed",
}


@dataclass(frozen=True, slots=True)
class FetchedToken:
    """A token as it came, and how many seconds after the request it ends."""

    text: str = field(repr=False)
    lifetime_seconds: float


async def request_token(client: OutboundClient, grant: TokenGrant) -> FetchedToken:
    """Ask for a token; raise a TokenError that says whether trying again can help."""
    try:
        reply = await client.send(
            "POST",
            grant.url,
            headers=grant.headers,
            body=grant.body,
            limits=grant.limits,
            authorities=grant.authorities,
        )
    except CallError as error:
        raise explain_call(grant, error) from None
    if 200 <= reply.status < 300:
        return read_token(grant, reply)
    raise explain_refusal(grant, reply)


def read_token(grant: TokenGrant, reply: Reply) -> FetchedToken:
    """Return the token of a success answer."""
    try:
        answer = read_json(reply.excerpt)
    except UnreadableBodyError as error:
        raise unreadable(grant, f"the answer {error}") from None
    if not isinstance(answer, dict):
        raise unreadable(grant, "the answer is not a JSON object")
    text = answer.get("access_token")
    if text is None:
        raise unreadable(grant, f"the answer has no access_token. It has: {list_names(answer)}")
    if not isinstance(text, str) or not is_sendable(text):
        raise unreadable(grant, "its access_token cannot be sent in a header")
    check_type(grant, answer.get("token_type"))
    return FetchedToken(text, read_lifetime(grant, answer.get("expires_in")))


def check_type(grant: TokenGrant, given: Any) -> None:
    """Refuse a token of a kind that is sent in another way; servers that say nothing, or BearerToken, mean bearer."""
    kind = "bearer" if given is None else str(given).strip()
    if kind and not kind.lower().startswith("bearer"):
        shown = plain(grant, kind)[:LONGEST_NAME]
        raise unreadable(grant, f"its token_type is “{shown}”, and Tessera sends bearer tokens only")


def list_names(answer: Mapping[str, Any]) -> str:
    """Return the names that the answer has; never a value, which may be the token under another name."""
    names = [name[:LONGEST_NAME] if name.isprintable() else "?" for name in list(answer)[:MOST_NAMES]]
    return ", ".join(names) or "nothing"


def read_lifetime(grant: TokenGrant, given: Any) -> float:
    """Return the token's seconds; many servers write the number as text."""
    if given is None:
        return grant.lifetime_seconds
    if isinstance(given, str) and given.strip().isascii() and given.strip().isdigit():
        given = float(given.strip()[:12])
    if isinstance(given, bool) or not isinstance(given, int | float) or given <= 0:
        raise unreadable(grant, "its expires_in is not a number of seconds to come")
    return min(float(given), LONGEST_LIFETIME)


def is_sendable(token: str) -> bool:
    """Say whether the token is allowed in a header: visible ASCII, nothing that would end the line."""
    return 0 < len(token) <= LONGEST_TOKEN and token.isascii() and token.isprintable() and " " not in token


def explain_refusal(grant: TokenGrant, reply: Reply) -> TokenError:
    """Return what an answer that is no success means."""
    host, answer = host_of(grant), decode(reply.excerpt)
    said = f"The token endpoint {host} answered {reply.status}"
    if reply.status in TRANSIENT_STATUSES:
        wait = reply.retry_after(now())
        return TokenError(f"{said}. Try again later.", reason="oauth_unavailable", temporary=True, retry_after=wait)
    if 300 <= reply.status < 400:
        message = f"{said}: redirects are never followed. Give the final address as the Access Token URL."
        return TokenError(message, reason="oauth_redirected")
    code = answer.get("error")
    if isinstance(code, str) and code in ADVICE:
        message = f"{said}, {code}{saying(grant, answer)}. {ADVICE[code]}"
        return TokenError(message, reason=f"oauth_{code}")
    return TokenError(
        f"{said} and gave no token{saying(grant, answer)}. Correct the Access Token URL and the client's credentials.",
        reason="oauth_refused",
    )


def explain_call(grant: TokenGrant, error: CallError) -> TokenError:
    """Return what a call without an answer means: asking twice does no harm, so what may pass is tried again."""
    if error.kind in CONFIGURATION:
        return TokenError(f"Access token: {error.message}", reason=CONFIGURATION[error.kind])
    if error.kind is CallErrorKind.INVALID_REQUEST:
        return TokenError(f"Access token: {error.message}", reason="request_invalid")
    message = f"The token endpoint {host_of(grant)} gave no answer. Check that it runs and can be reached."
    return TokenError(message, reason="oauth_unavailable", temporary=True)


def unreadable(grant: TokenGrant, why: str) -> TokenError:
    """Return the error for a success answer that cannot be used."""
    message = f"The token endpoint {host_of(grant)} answered, but {why}. Check the Access Token URL."
    return TokenError(message, reason="oauth_answer_invalid")


def saying(grant: TokenGrant, answer: Mapping[str, Any]) -> str:
    """Return the server's own words, secrets masked, on one line."""
    words = answer.get("error_description")
    if not isinstance(words, str) or not words.strip():
        return ""
    return f" (“{plain(grant, words)[:LONGEST_SAYING].strip()}”)"


def plain(grant: TokenGrant, words: str) -> str:
    """Return the server's words, secrets masked, without characters that end a line."""
    return "".join(each if each.isprintable() else " " for each in Masker(grant.secrets).mask(words))


def decode(body: bytes) -> Mapping[str, Any]:
    """Return the answer's JSON object, empty where there is none."""
    try:
        answer = read_json(body)
    except UnreadableBodyError:
        return {}
    return answer if isinstance(answer, dict) else {}


def host_of(grant: TokenGrant) -> str:
    """Return the endpoint's host; the rest of its address may hold secrets."""
    return parse_url(grant.url, allow_insecure_http=True).host_str or ""
