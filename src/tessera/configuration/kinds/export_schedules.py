"""Schedules and notices of export definitions as files describe them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tessera import exports
from tessera.configuration.kinds.handlers import Known
from tessera.configuration.scope import Scope
from tessera.configuration.shapes import AddressesSpec, ExportSpec, NoticesSpec, PoliciesSpec, ScheduleSpec, make_sparse
from tessera.exports import Definition
from tessera.notifications import show_rules
from tessera.platform import calendar
from tessera.platform.errors import InvalidError
from tessera.platform.schedules import Policies, StoredSchedule

LISTS = ("error", "success")


def describe_schedule(stored: StoredSchedule | None) -> ScheduleSpec | None:
    """Return a schedule as a file describes it: of a moment and an expression the one that counts."""
    if stored is None:
        return None
    schedule = stored.schedule
    once = schedule.recurrence is calendar.Recurrence.ONCE
    return ScheduleSpec(
        cron="" if once else schedule.cron,
        once_at=schedule.once_at if once else None,
        zone=schedule.zone,
        from_date=schedule.from_date,
        to_date=schedule.to_date,
        excluded_dates=list(schedule.excluded_dates),
        enabled=schedule.enabled,
        policies=msgspec.convert(msgspec.to_builtins(stored.policies), PoliciesSpec),
    )


def read_schedule(spec: ScheduleSpec) -> calendar.Schedule:
    """Return the schedule that a file describes."""
    if spec.cron and spec.once_at is not None:
        raise calendar.ScheduleInvalidError("schedule: cron repeats and once_at does not. Keep one of them.")
    once = spec.once_at is not None
    return calendar.Schedule(
        recurrence=calendar.Recurrence.ONCE if once else calendar.Recurrence.REPEAT,
        zone=spec.zone,
        cron=spec.cron,
        advanced=not once and calendar.find_composition(spec.cron) is None,
        once_at=spec.once_at,
        from_date=spec.from_date,
        to_date=spec.to_date,
        excluded_dates=tuple(spec.excluded_dates),
        enabled=spec.enabled,
    )


def put_into_words(plain: Any) -> str | None:
    """Return a schedule in words; None where there is none, or one that cannot be read."""
    if not plain:
        return None
    spec = msgspec.convert(plain, ScheduleSpec)
    try:
        words = calendar.describe_schedule(read_schedule(spec))
    except InvalidError:
        return None
    return words if spec.enabled else f"{words}, switched off"


async def put_schedule(scope: Scope, definition: Definition, spec: ExportSpec, known: Known | None) -> None:
    """Store the schedule where it differs from the one there is: what stays the same keeps its pause."""
    before = None if known is None else known.plain.get("schedule")
    if make_sparse(spec.schedule) == before:
        return
    if spec.schedule is None:
        await exports.clear_schedule(scope.session, scope.actor, definition_id=definition.id)
        return
    await exports.set_schedule(
        scope.session,
        scope.actor,
        scope.resources,
        definition_id=definition.id,
        schedule=read_schedule(spec.schedule),
        policies=msgspec.convert(msgspec.to_builtins(spec.schedule.policies), Policies),
    )


def describe_notices(definition: Definition) -> NoticesSpec:
    """Return who is notified by mail, as a file describes it."""
    rules = show_rules(definition.notices)
    return NoticesSpec(**{name: describe_list(rules[name]) for name in LISTS})


def describe_list(toggle: Mapping[str, Any]) -> AddressesSpec | None:
    """Return one of the two lists, None for an empty one."""
    return AddressesSpec(**toggle) if toggle["addresses"] else None


async def put_notices(scope: Scope, definition: Definition, spec: ExportSpec) -> None:
    """Store who is notified by mail, where that differs; further targets stay as they are."""
    if describe_notices(definition) == spec.notices:
        return
    lists = {name: msgspec.structs.asdict(each) for name in LISTS if (each := getattr(spec.notices, name)) is not None}
    nobody: Mapping[str, Any] = {name: {"enabled": False, "addresses": []} for name in LISTS}
    await exports.set_notice_rules(
        scope.session,
        scope.actor,
        scope.resources,
        definition_id=definition.id,
        given={**show_rules(definition.notices), **nobody, **lists},
    )
