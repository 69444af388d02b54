"""Tables of the figures of each day."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, text
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table

NONE = text("0")


class Counted:
    """The figures of a program on a day, in UTC; of `members` and `points` how they changed on it."""

    members: Mapped[int] = mapped_column(BigInteger, server_default=NONE)
    enrolments: Mapped[int] = mapped_column(BigInteger, server_default=NONE)
    points: Mapped[int] = mapped_column(BigInteger, server_default=NONE)
    earned: Mapped[int] = mapped_column(BigInteger, server_default=NONE)
    burned: Mapped[int] = mapped_column(BigInteger, server_default=NONE)
    expired: Mapped[int] = mapped_column(BigInteger, server_default=NONE)


class DailyFiguresRow(Counted, Table):
    """What a program's figures came to, without what still waits in `figure_changes`."""

    __tablename__ = "daily_figures"

    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"), primary_key=True)
    program_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)


class FigureChangeRow(Counted, Table):
    """What one statement changed. Triggers write it; the chore adds it to `daily_figures` and deletes it."""

    __tablename__ = "figure_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    chain_id: Mapped[UUID]
    program_id: Mapped[UUID]
    day: Mapped[date]


class UncountedChainRow(Table):
    """A chain whose figures leave out what was there before the figures were."""

    __tablename__ = "uncounted_chains"

    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
