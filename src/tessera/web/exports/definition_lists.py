"""The page *Exports*: every export with its last run, searched and filtered by the address; and the create line."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post

from tessera import connectors, exports
from tessera.connectors import ProfileFilter
from tessera.exports import DefinitionFilter, RunState
from tessera.platform.paging import Page
from tessera.web.exports.destinations import MOST_CHOICES, DestinationType, destination_types, find_lone
from tessera.web.exports.details import PATH
from tessera.web.exports.drafts import FILTER, PERSON, QUERY
from tessera.web.exports.next_executions import list_next_executions
from tessera.web.exports.words import NEVER, QUEUES, RUN_STATES, TRIGGERS, count_parts
from tessera.web.forms import Form
from tessera.web.list_parameters import page_number
from tessera.web.visits import PageVisit, Visit

LONGEST_SEARCH = 200
SIZES = (25, 50, 100)
SORTS = {
    "label": "By name",
    "-last_run": "Last run first",
    "next_run": "Next execution first",
    "-created": "Newest first",
    "created": "Oldest first",
    "-updated": "Last updated first",
    "updated": "Longest not updated",
}
ORDERS = frozenset((*SORTS, "-label", "last_run", "-next_run"))
SWITCHED = {"yes": True, "no": False}
NEVER_RUN = "never"
RESOURCES = {QUERY: "Query", PERSON: "Person"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for; what makes no sense is as if it were not there."""

    search: str
    kind: str
    status: str
    enabled: str
    sort: str
    size: int

    @property
    def narrowed(self) -> bool:
        """Whether some definitions may be left out."""
        return bool(self.search or self.kind or self.status or self.enabled)


@get(PATH, permission="exports:read")
async def list_export_definitions(visit: PageVisit) -> Response[Any]:
    """List the definitions of the chosen chain with their last runs."""
    return await show_list(visit)


@post(PATH, permission="exports:write")
async def begin_export_definition(visit: PageVisit) -> Response[Any]:
    """Open the Details of a new export under the name that was typed; nothing is stored before it is saved."""
    form = await visit.form()
    form.text("label", required=True)
    resource = form.choice("resource", RESOURCES, required=True)
    destination = form.choice("destination", destination_types(), required=True)
    if form.faults:
        return await show_list(visit, form)
    carried = urlencode({"label": form.get("label").strip(), "destination": destination, "resource": resource})
    return visit.go(f"{PATH}/new/{visit.chain.id}/{FILTER}?{carried}")


async def show_list(visit: Visit, typed: Form | None = None) -> Response[Any]:
    """Show the list; `typed` is what the create line holds after it was refused."""
    wanted = read_wanted(visit)
    page = await exports.list_definitions(
        visit.session,
        visit.actor,
        chain_id=visit.chosen.id if visit.chosen else None,
        search=wanted.search,
        only=await make_filter(visit, wanted),
        number=page_number(visit),
        size=wanted.size,
    )
    return visit.page(
        "exports/templates/definitions.html",
        status=422 if typed else 200,
        wanted=wanted,
        typed=typed or Form(),
        path=PATH,
        **await read_rows(visit, page),
        **read_choices(),
    )


async def read_rows(visit: Visit, page: Page[exports.Definition]) -> dict[str, Any]:
    """Return the definitions of a page with what is shown beside them."""
    definitions = page.items
    return {
        "page": page,
        "last_runs": await exports.list_last_runs(visit.session, visit.actor, [each.id for each in definitions]),
        "schedules": await list_next_executions(visit, definitions),
        "kinds": await label_kinds(visit, definitions),
        "count_parts": count_parts,
    }


def read_choices() -> dict[str, Any]:
    """Return what can be filtered by, and how words read."""
    types = [(key, kind.label) for key, kind in destination_types().items()]
    states = [(state.value, words[1]) for state, words in RUN_STATES.items()]
    return {
        "types": types,
        "resources": RESOURCES,
        "states": RUN_STATES,
        "never": NEVER,
        "state_choices": [*states, (NEVER_RUN, NEVER[1])],
        "sorts": SORTS,
        "sizes": SIZES,
        "queues": QUEUES,
        "triggers": TRIGGERS,
    }


def read_wanted(visit: Visit) -> Wanted:
    """Return what the address asks for."""
    asked = visit.request.query_params

    def one_of(name: str, allowed: Any, otherwise: str = "") -> str:
        return asked.get(name, "") if asked.get(name) in allowed else otherwise

    return Wanted(
        search=asked.get("q", "")[:LONGEST_SEARCH].replace("\0", "").strip(),
        kind=one_of("kind", destination_types()),
        status=one_of("status", [*(state.value for state in RunState), NEVER_RUN]),
        enabled=one_of("enabled", SWITCHED),
        sort=one_of("sort", ORDERS, "label"),
        size=int(one_of("size", [str(size) for size in SIZES], str(SIZES[1]))),
    )


async def make_filter(visit: Visit, wanted: Wanted) -> DefinitionFilter:
    """Return the filter of the list; a type of destination with a connector is that of its profiles."""
    kind = destination_types().get(wanted.kind)
    profiles = None
    if kind is not None and kind.connector is not None:
        may = visit.actor.may("connection-profiles:read")
        profiles = list(await profiles_of(visit, kind)) if may else []
    return DefinitionFilter(
        kind=kind.kind if kind else None,
        lone=True if kind and kind.connector is None else None,
        profiles=profiles,
        enabled=SWITCHED.get(wanted.enabled),
        last_state=wanted.status or None,
        sort=wanted.sort,
    )


async def label_kinds(visit: Visit, definitions: Any) -> dict[Any, str]:
    """Return how the type of destination of each definition reads."""
    others = [kind for kind in destination_types().values() if kind.connector]
    found = {each.id: find_lone(each.kind).label for each in definitions if each.profile_id is None}
    through = {each.id: each.profile_id for each in definitions if each.profile_id is not None}
    if through and visit.actor.may("connection-profiles:read"):
        for kind in others:
            known = await profiles_of(visit, kind)
            found |= {key: kind.label for key, profile_id in through.items() if profile_id in known}
    return {each.id: found.get(each.id, "Connection profile") for each in definitions}


async def profiles_of(visit: Visit, kind: DestinationType) -> set[Any]:
    """Return the profiles that a type of destination leads through."""
    chain_id = visit.chosen.id if visit.chosen else None
    page = await connectors.list_profiles(
        visit.session, visit.actor, ProfileFilter(chain_id, kind.connector), size=MOST_CHOICES
    )
    return {profile.id for profile in page.items}
