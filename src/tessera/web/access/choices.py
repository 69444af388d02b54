"""What the forms of access choose: chains, permissions, a last day; and what an address asks for."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from tessera.platform.ids import parse_id
from tessera.platform.permissions import list_permissions
from tessera.web.forms import Form
from tessera.web.visits import Visit

GRANT = "grant."
LONGEST_FILTER = 200
# Years that can be stored and compared.
YEARS = range(2000, 9000)


def chosen_grants(form: Form) -> frozenset[str]:
    """Return the permissions that were chosen in the grid."""
    chosen = {f"{name.removeprefix(GRANT)}:{form.get(name)}" for name in form if name.startswith(GRANT)}
    chosen = {permission for permission in chosen if not permission.endswith(":")}
    known = chosen & set(list_permissions())
    if chosen != known:
        form.fault("permissions", f"There is no permission {min(chosen - known)[:80]!r}. Choose again.")
    return frozenset(known)


def chosen_chains(form: Form, visit: Visit) -> frozenset[UUID] | None:
    """Return the chains that were ticked; None is every chain."""
    if form.ticked("every_chain"):
        return None
    chosen = form.ids("chain_ids")
    if not chosen <= {chain.id for chain in visit.chains}:
        form.fault("chain_ids", "There is no such chain any more. Choose again.")
    if not chosen:
        form.fault("chain_ids", "Choose at least one chain.")
    return chosen


def end_of_day(form: Form, name: str) -> datetime | None:
    """Return the end of the day that was given."""
    day = form.day(name, years=YEARS)
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)


def asked(visit: Visit, name: str) -> str:
    """Return one parameter of the address, cut to what a filter can be."""
    return visit.request.query_params.get(name, "")[:LONGEST_FILTER].replace("\0", "").strip()


def asked_id(visit: Visit, name: str) -> UUID | None:
    """Return an id that the address asks for."""
    return parse_id(asked(visit, name))
