"""The table of references between assets."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table


class AssetReferenceRow(Table):
    """One asset refers to another one. The label is the referrer's, written whenever it is saved."""

    __tablename__ = "asset_references"
    __table_args__ = (Index(None, "to_kind", "to_id"),)

    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    from_kind: Mapped[str] = mapped_column(primary_key=True)
    from_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_label: Mapped[str]
    to_kind: Mapped[str] = mapped_column(primary_key=True)
    to_id: Mapped[UUID] = mapped_column(primary_key=True)
    carries_secrets: Mapped[bool] = mapped_column(server_default=false())
