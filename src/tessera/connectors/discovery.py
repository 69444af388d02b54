"""Properties that a connection teaches a profile, such as the fingerprint of a host key: written once, with a trace."""

from collections.abc import Mapping
from typing import Any

from tessera.connectors.contract import OpenedProfile
from tessera.connectors.events import PROFILE_UPDATED
from tessera.connectors.profiles import KIND
from tessera.connectors.store import profiles as store
from tessera.platform.actors import Actor
from tessera.platform.assets import record_change
from tessera.platform.db import Session


async def keep_discovered(
    session: Session, actor: Actor, profile: OpenedProfile, discovered: Mapping[str, Any]
) -> bool:
    """Store what was discovered where the profile still lacks it; False means that another connection was faster.

    The profile gets a new version, so that a form opened before cannot clear the property again unseen.
    """
    row = await store.discover_settings(session, profile.id, discovered)
    if row is None:
        return False
    before = dict.fromkeys(discovered)
    await record_change(
        session, actor, row, kind=KIND, event=PROFILE_UPDATED, action="discovered", values=(before, dict(discovered))
    )
    return True
