"""Opened profiles: the one place where *Test connection* and senders get at a profile's secrets."""

from collections.abc import Mapping
from typing import Any

from tessera.connectors.contract import OpenedProfile, get_connector
from tessera.connectors.references import open_references
from tessera.connectors.sealed_secrets import open_secrets
from tessera.platform.db import Session
from tessera.platform.secrets import KeyRing


async def open_profile(session: Session, row: Mapping[str, Any], keys: KeyRing) -> OpenedProfile:
    """Return a stored profile with its secrets open, and the encryption keys that it refers to."""
    names = ("id", "chain_id", "label", "variant", "version", "settings")
    return OpenedProfile(
        **{name: row[name] for name in names},
        secrets=open_secrets(row["secrets"], profile_id=row["id"], keys=keys),
        keys=await open_references(
            session,
            row["chain_id"],
            get_connector(row["type"]),
            variant=row["variant"],
            settings=row["settings"],
            keys=keys,
        ),
    )


def list_secrets(profile: OpenedProfile) -> list[str]:
    """Return everything secret in an opened profile."""
    keys = profile.keys.values()
    texts = [*profile.secrets.values(), *(key.material for key in keys), *(key.passphrase for key in keys)]
    return [text for text in texts if text]
