"""`tessera export`: definitions, what they would send, and starting their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from tessera import connectors, exports, notifications, outbound, queries
from tessera.cli import export_notices, export_runs, export_schedules, parked_rows
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.export_options import (
    ChangesOnly,
    Description,
    First,
    GateLevels,
    GatePercents,
    InternalName,
    Name,
    OwnerOption,
    Parameters,
    PeriodOption,
    Profile,
    QueueOption,
    Removals,
    Settings,
    Shards,
    Template,
    ThresholdLimits,
    read_gates,
    read_selection,
    read_settings,
    read_thresholds,
)
from tessera.cli.member_rules import Columns, MatchOption, Where, read_filter, show_filter
from tessera.cli.output import AsJson, ChainOption, Column, show_item, show_json, show_list
from tessera.platform import calendar

if TYPE_CHECKING:
    from tessera.exports import Changes, Definition, Gates, Run
    from tessera.platform.db import Session
    from tessera.platform.schedules import StoredSchedule

    Listed = tuple[Definition, Run | None, StoredSchedule | None]
    Kept = tuple[Definition, StoredSchedule | None]

app = typer.Typer(no_args_is_help=True)

LISTS = ("error", "success")
LISTED: Mapping[str, Column] = {
    "Name": lambda each: each[0].internal_name,
    "Label": lambda each: each[0].label,
    "Rows of": lambda each: each[0].query_label or "members",
    "Leads to": lambda each: each[0].template_label or each[0].profile_label,
    "Enabled": lambda each: each[0].enabled,
    "Next": lambda each: each[2] and (each[2].next_at or each[2].state),
    "Last run": lambda each: each[1] and each[1].state,
    "Run at": lambda each: each[1] and each[1].created_at,
    "Sent": lambda each: each[1] and each[1].sent,
    "Failed": lambda each: each[1] and each[1].failed,
}
DETAIL: Mapping[str, Column] = {
    "Id": lambda d: d.id,
    "Name": lambda d: d.internal_name,
    "Label": lambda d: d.label,
    "Description": lambda d: d.description,
    "Kind": lambda d: d.kind,
    "Query": lambda d: d.query_label,
    "Members": lambda d: d.selection.filter and show_filter(d.selection.filter),
    "Parameters": lambda d: write_pairs(d.selection.parameters),
    "Period": lambda d: d.selection.period or "none",
    "Rows": lambda d: describe_changes(d.selection.changes),
    "Template": lambda d: d.template_label,
    "Profile": lambda d: d.profile_label,
    "Settings": lambda d: write_pairs(d.settings),
    "Gates": lambda d: describe_gates(d.gates),
    "Thresholds": lambda d: [f"{name}={value}" for name, value in list_thresholds(d) if value is not None],
    "Notices": lambda d: describe_notices(notifications.show_rules(d.notices)),
    "Queue": lambda d: d.queue,
    "Shards": lambda d: d.shards,
    "Owner": lambda d: d.owner and d.owner.name,
    "Enabled": lambda d: d.enabled,
}


def describe_notices(rules: Mapping[str, Any]) -> list[str]:
    """Return who hears of which runs, a line for each list."""
    return [f"{name}: {export_notices.describe_list(rules[name])}" for name in LISTS]


def list_thresholds(definition: Definition) -> list[tuple[str, int | None]]:
    """Return the thresholds by name."""
    return [(each.name, getattr(definition.thresholds, each.name)) for each in fields(definition.thresholds)]


def write_pairs(values: Mapping[str, Any]) -> list[str]:
    """Return settings or parameters as they are typed, without those at null."""
    return [f"{name}={value}" for name, value in values.items() if value is not None]


def describe_changes(changes: Changes | None) -> str:
    """Return which of the selected rows are sent."""
    if changes is None:
        return "all that are selected"
    removals = ", and those that are gone" if changes.removals else ""
    return f"added and changed ones{removals}; first run: {changes.first_run}"


def describe_gates(gates: Gates) -> list[str]:
    """Return each gate with its level."""
    return [
        f"rows {gates.rows} ({gates.rows_percent} %)",
        f"removals {gates.removals} ({gates.removals_percent} %)",
        f"keys {gates.keys}",
        f"empty {gates.empty}",
    ]


@app.command("list")
def list_definitions(as_json: AsJson = False) -> None:
    """List export definitions, each with its next execution and its last run."""

    async def work(context: CommandContext) -> Sequence[Listed]:
        async with context.session() as session:
            found = (await exports.list_definitions(session, context.actor, size=1000)).items
            ids = [each.id for each in found]
            last = await exports.list_last_runs(session, context.actor, ids)
            schedules = await exports.list_schedules(session, context.actor, ids)
        return [(each, last.get(each.id), schedules.get(each.id)) for each in found]

    found = run_command(work)
    if as_json:
        show_json([{**as_plain(each, schedule), "last_run": run} for each, run, schedule in found])
        return
    empty = "No export yet. Make one: tessera export create LABEL --query NAME --template NAME"
    show_list(found, LISTED, as_json=False, empty=empty)


def as_plain(definition: Definition, schedule: StoredSchedule | None = None) -> dict[str, Any]:
    """Return a definition for machines; of a notice's secrets only whether they are set."""
    values = {name: getattr(definition, name) for name in definition.__slots__}
    shown = None if schedule is None else export_schedules.as_plain(schedule)
    return {**values, "notices": notifications.show_rules(definition.notices), "schedule": shown}


