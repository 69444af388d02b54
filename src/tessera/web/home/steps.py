"""The first steps on a fresh system, and which of them are done."""

from dataclasses import dataclass

from tessera import connectors, exports, outbound, queries
from tessera.connectors import ProfileFilter
from tessera.outbound import TemplateFilter
from tessera.web.visits import Visit

TEMPLATES = "/admin/integrations/connectors/http_api/templates"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the checklist: what to do, and the page to do it on."""

    title: str
    text: str
    done: bool
    path: str | None = None


async def read_steps(visit: Visit) -> list[Step]:
    """Return the steps that this user can see the state of, in the order in which one needs the other."""
    session, actor = visit.session, visit.actor
    chains = "/admin/chains" if actor.may("chains:read") else None
    steps = [Step("Create a chain", "The tenant whose members live here.", bool(visit.chains), path=chains)]
    chain_id = visit.chosen.id if visit.chosen else None
    if actor.may("connection-profiles:read"):
        profiles = await connectors.list_profiles(session, actor, ProfileFilter(chain_id=chain_id), size=1)
        text = "Where data goes: an address, and credentials that are sealed."
        steps.append(Step("Connect a system", text, bool(profiles.items), path="/admin/integrations/connectors"))
    if actor.may("queries:read") and chain_id is not None:
        saved = await queries.list_queries(session, actor, chain_id, size=1)
        steps.append(Step("Write a query", "Which rows leave.", bool(saved.items), path="/analytics/queries"))
    if actor.may("http-templates:read"):
        templates = await outbound.list_templates(session, actor, TemplateFilter(chain_id=chain_id), size=1)
        text = "What a request looks like, seen live with a real row."
        steps.append(Step("Shape the request", text, bool(templates.items), path=TEMPLATES))
    if actor.may("exports:read"):
        steps += await read_export_steps(visit)
    return steps


async def read_export_steps(visit: Visit) -> list[Step]:
    """Return the steps from a definition to its first run."""
    definitions = await exports.list_definitions(visit.session, visit.actor, size=1)
    runs = await exports.list_runs(visit.session, visit.actor, size=1)
    path = "/admin/exports/definitions"
    text = "The query and the template together: what leaves, and where to."
    return [
        Step("Create an export definition", text, bool(definitions.items), path=path),
        Step("Run it", "Then watch every request arrive.", bool(runs.items), path=path),
    ]
