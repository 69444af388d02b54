"""What a token is asked for with: RFC 6749, section 4.4, and what servers want beside it. Pure."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

from tessera.platform.http import CallLimits

DEFAULT_LIFETIME = 3600
FORM_HEADERS = (("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded"))


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """A token request, the same each time, and for how long a token counts whose answer does not say it.

    `authorities` are certificate authorities, in DER, that the token endpoint's certificate may come from.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    limits: CallLimits = field(default_factory=CallLimits)
    authorities: tuple[bytes, ...] = field(default=(), repr=False)
    lifetime_seconds: int = DEFAULT_LIFETIME
    secrets: tuple[str, ...] = field(default=(), repr=False)


def client_credentials(
    client_id: str, client_secret: str, parameters: Mapping[str, str], *, in_body: bool
) -> tuple[tuple[tuple[str, str], ...], bytes, tuple[str, ...]]:
    """Return headers, body, and the spellings of the secret in them; the client is in one of the two, never both.

    Parameters without a value are left out.
    """
    given = {"grant_type": "client_credentials", **{name: text for name, text in parameters.items() if text}}
    if in_body:
        given |= {"client_id": client_id, "client_secret": client_secret}
        return FORM_HEADERS, urlencode(given).encode(), (client_secret,)
    # Each is form-encoded before the two are joined (RFC 6749, section 2.3.1): a colon in one would split them wrongly.
    pair = b64encode(f"{quote_plus(client_id)}:{quote_plus(client_secret)}".encode()).decode()
    return (*FORM_HEADERS, ("Authorization", f"Basic {pair}")), urlencode(given).encode(), (client_secret, pair)
