"""Reading URLs and hosts with the very parser that later connects, so that no spelling means two things."""

import re

from pyreqwest.http import Url

from tessera.platform.http.addresses import Address, parse_address
from tessera.platform.http.errors import InvalidUrlError

# The parser drops tabs and line ends and stops the host at these; neither may happen to a host that comes alone.
NOT_IN_HOSTS = re.compile(r"[/?#@\\\s\x00-\x1f]")


def parse_url(text: str, *, allow_insecure_http: bool = False) -> Url:
    """Return the URL if it is one that may be called: https (or http where allowed), a host, no user-info."""
    try:
        url = Url(text)
    except ValueError as error:
        raise InvalidUrlError(f"This URL cannot be called: {error}. Write https://host/path.") from None
    if url.scheme == "http" and not allow_insecure_http:
        raise InvalidUrlError(
            "The target uses http, which sends everything readable. Use https; only a deployment with "
            "TESSERA_ALLOW_INSECURE_HTTP=true calls http addresses."
        )
    if url.scheme not in ("https", "http"):
        raise InvalidUrlError(f"The target uses {url.scheme}, and only https can be called. Write https://host/path.")
    if url.username or url.password is not None:
        raise InvalidUrlError("The URL holds a user name or password. Take it out and use the profile's credentials.")
    return url


def normalise_host(text: str) -> Address | str:
    """Return the address that a host spells in any way (decimal, octal, hex, short, mapped …), or its ASCII name."""
    bracketed = f"[{text}]" if ":" in text and not text.startswith("[") else text
    try:
        if not text or NOT_IN_HOSTS.search(text) or text.startswith("[") != text.endswith("]"):
            raise ValueError("a host is a name or an address, and nothing else")
        host = Url(f"http://{bracketed}/").host_str
    except ValueError as error:
        raise InvalidUrlError(f"This host cannot be called: {error}. Write a name or an address.") from None
    assert host is not None
    return parse_address(host) or host
