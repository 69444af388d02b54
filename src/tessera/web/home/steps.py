"""The first steps on a fresh system, and which of them are done."""

from dataclasses import dataclass

from tessera import exports, loyalty
from tessera.web.visits import Visit


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the checklist: a page to go to, or a command to run where there is no page yet."""

    title: str
    text: str
    done: bool
    path: str | None = None
    command: str | None = None


async def read_steps(visit: Visit) -> list[Step]:
    """Return the steps that this user can see the state of."""
    session, actor = visit.session, visit.actor
    chains = await loyalty.list_chains(session, actor)
    steps = [
        Step("Create a chain", "The tenant whose members live here.", bool(chains), path="/admin/chains"),
    ]
    if actor.may("exports:read"):
        definitions = await exports.list_definitions(session, actor, size=1)
        runs = await exports.list_runs(session, actor, size=1)
        steps += [
            Step(
                "Create an export definition",
                "What leaves and where to: a query, and a template of the request.",
                bool(definitions.items),
                path="/admin/exports/definitions",
                command="tessera export create",
            ),
            Step("Run it", "Then watch every request arrive.", bool(runs.items), path="/admin/exports/definitions"),
        ]
    return steps
