"""What every table shares: one metadata, names by convention, strict relationships."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, MetaData, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

metadata = MetaData(
    schema="tessera",
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)


class Table(DeclarativeBase):
    """A table of Tessera. A migration makes it; this class only describes it."""

    metadata = metadata
    type_annotation_map = {  # noqa: RUF012 - the library's own hook
        str: Text,
        UUID: Uuid,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class Authored:
    """The columns of records that people change: the version, and the name, kind and id of who made and changed them.

    Kind and id are null in what is older than those columns.
    """

    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[str]
    created_by_kind: Mapped[str | None]
    created_by_id: Mapped[UUID | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[str]
    updated_by_kind: Mapped[str | None]
    updated_by_id: Mapped[UUID | None]
