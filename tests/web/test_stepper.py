"""Steps of a form: where the buttons lead at either end, and what a form without a button asks for."""

import pytest

from tessera.web.conditions import Condition
from tessera.web.forms import Form
from tessera.web.stepper import Move, Step, Stepper, StepState, read_move

STEPS = [
    Step("filter", "Filter", "/d/filter", StepState.DONE),
    Step("destination", "Destination", "/d/destination"),
    Step("schedule", "Schedule", "/d/schedule", StepState.WRONG),
]


@pytest.mark.parametrize(
    ("key", "move", "path"),
    [
        ("filter", Move.NEXT, "/d/destination"),
        ("filter", Move.BACK, "/d/filter"),
        ("destination", Move.BACK, "/d/filter"),
        ("destination", Move.SAVE, "/d/destination"),
        ("schedule", Move.NEXT, "/d/schedule"),
    ],
)
def test_buttons_lead_to_neighbours(key: str, move: Move, path: str) -> None:
    assert Stepper(STEPS, key).path_after(move) == path


def test_step_that_is_none_stops() -> None:
    with pytest.raises(ValueError, match="only filter, destination, schedule"):
        Stepper(STEPS, "mail")


@pytest.mark.parametrize(
    ("sent", "move"), [("back", Move.BACK), ("next", Move.NEXT), ("", Move.SAVE), ("x", Move.SAVE)]
)
def test_form_without_button_saves(sent: str, move: Move) -> None:
    assert read_move(Form.of({"step": sent} if sent else {})) is move


def test_condition_reads_choices_and_boxes() -> None:
    once, advanced = Condition("recurrence", ("once",), "With Recurrence Once"), Condition("advanced", ("true",), "…")
    composed = Condition("advanced", ("false",), "Without Advanced Mode")

    assert once.holds(Form.of({"recurrence": "once"}))
    assert not once.holds(Form.of({"recurrence": "repeat"}))
    assert not once.holds(Form())
    assert advanced.holds(Form.of({"advanced": "true"}))
    assert composed.holds(Form())
    assert not composed.holds(Form.of({"advanced": "true"}))
