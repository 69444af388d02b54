"""The outcome of a message, and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tessera.inbound.values import MessageState

LONGEST_DETAIL = 1_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """A message's state after it was applied, or why it was not; `detail` contains no value of the message."""

    state: MessageState
    reason: str | None = None
    detail: str | None = None
    account_id: UUID | None = None

    def describe(self, message_id: UUID) -> dict[str, Any]:
        """Return what is stored."""
        return {
            "id": message_id,
            "state": self.state.value,
            "reason": self.reason,
            "detail": self.detail,
            "account_id": self.account_id,
        }


def ignored(reason: str, account_id: UUID | None = None) -> Outcome:
    """Say that a message is not meant to change anything."""
    return Outcome(MessageState.IGNORED, reason, account_id=account_id)


def rejected(reason: str, update: str, *, notes: Sequence[str] = ()) -> Outcome:
    """Say that a message cannot be applied as it is."""
    return Outcome(MessageState.REJECTED, reason, join([update, *notes]))


def applied(state: MessageState, account_id: UUID, notes: Sequence[str]) -> Outcome:
    """Say what a message did, and what of it was left out."""
    return Outcome(state, "left_out" if notes else None, join(notes), account_id)


def join(notes: Sequence[str]) -> str | None:
    """Return notes as one text that a list can show."""
    text = "; ".join(notes)
    return (text if len(text) <= LONGEST_DETAIL else f"{text[: LONGEST_DETAIL - 1]}…") or None
