"""Telling people about runs, in the transaction of what happened: who is told is a matter of the definition's rules."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.exports import news
from tessera.exports.contract import Snapshot
from tessera.exports.definitions import list_definitions_by_id
from tessera.exports.store import run_log
from tessera.exports.values import Definition
from tessera.notifications import Notice, send_notices
from tessera.platform.db import Session, driver
from tessera.platform.resources import Resources
from tessera.platform.schedules import OverdueMoment, PausedSchedule

MOST_REASONS = 5


async def announce_start(session: Session, resources: Resources, run: Mapping[str, Any]) -> None:
    """Tell monitors that a run began."""
    (definition,) = await list_definitions_by_id(session, [run["definition_id"]])
    if definition.notices.targets:
        await send(session, resources, definition, [news.make_start(definition, run)])


async def announce_end(session: Session, resources: Resources, run: Mapping[str, Any], snapshot: Snapshot) -> None:
    """Tell how a run ended, and which thresholds it passed."""
    (definition,) = await list_definitions_by_id(session, [run["definition_id"]])
    if not definition.notices.dump():
        return
    groups = await run_log.group_row_errors(await driver(session), run["id"], run["created_at"], most=MOST_REASONS)
    reasons = [
        (news.reason_of(each["code"], each["message"], personal=snapshot.personal), each["count"]) for each in groups
    ]
    notices = [news.make_end(definition, run, reasons), *news.judge_thresholds(definition, run)]
    await send(session, resources, definition, notices)


async def announce_hold(
    session: Session, resources: Resources, run: Mapping[str, Any], findings: Sequence[str]
) -> None:
    """Tell that a run waits for a person."""
    (definition,) = await list_definitions_by_id(session, [run["definition_id"]])
    await send(session, resources, definition, [news.make_hold(definition, run, findings, at=resources.clock())])


async def announce_paused(session: Session, resources: Resources, paused: Sequence[PausedSchedule]) -> None:
    """Tell that schedules were paused."""
    now = resources.clock()
    for definition, each in await pair(session, paused):
        await send(session, resources, definition, [news.make_pause(definition, each, at=now)])


async def announce_missed(
    session: Session, resources: Resources, missed: Mapping[UUID, tuple[int, str]], *, now: datetime
) -> None:
    """Tell that moments passed without a run: how many, and why."""
    for definition in await list_definitions_by_id(session, list(missed)):
        count, reason = missed[definition.id]
        await send(session, resources, definition, [news.make_missed(definition, reason, count=count, at=now)])


async def announce_overdue(session: Session, resources: Resources, overdue: Sequence[OverdueMoment]) -> None:
    """Tell that runs did not begin or end by their deadlines."""
    now = resources.clock()
    for definition, each in await pair(session, overdue):
        await send(session, resources, definition, [news.make_overdue(definition, each, at=now)])


async def pair(session: Session, owned: Sequence[Any]) -> list[tuple[Definition, Any]]:
    """Return each thing with the definition that owns it; those without one are left out."""
    found = await list_definitions_by_id(session, list({each.owner_id for each in owned}))
    definitions = {definition.id: definition for definition in found}
    return [(definitions[each.owner_id], each) for each in owned if each.owner_id in definitions]


async def send(session: Session, resources: Resources, definition: Definition, notices: Iterable[Notice]) -> None:
    """Send notices by the definition's rules."""
    items = [(definition.notices, notice) for notice in notices]
    await send_notices(session, resources, items, now=resources.clock())
