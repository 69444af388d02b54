"""How each export has fared lately, from its latest runs. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tessera.exports import Run, RunState

SHOWN = 20
WRONG = frozenset({RunState.FAILED, RunState.COMPLETED_WITH_ERRORS})


@dataclass(frozen=True, slots=True)
class Health:
    """An export and its latest runs, oldest first."""

    definition_id: UUID
    label: str
    runs: Sequence[Run]

    @property
    def last(self) -> Run:
        """The newest run."""
        return self.runs[-1]

    @property
    def last_ended(self) -> Run | None:
        """The newest run that is over; nothing while the first is under way."""
        return next((run for run in reversed(self.runs) if not run.active), None)

    @property
    def urgent(self) -> Run | None:
        """The run that needs a person: one that is held, or the latest that ended, if it ended badly."""
        if self.last.state is RunState.HELD:
            return self.last
        return self.last_ended if self.last_ended is not None and self.last_ended.state in WRONG else None

    @property
    def needs_attention(self) -> bool:
        """Say whether one of the runs needs a person."""
        return self.urgent is not None

    @property
    def reason(self) -> str:
        """Why it needs attention, in words."""
        run = self.urgent
        if run is None:
            return ""
        if run.state is RunState.HELD:
            return run.findings[0].message if run.findings else "It waits to be released."
        return run.error or f"{run.failed:,} of {run.selected or 0:,} rows did not arrive."


def judge_exports(newest_first: Sequence[Run]) -> list[Health]:
    """Group runs by export: those that need attention first, then by label."""
    groups: dict[UUID, list[Run]] = defaultdict(list)
    for run in newest_first:
        groups[run.definition_id].append(run)
    found = [
        Health(definition_id, runs[0].definition_label, runs[:SHOWN][::-1]) for definition_id, runs in groups.items()
    ]
    return sorted(found, key=lambda health: (not health.needs_attention, health.label.lower()))
