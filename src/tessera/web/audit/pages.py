"""The list of audit entries under filters, and one entry with what differs side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from tessera.platform import audit
from tessera.platform.audit import KeptEntry, TrailFilter
from tessera.platform.ids import parse_id
from tessera.platform.paging import COUNT_LIMIT
from tessera.web.audit.links import link_of
from tessera.web.numbers import LARGEST_SEQUENCE, parse_number
from tessera.web.visits import PageVisit

PATH = "/admin/audit"
SIZE = 50
LONGEST_FILTER = 200
LARGEST_ID = 2**63 - 1
YEARS = range(2000, 9000)
FILTERS = ("kind", "action", "actor", "actor_id", "chain_id", "object", "from", "to")


@dataclass(frozen=True, slots=True)
class Difference:
    """One property as it was and as it became; None is absent."""

    name: str
    before: str | None
    after: str | None


@get(PATH, permission="audit:read")
async def list_audit_trail(visit: PageVisit) -> Response[Any]:
    """List what happened, newest first."""
    typed = {name: visit.request.query_params.get(name, "")[:LONGEST_FILTER].strip() for name in FILTERS}
    wanted, faults = read_filter(typed)
    after = read_position(visit.request.query_params.get("after", ""))
    found: list[KeptEntry] = []
    total = 0
    if not faults:
        found = await audit.list_entries(visit.session, visit.actor, wanted, after=after, count=SIZE + 1)
        total = await audit.count_entries(visit.session, visit.actor, wanted)
    kinds, actions = await audit.list_words(visit.session, visit.actor)
    return visit.page(
        "audit/templates/audit.html",
        entries=found[:SIZE],
        older=found[SIZE - 1].id if len(found) > SIZE else None,
        after=after,
        kept_days=visit.resources.settings.audit_days,
        total=f"{total:,}" if total <= COUNT_LIMIT else f"over {COUNT_LIMIT:,}",
        typed=typed,
        faults=faults,
        filtered=any(typed.values()),
        kinds=kinds,
        actions=actions,
        names={chain.id: chain.name for chain in visit.chains},
        link_of=link_of,
        path_here=PATH,
    )


@get(f"{PATH}/{{entry_id:int}}", permission="audit:read")
async def show_audit_entry(visit: PageVisit, entry_id: FromPath[int]) -> Response[Any]:
    """Show one entry, before and after side by side."""
    entry = await audit.get_entry(visit.session, visit.actor, min(max(entry_id, 0), LARGEST_ID))
    return visit.page(
        "audit/templates/audit_entry.html",
        entry=entry,
        differences=list_differences(entry.before or {}, entry.after or {}),
        object_link=link_of(entry),
        names={chain.id: chain.name for chain in visit.chains},
        path_here=PATH,
    )


def read_filter(typed: Mapping[str, str]) -> tuple[TrailFilter, dict[str, str]]:
    """Return the filter that the address asks for, and what in it makes no sense."""
    faults: dict[str, str] = {}
    ids: dict[str, UUID | None] = {}
    for name in ("actor_id", "chain_id", "object"):
        ids[name] = parse_id(typed[name])
        if typed[name] and ids[name] is None:
            faults[name] = "That is no id. Copy one from a page or a list."
    days: dict[str, date | None] = {}
    for name in ("from", "to"):
        days[name] = read_day(typed[name])
        if typed[name] and days[name] is None:
            faults[name] = "That is no day. Write it as 2031-12-31."
    last = days["to"]
    words = {name: typed[name].replace("\0", "") or None for name in ("kind", "action", "actor")}
    wanted = TrailFilter(
        kind=words["kind"],
        action=words["action"],
        actor_name=words["actor"],
        actor_id=ids["actor_id"],
        chain_id=ids["chain_id"],
        object_id=ids["object"],
        since=start_of(days["from"]),
        until=start_of(None if last is None else last + timedelta(days=1)),
    )
    return wanted, faults


def read_day(text: str) -> date | None:
    """Return the day that the text spells, of a year that can be compared."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def start_of(day: date | None) -> datetime | None:
    """Return the first moment of a day."""
    return None if day is None else datetime.combine(day, time(), tzinfo=UTC)


def read_position(text: str) -> int | None:
    """Return the entry to go on behind; what is none falls back to the newest."""
    return parse_number(text, largest=LARGEST_SEQUENCE)


def list_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return every property that the entry names, with both its values."""
    return [
        Difference(name, show_value(before, name), show_value(after, name)) for name in dict.fromkeys([*after, *before])
    ]


def show_value(values: Mapping[str, Any], name: str) -> str | None:
    """Return a property's value as people read it."""
    if name not in values:
        return None
    value = values[name]
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value) or "none"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
