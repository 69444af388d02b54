"""Rows of a run as its log shows them, to those only who may see what they describe."""

from collections.abc import Sequence
from typing import Any

from tessera.exports.runs import Run
from tessera.exports.spool import number_rows
from tessera.exports.store import spool as spool_store
from tessera.platform.actors import Actor
from tessera.platform.db import Session, driver

HIDDEN = "Hidden, because it may describe members. Users with the permission members:read see it."


async def find_rows(session: Session, run: Run, ordinals: Sequence[int]) -> dict[int, Sequence[Any]]:
    """Return the spooled rows of those numbers; they are gone with the log."""
    blocks = await spool_store.find_blocks(await driver(session), run.id, run.created_at, ordinals)
    wanted = set(ordinals)
    return {ordinal: row for ordinal, row in number_rows(blocks) if ordinal in wanted}


def must_hide(actor: Actor, run: Run) -> bool:
    """Say whether the run shows members whom the actor may not see."""
    return run.personal and not actor.may("members:read")
