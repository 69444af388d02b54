"""Making the profiles of the suite."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.builders.places import OWNER, POLICY
from tests.conformance.examples import EXAMPLES

from tessera import connectors
from tessera.connectors import NewProfile, Profile
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing


@dataclass(frozen=True)
class Maker:
    """Makes profiles of one chain."""

    database: Database
    keys: KeyRing
    chain_id: UUID

    async def create(
        self,
        kind: str,
        variant: str,
        settings: Mapping[str, Any] | None = None,
        *,
        internal_name: str | None = None,
        draft: bool = False,
    ) -> Profile:
        """Create a profile, from its example where no settings are given."""
        given = EXAMPLES[kind, variant] if settings is None else settings
        new = NewProfile(kind, variant, f"Example {kind} {variant}", internal_name, settings=given, draft=draft)
        async with self.database.session() as session:
            return await connectors.create_profile(
                session, OWNER, chain_id=self.chain_id, new=new, keys=self.keys, policy=POLICY
            )
