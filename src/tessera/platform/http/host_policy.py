"""The address policy applied to a host: one bad address refuses it, because its owner chooses which one we get."""

from collections.abc import Sequence

from tessera.platform.http.addresses import Address, Network, judge_address
from tessera.platform.http.errors import NotSentError, RefusedAddressError
from tessera.platform.http.name_resolution import Resolver
from tessera.platform.http.urls import normalise_host


async def vet_host(host: str, port: int, *, allowed: Sequence[Network], resolver: Resolver) -> tuple[Address, ...]:
    """Return the addresses of a host, best first, if every one of them may be called."""
    target = normalise_host(host)
    addresses = await resolver(target, port) if isinstance(target, str) else [target]
    if not addresses:
        raise NotSentError(f"The name {host} has no address. Check its spelling; nothing was sent.")
    for address in addresses:
        reason = judge_address(address, allowed)
        if reason is not None:
            raise RefusedAddressError(
                f"Calls to {host} are refused: its address is of the kind “{reason}”. If this deployment is meant to "
                "reach it, an administrator adds its network to TESSERA_ALLOWED_NETWORKS.",
                reason=reason,
            )
    return tuple(addresses)
