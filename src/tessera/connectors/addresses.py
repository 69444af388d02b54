"""The address policy as it is applied when a profile is saved. The address of a name is judged when connecting."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from tessera.connectors.errors import UrlNotAllowedError
from tessera.platform.http import CallError, judge_address, normalise_host, parse_url
from tessera.platform.settings import Settings


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What a deployment lets its profiles call."""

    allow_insecure_http: bool = False
    allowed_networks: Sequence[IPv4Network | IPv6Network] = ()


def address_policy(settings: Settings) -> AddressPolicy:
    """Return the deployment's policy."""
    return AddressPolicy(settings.allow_insecure_http, tuple(settings.allowed_networks))


def check_url(text: str, policy: AddressPolicy) -> str:
    """Return the URL trimmed, or raise `UrlNotAllowedError` with what this deployment has against it."""
    text = text.strip()
    try:
        url = parse_url(text, allow_insecure_http=policy.allow_insecure_http)
        host = normalise_host(url.host_str or "")
    except CallError as error:
        raise UrlNotAllowedError(error.message) from None
    if "#" in text:
        raise UrlNotAllowedError('A fragment ("#") is never sent. Take it out of the URL.')
    reason = None if isinstance(host, str) else judge_address(host, policy.allowed_networks)
    if reason is not None:
        raise UrlNotAllowedError(
            f"Calls to {url.host_str} are refused: its address is of the kind “{reason}”. If this deployment is meant "
            "to reach it, an administrator adds its network to TESSERA_ALLOWED_NETWORKS.",
            reason=reason,
        )
    return text
