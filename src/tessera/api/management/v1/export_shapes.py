"""Export definitions on the wire, and how they are read into what the room knows."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field
from msgspec.structs import replace

from tessera import connectors, exports, outbound, queries
from tessera.api.management.v1.export_notices import ExportNotifications, show_notifications
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.scalars import Label, Moment, Text
from tessera.api.management.v1.schedule_shapes import ExportSchedule, show_schedule
from tessera.api.management.v1.shapes import show_as
from tessera.exports import Definition, DefinitionChange, NewDefinition, Run
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.schedules import StoredSchedule

Level = Literal["off", "warn", "hold", "fail"]
Queue = Annotated[Literal["high", "normal", "low"], Meta(description="Workers take high before normal before low.")]
Percent = Annotated[int, Meta(ge=0, le=1000)]
Bound = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Shards = Annotated[int, Meta(ge=1, le=32, description="Into so many parts a run is divided, for several workers.")]
Words = Annotated[str, Meta(max_length=10_000)]
Reference = Annotated[Text, Meta(description="Id or internal name.", examples=["members"])]
OwnerName = Annotated[
    Text, Meta(description="Address of a user, or id of a user or an API key.", examples=["ada@example.com"])
]
Settings = Annotated[
    dict[str, Any],
    Meta(description="What the kind declares, see `GET /export-kinds`. A null takes the default."),
]
Value = str | int | float | bool | None
Parameters = Annotated[dict[str, Value], Meta(description="Values of the query's own parameters.")]
Period = Annotated[
    Literal["since_last_success", "day", "week", "month"],
    Meta(description="`:from` and `:to` of a run: since the last good one, or the last whole day, week or month."),
]


class ExportChanges(Asked, frozen=True):
    """Only rows that were added or changed since they were last accepted are sent."""

    first_run: Annotated[
        Literal["send", "baseline"], Meta(description="Send what is there already, or only note it.")
    ] = "send"
    removals: Annotated[bool, Meta(description="Whether rows that left the selection are sent too.")] = False
    most_refusals: Annotated[
        int, Meta(ge=1, le=100, description="So often a row is refused before it waits until it changes.")
    ] = 3


class ExportGates(Asked, frozen=True):
    """What is checked about a selection before anything is sent, and what follows when it fails."""

    rows: Annotated[Level, Meta(description="Unusually many or few rows.")] = "hold"
    rows_percent: Annotated[Percent, Meta(description="So far off the median of the last runs is usual.")] = 50
    removals: Annotated[Level, Meta(description="Many rows left the selection.")] = "hold"
    removals_percent: Annotated[Percent, Meta(description="So many of the rows may leave.")] = 10
    keys: Annotated[Level, Meta(description="Empty or repeated keys.")] = "fail"
    empty: Annotated[Level, Meta(description="No row at all.")] = "warn"


class ExportGateChange(Asked, frozen=True):
    """Which gates change; what is left out stays."""

    rows: Level | UnsetType = UNSET
    rows_percent: Percent | UnsetType = UNSET
    removals: Level | UnsetType = UNSET
    removals_percent: Percent | UnsetType = UNSET
    keys: Level | UnsetType = UNSET
    empty: Level | UnsetType = UNSET


class ExportThresholds(Asked, frozen=True):
    """What about a run is worth a notice although it ended well; null is no bound."""

    refused_percent: Annotated[
        Annotated[int, Meta(ge=0, le=100)] | None, Meta(description="Of the rows that were to be sent.")
    ] = None
    seconds: Annotated[Bound | None, Meta(description="How long a run takes at most.")] = None
    least_rows: Annotated[Bound | None, Meta(description="Selected.")] = None
    most_rows: Annotated[Bound | None, Meta(description="Selected.")] = None


class MemberRule(Asked, frozen=True):
    """One rule of a filter over members."""

    column: Annotated[Text, Meta(description="Of the dataset of members.", examples=["balance"])]
    operator: Literal[
        "is", "is_not", "one_of", "less", "at_most", "more", "at_least", "contains", "begins_with", "empty", "not_empty"
    ]
    values: Annotated[
        Sequence[Value], Meta(max_length=1000, description="None for empty ones, some for one_of, else one.")
    ] = ()


class MemberFilter(Asked, frozen=True):
    """Which members are selected: those who fit all rules or any, and which of their columns."""

    rules: Annotated[Sequence[MemberRule], Meta(max_length=50)] = ()
    match: Literal["all", "any"] = "all"
    columns: Annotated[Sequence[Text], Meta(max_length=200, description="None are all.")] = ()


Filter = Annotated[MemberFilter | None, Meta(description="Members by rules, in place of a query.")]


class NewExportDefinition(Asked, frozen=True):
    """A definition to make, of the rows of a query or of members by a filter.

    It leads through a template, or through a connection profile directly.
    """

    chain_id: UUID
    label: Label
    query: Reference | None = None
    filter: Filter = None
    template: Reference | None = None
    profile: Reference | None = None
    kind: Annotated[Text, Meta(description="How it leaves; chosen once.", examples=["requests"])] = "requests"
    internal_name: Text | None = None
    description: Words = ""
    settings: Settings = field(default_factory=dict)
    parameters: Parameters = field(default_factory=dict)
    period: Period | None = None
    changes: ExportChanges | None = None
    gates: ExportGates = ExportGates()
    thresholds: ExportThresholds = ExportThresholds()
    queue: Queue = "normal"
    shards: Shards = 1
    owner: Annotated[OwnerName | None, Meta(description="Null is the user or API key that asks.")] = None
    enabled: bool = True


class ExportDefinitionChange(Asked, frozen=True):
    """What to change of a definition; what is left out stays, settings and gates one by one.

    A template takes the place of a profile, and a profile that of a template; so do a query and a filter.
    """

    label: Label | UnsetType = UNSET
    internal_name: Text | UnsetType = UNSET
    description: Words | UnsetType = UNSET
    query: Reference | UnsetType | None = UNSET
    filter: MemberFilter | UnsetType | None = UNSET
    template: Reference | UnsetType | None = UNSET
    profile: Reference | UnsetType | None = UNSET
    settings: Settings | UnsetType = UNSET
    parameters: Annotated[Parameters | UnsetType, Meta(description="All of them.")] = UNSET
    period: Period | UnsetType | None = UNSET
    changes: ExportChanges | UnsetType | None = UNSET
    gates: ExportGateChange | UnsetType = UNSET
    thresholds: Annotated[ExportThresholds | UnsetType, Meta(description="All of them.")] = UNSET
    queue: Queue | UnsetType = UNSET
    shards: Shards | UnsetType = UNSET
    owner: OwnerName | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class ExportFilter(Asked, frozen=True):
    """What a definition selects; what is left out has its default."""

    query: Reference | None = None
    filter: Filter = None
    parameters: Parameters = field(default_factory=dict)
    period: Period | None = None
    changes: ExportChanges | None = None


class ExportDestination(Asked, frozen=True):
    """Where a definition leads, through a template or a connection profile; settings left out have their default."""

    template: Reference | None = None
    profile: Reference | None = None
    settings: Settings = field(default_factory=dict)


class ExportOwner(Struct, frozen=True):
    """With whose rights a definition runs."""

    kind: Literal["user", "api_key"]
    id: UUID
    name: str


class ExportLastRun(Struct, frozen=True):
    """The newest run of a definition."""

    id: UUID
    state: str
    trigger: str
    created_at: Moment
    finished_at: Moment | None
    sent: int
    failed: int


class ExportDefinition(Struct, frozen=True):
    """What leaves, where to, and under which conditions."""

    id: UUID
    chain_id: UUID
    label: str
    internal_name: str
    description: str
    kind: str
    query_id: UUID | None
    filter: MemberFilter | None
    template_id: UUID | None
    profile_id: UUID | None
    settings: dict[str, Any]
    parameters: dict[str, Any]
    period: Period | None
    changes: ExportChanges | None
    gates: ExportGates
    thresholds: ExportThresholds
    schedule: ExportSchedule | None
    notifications: ExportNotifications
    next_execution: Moment | None
    last_run: ExportLastRun | None
    queue: Queue
    shards: int
    owner: ExportOwner | None
    enabled: bool
    version: int
    created_at: Moment
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: Moment
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None


async def show_definitions(
    session: Session, actor: Actor, definitions: Sequence[Definition]
) -> Mapping[UUID, ExportDefinition]:
    """Return the shapes of definitions by their ids, with their schedules and last runs."""
    ids = [each.id for each in definitions]
    schedules = await exports.list_schedules(session, actor, ids)
    runs = await exports.list_last_runs(session, actor, ids)
    return {each.id: shape(each, schedules.get(each.id), runs.get(each.id)) for each in definitions}


def shape(definition: Definition, schedule: StoredSchedule | None, run: Run | None) -> ExportDefinition:
    """Return the shape of a definition."""
    plain = msgspec.to_builtins(definition)
    values = {
        **plain,
        **plain["selection"],
        "schedule": None,
        "notifications": {},
        "next_execution": None,
        "last_run": None,
    }
    shown: ExportDefinition = msgspec.convert(values, ExportDefinition)
    return replace(
        shown,
        schedule=None if schedule is None else show_schedule(schedule),
        notifications=show_notifications(definition),
        next_execution=None if schedule is None else schedule.next_at,
        last_run=None if run is None else show_last_run(run),
    )


show_last_run = show_as(ExportLastRun)


async def show_definition(session: Session, actor: Actor, definition: Definition) -> ExportDefinition:
    """Return the shape of one definition, with its schedule and last run."""
    return (await show_definitions(session, actor, [definition]))[definition.id]


async def show_stored(session: Session, actor: Actor, definition_id: UUID) -> ExportDefinition:
    """Return the shape of the definition as it is stored."""
    found = await exports.get_definition(session, actor, definition_id=definition_id)
    return await show_definition(session, actor, found)


async def read_new(session: Session, actor: Actor, body: NewExportDefinition) -> NewDefinition:
    """Return the definition to make; what it refers to is found by id or internal name."""
    given = msgspec.to_builtins(body)
    return msgspec.convert(await read_members(session, actor, body.chain_id, given), NewDefinition)


async def read_change(
    session: Session, actor: Actor, stored: Definition, given: Mapping[str, Any], version: int | None
) -> DefinitionChange:
    """Return the change of a stored definition that the given members are."""
    kept = msgspec.to_builtins(stored)
    members = await read_members(session, actor, stored.chain_id, given, selection=kept["selection"])
    if "gates" in members:
        members["gates"] = {**kept["gates"], **members["gates"]}
    return msgspec.convert({**members, "version": version}, DefinitionChange)


async def read_members(
    session: Session,
    actor: Actor,
    chain_id: UUID,
    given: Mapping[str, Any],
    *,
    selection: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return members of a body as the room names them, with the ids of what they refer to."""
    members = {name: value for name, value in given.items() if name in PLAIN}
    given = one_source(given)
    chosen = {name: given[name] for name in SELECTION if name in given}
    if chosen:
        members["selection"] = {**(selection or {}), **chosen}
    if "query" in given:
        query = given["query"] and await queries.get_query(session, actor, chain_id, given["query"])
        members["query_id"] = query and query.id
    if "template" in given:
        found = given["template"] and await outbound.get_template(session, actor, chain_id, given["template"])
        members["template_id"] = found and found.id
    if "profile" in given:
        found = given["profile"] and await connectors.get_profile(session, actor, chain_id, given["profile"])
        members["profile_id"] = found and found.id
    if given.get("owner"):
        members["owner"] = msgspec.to_builtins(await exports.find_owner(session, actor, given["owner"]))
    return members


def one_source(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is given, where a query takes the place of a filter, and a filter that of a query."""
    for source, other in (("query", "filter"), ("filter", "query")):
        if given.get(source) is not None and other not in given:
            return {**given, other: None}
    return given


SELECTION = ("parameters", "period", "changes", "filter")
PLAIN = frozenset(
    {
        "label",
        "kind",
        "internal_name",
        "description",
        "settings",
        "gates",
        "thresholds",
        "queue",
        "shards",
        "enabled",
    }
)
