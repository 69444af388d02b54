"""The step *Schedule*: when the export runs by itself, by which policies, in which queue, and who is notified."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from tessera.access.chains import list_enterprises
from tessera.exports import Definition, RunQueue
from tessera.notifications import NoticeRules, list_channels
from tessera.platform.calendar import list_zones
from tessera.platform.resources import Resources
from tessera.web.exports import notice_fields, policy_fields, schedule_fields
from tessera.web.exports.drafts import Draft
from tessera.web.exports.policy_fields import OVERLAPS
from tessera.web.exports.schedule_fields import Bounds
from tessera.web.forms import Form
from tessera.web.visits import Visit

LABELS = schedule_fields.LABELS | policy_fields.LABELS | notice_fields.LABELS | {"queue": "Integration Queue Name"}
# What the address of a new export carries of this step; further targets have secrets, so they wait until it is stored.
NAMES = frozenset(LABELS)
THRESHOLDS = ("refused_percent", "run_minutes", "least_rows", "most_rows")
MORE = frozenset({*policy_fields.LABELS, "queue"}) - set(THRESHOLDS)
NOTHING: Mapping[str, Any] = {
    "error": {"enabled": False, "addresses": ""},
    "success": {"enabled": False, "addresses": ""},
    "targets": [],
}


@dataclass(frozen=True, slots=True)
class Checks:
    """What the step is checked against: bounds of schedules, and what is stored of who is notified."""

    bounds: Bounds
    resources: Resources
    stored: NoticeRules | None


async def read_checks(visit: Visit, chain_id: UUID, definition: Definition | None) -> Checks:
    """Return what the step is checked against; a new schedule has the zone of the chain, if it has one."""
    places = await list_enterprises(visit.session, visit.actor, chain_id=chain_id)
    zones = {place.time_zone for place in places} & set(list_zones())
    bounds = Bounds(
        visit.now, visit.resources.settings.schedule_interval_minutes, zones.pop() if len(zones) == 1 else "UTC"
    )
    return Checks(bounds, visit.resources, definition.notices if definition else None)


def form_of(draft: Draft, checks: Checks) -> Form:
    """Return the step's fields with what is in the draft."""
    schedule = draft.schedule
    enabled = draft.enabled and schedule is not None and schedule.enabled
    values = {
        "queue": draft.queue.value,
        **schedule_fields.values_of(schedule, checks.bounds.zone, enabled=enabled),
        **policy_fields.values_of(draft.policies, draft.thresholds),
        **notice_fields.values_of(draft.rules or NOTHING),
    }
    days = [{"excluded": str(day)} for day in (schedule.excluded_dates if schedule else ())]
    return Form.of(values, days)


def read_step(form: Form, draft: Draft, checks: Checks) -> Draft:
    """Return the draft with what was typed; what does not fit is noted at its field.

    A user who lets it run by a schedule lets it run: a disabled export is enabled.
    """
    queue = form.choice("queue", list(RunQueue))
    rules = notice_fields.read_rules(form, draft.rules or NOTHING)
    if rules != (draft.rules or NOTHING):
        notice_fields.note_faults(form, rules, checks.resources, checks.stored)
    return replace(
        draft,
        enabled=draft.enabled or form.ticked("enabled"),
        queue=RunQueue(queue) if queue else draft.queue,
        schedule=schedule_fields.read_schedule(form, draft.schedule, checks.bounds),
        policies=policy_fields.read_policies(form, draft.policies),
        thresholds=policy_fields.read_thresholds(form, draft.thresholds),
        rules=draft.rules if rules == (draft.rules or NOTHING) else rules,
    )


def fields_of(form: Form, checks: Checks, faults: Mapping[str, str]) -> dict[str, Any]:
    """Return what the step shows beside its plain fields."""
    rows = notice_fields.make_rows(form, checks.stored)
    return {
        "when": schedule_fields.CONDITIONS,
        "options": schedule_fields.options(),
        "overlaps": list(OVERLAPS.items()),
        "composed": schedule_fields.composed(form),
        "excluded": [day for day in form.repeated("excluded") if day],
        "notified": notice_fields.CONDITIONS,
        "lists": notice_fields.LISTS,
        "channels": [(each.key, each.label, each.text) for each in list_channels()],
        "rows": rows,
        "pattern": notice_fields.make_row(notice_fields.PATTERN, {}, {}),
        "labels": LABELS | notice_fields.labels_of(rows),
        "more_open": bool(MORE & set(faults)),
        "bounded": any(form.get(name) or name in faults for name in THRESHOLDS),
        "asks_replace": "replace_cron" in faults,
    }
