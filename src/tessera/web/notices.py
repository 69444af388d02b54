"""Notices: one line on top of a page after an action. They travel by name, so that no cookie can make one up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """One line; `tone` is a state of the kit."""

    text: str
    tone: str = "fine"


NOTICES = {
    "signed_out": Notice("You are signed out."),
    "created": Notice("Created."),
    "saved": Notice("Saved."),
    "deleted": Notice("Deleted."),
    "points_moved": Notice("The movement stands in the ledger."),
    "run_started": Notice("The run is started."),
    "run_cancelled": Notice("The run ends as soon as what is in flight has been settled.", "running"),
}
