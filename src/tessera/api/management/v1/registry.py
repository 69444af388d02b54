"""Every route, and which one an address means."""

from collections.abc import Iterator

from tessera.api.management.v1 import (
    accounts,
    api_keys,
    audit_log,
    chains,
    connection_profiles,
    connectors,
    encryption_keys,
    events,
    export_definitions,
    export_kinds,
    export_notices,
    export_parked_rows,
    export_schedules,
    http_templates,
    inbound_messages,
    memberships,
    notices,
    outbox,
    points,
    programs,
    queries,
    roles,
    runs,
    schedule_previews,
    tiers,
    tokens,
    users,
    webhooks,
)
from tessera.api.management.v1.problems import RefusedError
from tessera.api.management.v1.routes import Route

ROUTES: tuple[Route, ...] = (
    *users.ROUTES,
    *roles.ROUTES,
    *api_keys.ROUTES,
    *chains.ROUTES,
    *tokens.ROUTES,
    *accounts.ROUTES,
    *programs.ROUTES,
    *tiers.ROUTES,
    *memberships.ROUTES,
    *points.ROUTES,
    *connectors.ROUTES,
    *connection_profiles.ROUTES,
    *inbound_messages.ROUTES,
    *encryption_keys.ROUTES,
    *queries.ROUTES,
    *http_templates.ROUTES,
    *events.ROUTES,
    *export_definitions.ROUTES,
    *export_schedules.ROUTES,
    *export_parked_rows.ROUTES,
    *export_notices.ROUTES,
    *schedule_previews.ROUTES,
    *export_kinds.ROUTES,
    *runs.ROUTES,
    *webhooks.ROUTES,
    *notices.ROUTES,
    *outbox.ROUTES,
    *audit_log.ROUTES,
)


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Return the route and the texts of its placeholders; raise 404 for the address, 405 for the method."""
    matches = list(match_path(tuple(path.split("/")[1:])))
    if not matches:
        raise RefusedError(404, "not_found", "There is nothing at this address. See /api/v1/openapi.json.")
    for route, texts in matches:
        if route.method == method:
            return route, texts
    allowed = ", ".join(sorted({route.method for route, _ in matches}))
    detail = f"This address does not know the method {method[:20]}. It knows {allowed}."
    raise RefusedError(405, "method_not_allowed", detail, headers={"Allow": allowed})


def match_path(segments: tuple[str, ...]) -> Iterator[tuple[Route, dict[str, str]]]:
    """Yield the routes of a path; where one spells it out, only that one and its like."""
    found = [(route, texts) for route in ROUTES if (texts := route.match(segments)) is not None]
    fewest = min((len(texts) for _, texts in found), default=0)
    yield from ((route, texts) for route, texts in found if len(texts) == fewest)
