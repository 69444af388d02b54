"""Who is notified about the runs of a definition: its rules, their secrets sealed."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from tessera.exports.definitions import KIND, get_definition
from tessera.exports.events import DEFINITION_UPDATED
from tessera.exports.store import definitions as store
from tessera.notifications import check_rules, reseal_rules, show_rules
from tessera.platform.actors import Actor
from tessera.platform.assets import differences, record_change, write_change
from tessera.platform.db import Session
from tessera.platform.resealing import Resealing
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing


async def set_notice_rules(
    session: Session, actor: Actor, resources: Resources, *, definition_id: UUID, given: Mapping[str, Any]
) -> Mapping[UUID, Mapping[str, str]]:
    """Notify these about runs from now on; return the secrets that were made just now, by target, shown once."""
    actor.require("exports:write")
    stored = await get_definition(session, actor, definition_id=definition_id)
    checked = check_rules(given, resources, stored=stored.notices)
    write = store.set_notices(session, stored, checked.rules.dump(), actor)
    await write_change(session, write, label=stored.label, internal_name=stored.internal_name)
    values = differences(show_rules(stored.notices), show_rules(checked.rules))
    await record_change(
        session, actor, asdict(stored), kind=KIND, event=DEFINITION_UPDATED, action="updated", values=values
    )
    return checked.drawn


async def reseal_definitions(session: Session, keys: KeyRing) -> int:
    """Seal the secrets of all rules under the newest key; return how many definitions changed."""
    changed = 0
    for row in await store.list_notices(session):
        document = reseal_rules(row["notices"], keys)
        if document is not None:
            await store.replace_notices(session, row["id"], document)
            changed += 1
    return changed


RESEALING = Resealing("the notices of {} export", reseal_definitions)
