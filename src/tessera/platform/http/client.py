"""The one way out over HTTP: addresses vetted when connecting, limits on everything, failures by their kind."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tessera.platform.http.addresses import Address, Network
from tessera.platform.http.calls import Call, CallLimits, Headers, Reply, send_call
from tessera.platform.http.egress_proxy import EgressProxy
from tessera.platform.http.errors import NotSentError
from tessera.platform.http.host_policy import vet_host
from tessera.platform.http.name_resolution import Resolver, resolve_name
from tessera.platform.http.routes import Origin, Route, build_client, read_authorities
from tessera.platform.http.urls import parse_url

FRESH_SECONDS = 30
MOST_ROUTES = 256
DEFAULT_LIMITS = CallLimits()


class OutboundClient:
    """Sends requests to other people's machines; a process needs one."""

    def __init__(
        self,
        *,
        allowed_networks: Sequence[Network] = (),
        allow_insecure_http: bool = False,
        ca_file: Path | None = None,
        resolver: Resolver = resolve_name,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed = tuple(allowed_networks)
        self._allow_insecure_http = allow_insecure_http
        self._authorities = read_authorities(ca_file) if ca_file else []
        self._resolver = resolver
        self._timer = timer
        self._routes: dict[Origin, Route] = {}

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Headers = (),
        body: bytes = b"",
        limits: CallLimits = DEFAULT_LIMITS,
        authorities: tuple[bytes, ...] = (),
    ) -> Reply:
        """Return the answer, whatever its status; raise a `CallError` whose kind says what is known.

        A name with several addresses is tried at more than one of them, as long as nothing was sent. A cancelled call
        returns at once, but its request may go on behind the scenes until the limits strike. `authorities` are
        certificate authorities, in DER, that this call trusts beside those of the deployment.
        """
        parsed = parse_url(url, allow_insecure_http=self._allow_insecure_http)
        origin = Origin(parsed.scheme, parsed.host_str or "", parsed.port_or_known_default or 0, limits, authorities)
        call = Call(method, parsed, headers, body, limits)
        tries = 0
        while True:
            route = self._routes.get(origin)
            if route is None or route.fresh_until < self._timer():
                route = await self._open(origin)
            try:
                return await send_call(route.client, call)
            except NotSentError:
                tries += 1
                if not self._leave(origin, route) or tries >= limits.addresses:
                    raise

    async def vet(self, url: str) -> Sequence[Address]:
        """Return the addresses that the URL's host has now, if it may be called; raise as `send` would."""
        parsed = parse_url(url, allow_insecure_http=self._allow_insecure_http)
        host, port = parsed.host_str or "", parsed.port_or_known_default or 0
        return await self.vet_host(host, port)

    async def vet_host(self, host: str, port: int) -> tuple[Address, ...]:
        """Return the addresses of a host, best first, if all of them may be reached; for other ways out than HTTP."""
        return await vet_host(host, port, allowed=self._allowed, resolver=self._resolver)

    def gate(self) -> EgressProxy:
        """Return a gate under the same policy, for libraries that make their connections themselves."""
        return EgressProxy(self.vet_host, allow_insecure_http=self._allow_insecure_http)

    async def close(self) -> None:
        """Break off what is under way and close all connections."""
        routes = list(self._routes.values())
        self._routes.clear()
        for route in routes:
            await route.client.close()

    async def _open(self, origin: Origin) -> Route:
        """Vet the origin now and return its route, by the same connections as before if their address is still good."""
        addresses = await self.vet_host(origin.host, origin.port)
        known = self._routes.pop(origin, None)
        if known is not None and known.addresses[0] in addresses:
            first = known.addresses[0]
            others = tuple(address for address in addresses if address != first)
            return self._keep(origin, (first, *others), known)
        return self._keep(origin, addresses)

    def _leave(self, origin: Origin, route: Route) -> bool:
        """Give up an address that did not answer; True means that there is another one to try."""
        current = self._routes.get(origin)
        if current is not route:  # a call beside this one was faster
            return current is not None
        del self._routes[origin]
        if len(route.addresses) == 1:
            return False
        self._keep(origin, route.addresses[1:])
        return True

    def _keep(self, origin: Origin, addresses: tuple[Address, ...], known: Route | None = None) -> Route:
        """Remember a route for a while; calls under way on one that is forgotten end undisturbed."""
        client = known.client if known else build_client(origin, addresses[0], self._authorities)
        route = self._routes[origin] = Route(addresses, client, self._timer() + FRESH_SECONDS)
        while len(self._routes) > MOST_ROUTES:
            del self._routes[next(iter(self._routes))]
        return route