def show(definition: Definition, schedule: StoredSchedule | None, *, as_json: bool) -> None:
    """Print a definition with its schedule."""
    if as_json:
        show_json(as_plain(definition, schedule))
        return
    words = "on demand only" if schedule is None else calendar.describe_schedule(schedule.schedule)
    times = {"Schedule": lambda _: words, "Next": lambda _: schedule and (schedule.next_at or schedule.state)}
    show_item(definition, {**DETAIL, **times}, as_json=False)


@app.command("show")
def show_definition(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Show one export definition."""

    async def work(context: CommandContext) -> Kept:
        async with context.session() as session:
            chain_id = await find_chain(session, context.actor, chain)
            found = await exports.get_definition_by_name(session, context.actor, chain_id=chain_id, name=name)
            return found, await exports.get_schedule(session, context.actor, definition_id=found.id)

    show(*run_command(work), as_json=as_json)


@app.command("create")
def create_definition(
    label: str,
    query: Annotated[str | None, typer.Option(help="Internal name of the query that selects the rows.")] = None,
    where: Where = None,
    match: MatchOption = None,
    columns: Columns = None,
    template: Template = None,
    profile: Profile = None,
    kind: Annotated[str, typer.Option(help="How it leaves.")] = "requests",
    name: InternalName = None,
    description: Description = None,
    setting: Settings = None,
    parameter: Parameters = None,
    period: PeriodOption = None,
    changes_only: ChangesOnly = None,
    first_run: First = None,
    removals: Removals = None,
    gate: GateLevels = None,
    gate_percent: GatePercents = None,
    threshold: ThresholdLimits = None,
    queue: QueueOption = None,
    shards: Shards = None,
    owner: OwnerOption = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Create an export: a query or rules on members, a template or a profile, and how to go about it."""
    settings, gates = read_settings(setting), read_gates(gate, gate_percent, exports.Gates())
    thresholds = read_thresholds(threshold, exports.Thresholds())
    before = exports.Selection(filter=read_filter(None, where, match, columns))
    selection = read_selection(
        before, parameter, period, changes_only=changes_only, first_run=first_run, removals=removals
    )

    async def work(context: CommandContext) -> Definition:
        async with context.session() as session:
            chain_id = await find_chain(session, context.actor, chain)
            found = await find_references(
                session, context, chain_id, {"query": query, "template": template, "profile": profile, "owner": owner}
            )
            new = exports.NewDefinition(
                label=label,
                kind=kind,
                internal_name=name,
                description=description or "",
                settings=settings,
                selection=selection,
                gates=gates,
                thresholds=thresholds,
                queue=queue or exports.RunQueue.NORMAL,
                shards=shards or 1,
                **found,
            )
            return await exports.create_definition(
                session, context.actor, chain_id=chain_id, new=new, keys=context.resources.keys, now=context.now()
            )

    show(run_command(work), None, as_json=as_json)


async def find_references(
    session: Session, context: CommandContext, chain_id: UUID, names: Mapping[str, str | None]
) -> dict[str, Any]:
    """Return what was named, under the names that definitions have for it."""
    actor = context.actor
    found: dict[str, Any] = {}
    if (query := names["query"]) is not None:
        found["query_id"] = (await queries.get_query(session, actor, chain_id, query)).id
    if (template := names["template"]) is not None:
        found["template_id"] = (await outbound.get_template(session, actor, chain_id, template)).id
    if (profile := names["profile"]) is not None:
        found["profile_id"] = (await connectors.get_profile(session, actor, chain_id, profile)).id
    if (owner := names["owner"]) is not None:
        found["owner"] = await exports.find_owner(session, actor, owner)
    return found


@app.command("update")
def update_definition(
    name: Name,
    label: Annotated[str | None, typer.Option(help="New label.")] = None,
    query: Annotated[str | None, typer.Option(help="Internal name of another query.")] = None,
    where: Where = None,
    match: MatchOption = None,
    columns: Columns = None,
    template: Template = None,
    profile: Profile = None,
    description: Description = None,
    setting: Settings = None,
    parameter: Parameters = None,
    period: PeriodOption = None,
    changes_only: ChangesOnly = None,
    first_run: First = None,
    removals: Removals = None,
    gate: GateLevels = None,
    gate_percent: GatePercents = None,
    threshold: ThresholdLimits = None,
    queue: QueueOption = None,
    shards: Shards = None,
    owner: OwnerOption = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Whether it runs by itself; `run` starts it anyway.")
    ] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Change an export; what is not given stays, settings and gates one by one."""
    settings = read_settings(setting)
    names = {"query": query, "template": template, "profile": profile, "owner": owner}
    given = {"label": label, "description": description, "queue": queue, "shards": shards, "enabled": enabled}

    async def work(context: CommandContext) -> Kept:
        async with context.session() as session:
            chain_id = await find_chain(session, context.actor, chain)
            stored = await exports.get_definition_by_name(session, context.actor, chain_id=chain_id, name=name)
            chosen = read_filter(stored.selection.filter, where, match, columns)
            found = await find_references(session, context, chain_id, names)
            if query is not None and where is None:
                chosen = None
            if chosen is not None and query is None:
                found["query_id"] = None
            before = replace(stored.selection, filter=chosen)
            change = exports.DefinitionChange(
                settings=settings,
                selection=read_selection(
                    before, parameter, period, changes_only=changes_only, first_run=first_run, removals=removals
                ),
                gates=read_gates(gate, gate_percent, stored.gates),
                thresholds=read_thresholds(threshold, stored.thresholds),
                **{key: value for key, value in given.items() if value is not None},  # type: ignore[arg-type]
                **found,
            )
            saved = await exports.update_definition(
                session, context.actor, stored, change, keys=context.resources.keys, now=context.now()
            )
            return saved, await exports.get_schedule(session, context.actor, definition_id=saved.id)

    show(*run_command(work), as_json=as_json)


@app.command("copy")
def copy_definition(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Copy an export; the copy is disabled, so that nothing leaves twice."""

    async def work(context: CommandContext) -> Definition:
        async with context.session() as session:
            chain_id = await find_chain(session, context.actor, chain)
            found = await exports.get_definition_by_name(session, context.actor, chain_id=chain_id, name=name)
            return await exports.copy_definition(
                session, context.actor, definition_id=found.id, keys=context.resources.keys, now=context.now()
            )

    show(run_command(work), None, as_json=as_json)


@app.command("delete")
def delete_definition(name: Name, chain: ChainOption = None) -> None:
    """Delete an export of which no run is on record."""

    async def work(context: CommandContext) -> Definition:
        async with context.session() as session:
            chain_id = await find_chain(session, context.actor, chain)
            found = await exports.get_definition_by_name(session, context.actor, chain_id=chain_id, name=name)
            await exports.delete_definition(session, context.actor, definition_id=found.id)
            return found

    typer.echo(f"Deleted {run_command(work).label}.")


# Behind the others in the help: first there is an export, then it runs.
app.command("preview")(export_runs.preview_definition)
app.command("run")(export_runs.run_definition)
app.command("watch")(export_runs.watch_definition)
app.command("release")(export_runs.release_definition)
app.command("schedule")(export_schedules.schedule_definition)
app.command("notify")(export_notices.notify_about_definition)
app.command("parked")(parked_rows.list_parked_rows)
app.command("retry-parked")(parked_rows.retry_parked_rows)
