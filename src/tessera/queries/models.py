"""The tables of saved queries, and of the chain each query connection is bound to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Authored, Table

NOW = func.now()


class QueryRow(Authored, Table):
    """A saved SELECT over the datasets."""

    __tablename__ = "queries"
    __table_args__ = (
        CheckConstraint("engine IN ('sql')", name="engine"),
        Index("uq_queries_chain_id_internal_name", "chain_id", func.lower(sql("internal_name")), unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    label: Mapped[str]
    internal_name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    engine: Mapped[str] = mapped_column(server_default="sql")
    text: Mapped[str]
    parameters: Mapped[list[Any]] = mapped_column(server_default=sql("'[]'"))
    key_columns: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    columns: Mapped[list[Any]]


class QueryBindingRow(Table):
    """The one chain whose rows a connection of `tessera_query` sees."""

    __tablename__ = "query_bindings"

    backend_pid: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chain_id: Mapped[UUID]
    bound_at: Mapped[datetime] = mapped_column(server_default=NOW)
