"""A profile's secrets at rest: each sealed for its own profile and property, with the moment it was set."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.connectors.store import profiles as store
from tessera.platform.db import Session
from tessera.platform.secrets import KeyRing

Sealed = Mapping[str, Mapping[str, Any]]


def purpose_of(profile_id: UUID, key: str) -> str:
    """Return what the secret is sealed for: it opens nowhere else."""
    return f"connection-profile:{profile_id}:{key}"


def change_secrets(
    sealed: Sealed, changes: Mapping[str, str | None], *, profile_id: UUID, keys: KeyRing, now: datetime
) -> dict[str, Mapping[str, Any]]:
    """Return the sealed secrets with the changes made; None takes one away."""
    kept = {key: value for key, value in sealed.items() if key not in changes}
    new = {
        key: {"sealed": keys.seal(text, purpose_of(profile_id, key)), "set_at": now.isoformat()}
        for key, text in changes.items()
        if text is not None
    }
    return {**kept, **new}


def open_secrets(sealed: Sealed, *, profile_id: UUID, keys: KeyRing) -> dict[str, str]:
    """Return the secrets in plain text; they go to the sender and nowhere else."""
    return {key: keys.open(value["sealed"], purpose_of(profile_id, key)).reveal() for key, value in sealed.items()}


async def reseal_secrets(session: Session, keys: KeyRing) -> int:
    """Seal every profile's secrets with the newest key; return how many profiles changed."""
    resealed = {}
    for profile_id, sealed in await store.list_sealed(session):
        new = {
            key: {**value, "sealed": keys.reseal(value["sealed"], purpose_of(profile_id, key))}
            for key, value in sealed.items()
        }
        if new != sealed:
            resealed[profile_id] = new
    if resealed:
        await store.replace_secrets(session, resealed)
    return len(resealed)
