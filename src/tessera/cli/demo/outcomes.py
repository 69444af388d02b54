"""What a demo saw, and the verdict on it. Pure."""

from dataclasses import dataclass
from uuid import UUID

from tessera.cli.demo.data_load import Loaded
from tessera.cli.demo.receiver import Counts
from tessera.exports import Run
from tessera.platform.errors import TesseraError


class DemoFailedError(TesseraError):
    """What arrived is not what was chosen."""

    code = "demo_failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that the demo saw, for its table and its judgement."""

    rows: int
    loaded: Loaded
    run: Run
    counts: Counts
    selected: set[UUID]
    received: set[UUID]
    peak_megabytes: float

    @property
    def seconds(self) -> float:
        """How long the run took."""
        begun, ended = self.run.started_at, self.run.finished_at
        return (ended - begun).total_seconds() if begun and ended else 0.0


def judge(outcome: Outcome) -> None:
    """Raise unless everything that was made was loaded, and everything that was chosen arrived."""
    faults = []
    if outcome.loaded.memberships != outcome.rows:
        faults.append(f"{outcome.loaded.memberships:,} of {outcome.rows:,} memberships were loaded")
    if len(outcome.selected) != outcome.loaded.chosen:
        faults.append(
            f"the query selects {len(outcome.selected):,}, and {outcome.loaded.chosen:,} were made to be chosen"
        )
    missing, extra = outcome.selected - outcome.received, outcome.received - outcome.selected
    if missing:
        faults.append(f"{len(missing):,} did not arrive")
    if extra:
        faults.append(f"{len(extra):,} arrived that were not selected")
    if outcome.run.sent != len(outcome.selected) or not outcome.selected:
        faults.append(f"the run says {outcome.run.state.value}, {outcome.run.sent:,} sent")
    if faults:
        raise DemoFailedError(f"demo failed: {'; '.join(faults)}. See it in the pages: tessera up --demo")
