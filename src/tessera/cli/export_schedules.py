"""`tessera export schedule` and `notify`: when an export runs by itself, and who hears of its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tessera import exports
from tessera.cli.context import CommandContext, run_command
from tessera.cli.export_options import Name
from tessera.cli.export_runs import find_definition
from tessera.cli.output import AsJson, ChainOption, Column, show_item, show_json
from tessera.platform import calendar
from tessera.platform.schedules import Overlap, Policies, ScheduleState

if TYPE_CHECKING:
    from tessera.exports import Definition
    from tessera.platform.schedules import StoredSchedule

NONE = "none"
SHOWN_TIMES = 5


def parse_day(text: str) -> date | str:
    """Return the day that was typed, or the word that takes one away."""
    if text == NONE:
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day. Write 2027-01-31, or none to take it away.") from None


def parse_wall(text: str) -> datetime:
    """Return the date and time that were typed, as clocks in the schedule's zone show them."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date with a time. Write 2027-01-31T18:00.") from None


def list_times(stored: StoredSchedule) -> list[str]:
    """Return the next moments on the clocks of the schedule's zone."""
    if stored.state is not ScheduleState.ACTIVE or stored.next_at is None:
        return []
    zone = calendar.load_zone(stored.schedule.zone)
    others = calendar.next_moments(stored.schedule, stored.next_at, SHOWN_TIMES - 1)
    return [f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}" for at in (stored.next_at, *others)]


FIELDS: Mapping[str, Column] = {
    "Schedule": lambda s: calendar.describe_schedule(s.schedule),
    "Expression": lambda s: s.schedule.cron,
    "State": lambda s: s.state,
    "Paused because": lambda s: s.pause_reason,
    "Next": list_times,
    "While one runs": lambda s: "skip" if s.policies.overlap is Overlap.SKIP else "run once after it",
    "Catch up": lambda s: f"{s.policies.catch_up_number} of the last {s.policies.catch_up_seconds} s",
    "Pause after": lambda s: s.policies.pause_after and f"{s.policies.pause_after} failures",
    "Started within": lambda s: s.policies.started_within_seconds and f"{s.policies.started_within_seconds} s",
    "Finished within": lambda s: s.policies.finished_within_seconds and f"{s.policies.finished_within_seconds} s",
}


