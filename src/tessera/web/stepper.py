"""Forms in numbered steps, done in any order: how each step stands, and where its buttons lead. Pure.

Each step is a page with an address of its own, so that it works without scripts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tessera.web.forms import Form

# The name of the three buttons below a step.
FIELD = "step"


class StepState(StrEnum):
    """How a step stands: filled in, still to do, or with something that does not fit."""

    DONE = "done"
    OPEN = "open"
    WRONG = "wrong"


class Move(StrEnum):
    """What a button below a step asks for. All of them save what fits; what does not fit stays on the page."""

    BACK = "back"
    SAVE = "save"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is called, where it is, and how it stands."""

    key: str
    label: str
    path: str
    state: StepState = StepState.OPEN


@dataclass(frozen=True, slots=True)
class Stepper:
    """The steps of a form in their order, and the one that is shown."""

    steps: Sequence[Step]
    key: str

    def __post_init__(self) -> None:
        if self.key not in [step.key for step in self.steps]:
            raise ValueError(f"there is no step {self.key!r}, only {', '.join(step.key for step in self.steps)}")

    @property
    def number(self) -> int:
        """The place of the shown step, from 1."""
        return [step.key for step in self.steps].index(self.key) + 1

    @property
    def step(self) -> Step:
        """The step that is shown."""
        return self.steps[self.number - 1]

    @property
    def previous(self) -> Step | None:
        """The step before it; None at the first."""
        return self.steps[self.number - 2] if self.number > 1 else None

    @property
    def next(self) -> Step | None:
        """The step after it; None at the last."""
        return self.steps[self.number] if self.number < len(self.steps) else None

    def path_after(self, move: Move) -> str:
        """Return the page to go to once the step is saved; at either end it is the step's own."""
        other = {Move.BACK: self.previous, Move.NEXT: self.next}.get(move)
        return (other or self.step).path


def read_move(form: Form) -> Move:
    """Return which button sent the form; Enter in a field saves."""
    sent = form.get(FIELD)
    return Move(sent) if sent in list(Move) else Move.SAVE
