"""An export while it is written: what is stored of it, or what its pages carry along before the first save. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tessera.exports import Definition, DefinitionChange, Gates, NewDefinition, RunQueue, Selection
from tessera.exports.timing import Thresholds
from tessera.platform.calendar import Schedule
from tessera.platform.schedules import Policies, StoredSchedule
from tessera.web.exports.destinations import DestinationType
from tessera.web.exports.notice_fields import rules_of

# What is exported: the rows of a query, or members by a filter. Like the type of destination it is chosen once.
QUERY, PERSON = "query", "person"
FILTER, DESTINATION, SCHEDULE = "filter", "destination", "schedule"
STEPS = {FILTER: "Filter", DESTINATION: "Destination", SCHEDULE: "Schedule"}
# What each step decides, by the names of the definition.
PARTS: Mapping[str, tuple[str, ...]] = {
    FILTER: ("query_id", "selection", "gates"),
    DESTINATION: ("template_id", "profile_id", "settings", "shards"),
    SCHEDULE: ("queue", "enabled", "thresholds"),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything about an export that its steps fill in; what is None is still open.

    Without a schedule it runs on demand. `rules` say who is notified, as a form gives them.
    """

    label: str
    type: DestinationType
    resource: str = QUERY
    query_id: UUID | None = None
    selection: Selection = field(default_factory=Selection)
    gates: Gates = field(default_factory=Gates)
    template_id: UUID | None = None
    profile_id: UUID | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    shards: int = 1
    queue: RunQueue = RunQueue.NORMAL
    enabled: bool = True
    thresholds: Thresholds = field(default_factory=Thresholds)
    schedule: Schedule | None = None
    policies: Policies = field(default_factory=Policies)
    rules: Mapping[str, Any] = field(default_factory=dict)

    def has(self, step: str) -> bool:
        """Say whether a step is filled in; a schedule is never needed."""
        if step == FILTER:
            return self.query_id is not None or self.selection.filter is not None
        return step == SCHEDULE or self.type.field is None or getattr(self, self.type.field) is not None

    @property
    def whole(self) -> bool:
        """Whether it can be stored."""
        return all(self.has(step) for step in STEPS)

    @property
    def parts(self) -> dict[str, Any]:
        """What all steps decide, by the names of the definition."""
        return {name: getattr(self, name) for parts in PARTS.values() for name in parts}

    def as_new(self) -> NewDefinition:
        """Return what makes the definition."""
        return NewDefinition(self.label, kind=self.type.kind, **self.parts)

    def as_change(self, step: str, version: int | None) -> DefinitionChange:
        """Return what one step changes about the stored definition of that version."""
        return DefinitionChange(version=version, **{name: getattr(self, name) for name in PARTS[step]})


def draft_of(definition: Definition, kind: DestinationType, stored: StoredSchedule | None) -> Draft:
    """Return what the steps show of a stored definition with its schedule."""
    given = {name: getattr(definition, name) for parts in PARTS.values() for name in parts}
    schedule, policies = (stored.schedule, stored.policies) if stored else (None, Policies())
    rules = rules_of(definition.notices)
    resource = QUERY if definition.selection.filter is None else PERSON
    return Draft(definition.label, kind, resource, **given, schedule=schedule, policies=policies, rules=rules)