def schedule_definition(
    name: Name,
    cron: Annotated[str | None, typer.Option(help='When it repeats, such as "30 6 * * 1-5": Unix or Quartz.')] = None,
    zone: Annotated[str | None, typer.Option(help="Time zone, such as Europe/Berlin; UTC without it.")] = None,
    start: Annotated[
        Any, typer.Option("--from", parser=parse_day, metavar="DAY", help="First day; none takes it away.")
    ] = None,
    end: Annotated[
        Any, typer.Option("--to", parser=parse_day, metavar="DAY", help="Last day; none takes it away.")
    ] = None,
    once: Annotated[
        Any, typer.Option(parser=parse_wall, metavar="TIME", help="Run once, at this time in the zone.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--except", metavar="DAY", help="A day on which nothing runs; several times.")
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Whether the schedule runs; off keeps everything.")
    ] = None,
    overlap: Annotated[Overlap | None, typer.Option(help="Of a moment while a run is active.")] = None,
    catch_up: Annotated[
        int | None, typer.Option(metavar="SECONDS", help="How long ago a missed moment may be to be caught up with.")
    ] = None,
    catch_up_number: Annotated[int | None, typer.Option(help="How many missed moments are caught up with.")] = None,
    pause_after: Annotated[int | None, typer.Option(help="Failures in a row that pause it; 0 never does.")] = None,
    started_within: Annotated[
        int | None, typer.Option(metavar="SECONDS", help="Tell when no run started so long after its moment; 0: never.")
    ] = None,
    finished_within: Annotated[
        int | None, typer.Option(metavar="SECONDS", help="Tell when no run ended so long after its moment; 0: never.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Let it go on after failures paused it.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Take the schedule away: it runs on demand only.")] = False,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Show when an export runs by itself, or change it; what is not given stays."""
    times = read_times(cron, zone, start, end, once=once, without=without, enabled=enabled)
    rules = read_policies(overlap, catch_up, catch_up_number, pause_after, started_within, finished_within)
    if clear and (times or rules or resume):
        raise typer.BadParameter("--clear takes the schedule away. Leave the other options out.")

    async def work(context: CommandContext) -> tuple[Definition, StoredSchedule | None]:
        async with context.session() as session:
            found = await find_definition(session, context, chain, name)
            if clear:
                await exports.clear_schedule(session, context.actor, definition_id=found.id)
            if resume:
                await exports.resume_schedule(session, context.actor, context.resources, definition_id=found.id)
            stored = await exports.get_schedule(session, context.actor, definition_id=found.id)
            if times or rules:
                schedule = replace(stored.schedule if stored else calendar.Schedule(), **times)
                policies = replace(stored.policies if stored else Policies(), **rules)
                stored = await exports.set_schedule(
                    session, context.actor, context.resources,
                    definition_id=found.id, schedule=schedule, policies=policies,
                )  # fmt: skip
            return found, stored

    show_schedule(*run_command(work), as_json=as_json)


def show_schedule(definition: Definition, stored: StoredSchedule | None, *, as_json: bool) -> None:
    """Print a schedule, and what to know about it."""
    if as_json:
        show_json(None if stored is None else as_plain(stored))
    elif stored is None:
        typer.echo(f"{definition.label} runs on demand only.")
    else:
        show_item(stored, FIELDS, as_json=False)
        warning = calendar.warn_of_late_days(stored.schedule.cron) if stored.schedule.cron else None
        if warning:
            typer.echo(warning)
        if not definition.enabled:
            typer.echo(f"The export is disabled. Enable it: tessera export update {definition.internal_name} --enable")


def as_plain(stored: StoredSchedule) -> dict[str, Any]:
    """Return a schedule for machines."""
    kept = ("schedule", "policies", "normal_form", "next_at", "failures", "paused_at", "pause_reason")
    return {**{name: getattr(stored, name) for name in kept}, "state": stored.state, "next": list_times(stored)}


def read_times(
    cron: str | None,
    zone: str | None,
    start: date | str | None,
    end: date | str | None,
    *,
    once: datetime | None,
    without: Sequence[str] | None,
    enabled: bool | None,
) -> dict[str, Any]:
    """Return the members of the schedule that were given."""
    if cron is not None and once is not None:
        raise typer.BadParameter("--cron repeats and --once does not. Give one of them.")
    given: dict[str, Any] = {
        "zone": zone,
        "enabled": enabled,
        "excluded_dates": None if without is None else tuple(read_days(without)),
    }
    if cron is not None:
        given |= {"cron": cron, "recurrence": calendar.Recurrence.REPEAT, "advanced": True}
    if once is not None:
        given |= {"once_at": once, "recurrence": calendar.Recurrence.ONCE}
    times = {name: value for name, value in given.items() if value is not None}
    times |= {"from_date": start} if start is not None else {}
    times |= {"to_date": end} if end is not None else {}
    return {name: None if value == NONE and name.endswith("_date") else value for name, value in times.items()}


def read_days(texts: Sequence[str]) -> list[date]:
    """Return the days that were typed; none leaves no day out."""
    return [day for text in texts if isinstance(day := parse_day(text), date)]


def read_policies(
    overlap: Overlap | None,
    catch_up: int | None,
    number: int | None,
    pause_after: int | None,
    started: int | None,
    finished: int | None,
) -> dict[str, Any]:
    """Return the policies that were given; 0 takes away what can be none."""
    given: dict[str, Any] = {"overlap": overlap, "catch_up_seconds": catch_up, "catch_up_number": number}
    policies = {name: value for name, value in given.items() if value is not None}
    limits = {"pause_after": pause_after, "started_within_seconds": started, "finished_within_seconds": finished}
    return policies | {name: value or None for name, value in limits.items() if value is not None}
