"""The missed-run detector: deadlines that passed unmet, each reported once."""

from datetime import datetime

from tessera.platform.db import Session
from tessera.platform.schedules.store import deadlines
from tessera.platform.schedules.values import Deadline, Outcome, OverdueMoment

MOST = 1_000


async def list_overdue(session: Session, kind: str, now: datetime, *, most: int = MOST) -> list[OverdueMoment]:
    """Return moments whose run did not start or finish in time; none is returned again once this commits.

    A moment that no worker has claimed is overdue too, and one that was missed or waits; a skipped one is not.
    """
    rows = await deadlines.report(session, kind, now, most=most)
    return [
        OverdueMoment(
            **row
            | {
                "deadline": Deadline(row["deadline"]),
                "outcome": None if row["outcome"] is None else Outcome(row["outcome"]),
            }
        )
        for row in rows
    ]
