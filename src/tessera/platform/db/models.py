"""Tables of the platform that no other package owns."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from tessera.platform.db.tables import Table


class TransactionId(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id, which the library does not know."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's name."""
        return "xid8"


class EventRow(Table):
    """Something that happened, in the order of writing."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "chain_id", "transaction_id", "sequence"),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    transaction_id: Mapped[str] = mapped_column(TransactionId, server_default=func.pg_current_xact_id())
    chain_id: Mapped[UUID]
    name: Mapped[str]
    subject_id: Mapped[UUID]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), primary_key=True)


class EventHorizonRow(Table):
    """The furthest position in the feed whose event is no longer kept; at most one row."""

    __tablename__ = "event_horizon"
    __table_args__ = (CheckConstraint("only_row", name="only_row"),)

    only_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    transaction_id: Mapped[str] = mapped_column(TransactionId)
    sequence: Mapped[int] = mapped_column(BigInteger)


class KeyRingRow(Table):
    """The key ring that this database's secrets, digests and logins come from; at most one row."""

    __tablename__ = "key_rings"
    __table_args__ = (CheckConstraint("only_row", name="only_row"),)

    only_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    oldest_key: Mapped[str] = mapped_column(comment="id of the key that digests and database logins come from")
