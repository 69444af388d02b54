"""What changed about a profile, when and by whom: its part of the audit log."""

from collections.abc import Sequence

from tessera.connectors.profiles import Profile, find_row
from tessera.platform.actors import Actor, system_actor
from tessera.platform.audit import KeptEntry, TrailFilter, list_entries
from tessera.platform.db import Session

CHANGES_TOLD = 20
# What gives a profile a new version: a user, or a connection that discovers what the profile lacked.
VERSION_ACTIONS = ("updated", "discovered")


async def list_profile_changes(session: Session, actor: Actor, profile: Profile) -> Sequence[KeptEntry]:
    """Return the profile's newest changes."""
    await find_row(session, actor, profile.chain_id, profile.id)
    return await list_entries(session, actor, TrailFilter(object_id=profile.id), count=CHANGES_TOLD)


async def list_profile_changes_since(
    session: Session, actor: Actor, profile: Profile, version: int
) -> Sequence[KeptEntry]:
    """Return what others changed since that version, newest first."""
    actor.require("connection-profiles:write")
    stored = await find_row(session, actor, profile.chain_id, profile.id)
    behind = min(max(0, stored["version"] - version), CHANGES_TOLD)
    if not behind:
        return []
    # A user about to overwrite a change must see it, whether they may read the whole audit log or not.
    reader = system_actor("integrations")
    found = [
        entry
        for action in VERSION_ACTIONS
        for entry in await list_entries(session, reader, TrailFilter(object_id=profile.id, action=action), count=behind)
    ]
    return sorted(found, key=lambda entry: entry.id, reverse=True)[:behind]
