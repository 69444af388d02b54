"""How a shard ends, and with its last one the run: counts that add up, a line for people, an event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.connectors.calls import record_call
from tessera.exports.contract import ClaimedShard
from tessera.exports.errors import LeaseLostError
from tessera.exports.events import RUN_FINISHED
from tessera.exports.profile_calls import call_of
from tessera.exports.results import COMPLETED, RunResult
from tessera.exports.snapshots import read_snapshot
from tessera.exports.store import row_states, run_log
from tessera.exports.store import runs as store
from tessera.exports.store import shards as shards_store
from tessera.platform import schedules
from tessera.platform.db import Session, driver
from tessera.platform.events import Event, record_events
from tessera.platform.resources import Resources
from tessera.platform.schedules import FinishedRun

REACHED_END = ("completed", "completed_with_errors")
# A cancelled run counts neither way; one whose rows were partly refused did what it should.
KIND = "export_definition"
SUCCEEDED = {"completed": True, "completed_with_errors": True, "failed": False}
COUNTS = ("state", "selected", "removed", "sent", "unchanged", "failed", "skipped")


async def finish_shard(resources: Resources, claim: ClaimedShard, ending: RunResult, *, doubted: datetime) -> None:
    """End the shard, and the run with its last one, in one transaction.

    Shards of one run end one after another, because each locks the run. One that ends early wishes the same for the
    others, which hear of it when they renew their lease.
    """
    async with resources.database.session() as session:
        run = await store.lock_run(session, claim.run_id)
        if run is None or not await shards_store.lock_shard(session, claim.run_id, claim.shard, claim.epoch):
            raise LeaseLostError
        await run_log.close_open_requests(await driver(session), claim, doubted)
        if ending != COMPLETED:
            await store.wish_end(session, claim.run_id, state=ending.state, code=ending.code, message=ending.message)
        if run["selected"] is None:
            await shards_store.finish_all(session, claim.run_id)
        if await shards_store.finish_shard(session, claim.run_id, claim.shard):
            ended = await finish_run(session, claim.run_id)
            if claim.keeps_states and ended["state"] in REACHED_END:
                sent = await shards_store.find_last_row(session, claim.run_id)
                await row_states.settle_unsent(await driver(session), claim, sent=sent)


async def finish_run(session: Session, run_id: UUID) -> Mapping[str, Any]:
    """End a run of which no shard is open, and return it; the caller has locked it."""
    run = await store.lock_run(session, run_id)
    assert run is not None
    state = run["ending"] or COMPLETED.state
    ended = await store.finish_run(session, run_id, state=state, code=run["error_code"], message=run["error"])
    if ended["state"] == "failed" and ended["error_code"] is None:
        ended = await store.name_failure(session, run_id, describe_nothing_arrived(ended))
    await store.add_moment(session, run_id, ended["state"], ended["error"] or "")
    await note_end(session, ended, run["snapshot"])
    return ended


async def note_end(session: Session, run: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """Tell the profile's page and the feed of events."""
    snapshot = read_snapshot(document)
    call = call_of(run, snapshot.definition)
    if call is not None and snapshot.profile_id is not None:
        await record_call(session, snapshot.profile_id, call)
    if run["parent_id"] is None:
        result = FinishedRun(run["definition_id"], run["id"], SUCCEEDED.get(run["state"]))
        await schedules.note_results(session, KIND, [result], now=run["finished_at"])
    payload = {name: run[name] for name in COUNTS}
    await record_events(session, [Event(run["chain_id"], RUN_FINISHED, run["id"], payload)])


def describe_nothing_arrived(run: Mapping[str, Any]) -> str:
    """Return why a run failed that reached its last row."""
    return f"Nothing arrived: all {run['failed']:,} rows that were to be sent were refused. See the row errors for why."


async def drop_held(session: Session, run_id: UUID, message: str) -> None:
    """Cancel a held run, which the caller has locked: all its rows are skipped."""
    await drop_run(session, run_id, code="dropped", message=message)


async def drop_run(session: Session, run_id: UUID, *, code: str | None, message: str | None) -> None:
    """Cancel a run that nobody works on, and that the caller has locked: all its rows are skipped."""
    await shards_store.finish_all(session, run_id)
    run = await store.lock_run(session, run_id)
    assert run is not None
    ended = await store.finish_run(session, run_id, state="cancelled", code=code, message=message)
    await store.add_moment(session, run_id, ended["state"], message or "")
    await note_end(session, ended, run["snapshot"])
