"""What changed about a profile, when and by whom: its part of the audit log."""

from collections.abc import Sequence

from tessera.connectors.profiles import Profile, find_row
from tessera.platform.actors import Actor, system_actor
from tessera.platform.audit import KeptEntry, TrailFilter, list_entries
from tessera.platform.db import Session

CHANGES_TOLD = 20
# What gives a profile a new version: a user, or a connection that discovers what the profile lacked.
VERSION_ACTIONS = ("updated", "discovered")


async def list_profile_changes(
    session: Session, actor: Actor, profile: Profile, *, since: int | None = None
) -> Sequence[KeptEntry]:
    """Return the profile's newest changes; with a version, those that others made since then."""
    stored = await find_row(session, actor, profile.chain_id, profile.id)
    if since is None:
        return await list_entries(session, actor, TrailFilter(object_id=profile.id), count=CHANGES_TOLD)
    actor.require("connection-profiles:write")
    behind = min(max(0, stored["version"] - since), CHANGES_TOLD)
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
