"""Selecting: the rows of a run are written down, and the gates judge them, before anything is sent."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import msgspec

from tessera.exports import owners
from tessera.exports.announcements import announce_hold
from tessera.exports.contract import ClaimedShard
from tessera.exports.endings import end_unsent
from tessera.exports.errors import LeaseLostError
from tessera.exports.gates import OWNER, RUNS_COMPARED, Finding, GateLevel, Gates, SelectionFacts, check_selection
from tessera.exports.results import RunResult
from tessera.exports.selections import choose_values
from tessera.exports.states import FirstRun
from tessera.exports.store import definitions as definitions_store
from tessera.exports.store import resends, row_states, spool
from tessera.exports.store import runs as store
from tessera.exports.store import shards as shards_store
from tessera.exports.values import Changes, Selection
from tessera.platform.db import Session, driver
from tessera.platform.resources import Resources
from tessera.queries import Block, QueryEngine

# The selection itself has let the run wait, or ended it: its worker has nothing to conclude.
HELD, ENDED = RunResult("held"), RunResult("ended")


@dataclass(slots=True)
class Counted:
    """What passed through on its way to the spool."""

    selected: int = 0
    empty_keys: int = 0
    first_empty: int | None = None
    repeated_keys: int = 0
    first_repeated: int | None = None

    async def watch(self, blocks: AsyncIterator[Block]) -> AsyncIterator[Block]:
        """Give the blocks on, and count their rows and the faults of their keys."""
        async for block in blocks:
            self.selected += block.rows
            self.empty_keys += block.empty_keys
            self.repeated_keys += block.repeated_keys
            self.first_empty = self.first_empty or block.first_empty
            self.first_repeated = self.first_repeated or block.first_repeated
            yield block


@dataclass(frozen=True, slots=True)
class Spooled:
    """What the spool holds: rows to send, and what the comparison with earlier runs found beside them."""

    to_send: int
    removed: int = 0
    known: int = 0
    unchanged: int = 0
    is_baseline: bool = False


async def find_owner_fault(session: Session, claim: ClaimedShard, *, now: datetime) -> Finding | None:
    """Return what is wrong with the owner's rights, where the run sends what describes members."""
    if not claim.snapshot.personal:
        return None
    owner = await definitions_store.find_owner(session, claim.definition_id)
    lack = await owners.describe_lack(session, claim.chain_id, owner, now=now)
    return None if lack is None else Finding(OWNER, GateLevel.HOLD, f"{lack} Take the export over to send it.")


async def select_rows(resources: Resources, engine: QueryEngine, claim: ClaimedShard) -> RunResult | None:
    """Write the selection into the spool, all of it in one transaction: a take-over finds all or none.

    Return how the run ends, if it does not go on from here.
    """
    database = resources.database
    async with database.session() as session:
        fault = await find_owner_fault(session, claim, now=resources.clock())
        if fault is not None:
            await store.keep_findings(session, claim.run_id, as_json([fault]))
            await store.add_moment(session, claim.run_id, "gate_hold", fault.message)
            await hold(session, resources, claim, [fault])
            return HELD
        if claim.resent is not None:
            return await select_resent(session, claim)
        values = await read_values(session, claim)
    started = time.monotonic()
    run_at = values["run_at"]
    assert isinstance(run_at, datetime)
    changes = read_selection(claim).changes
    blocks = engine.read_blocks(
        claim.chain_id, claim.snapshot.query, now=run_at, given=values, with_keys=changes is not None
    )
    counted = Counted()
    async with database.session() as session, aclosing(blocks):
        connection = await driver(session)
        if changes is None:
            await spool.fill_spool(connection, claim.run_id, claim.created_at, counted.watch(blocks))
            spooled = Spooled(counted.selected)
        else:
            await row_states.stage_rows(connection, counted.watch(blocks))
            spooled = await spool_changes(connection, claim, changes)
        took = time.monotonic() - started
        await store.add_moment(session, claim.run_id, "selected", describe(counted, spooled, took))
        return await judge(session, resources, claim, counted=counted, spooled=spooled)


async def select_resent(session: Session, claim: ClaimedShard) -> RunResult | None:
    """Write the failed rows of the parent into the spool; the gates judged them when they were selected."""
    assert claim.parent_id is not None
    assert claim.resent is not None
    parent = await store.find_origin(session, claim.parent_id)
    assert parent is not None
    found = await resends.choose_rows(
        await driver(session),
        claim,
        parent_created_at=parent["created_at"],
        code=claim.resent["code"],
        rows=claim.resent["rows"],
    )
    if found.lost:
        return RunResult("failed", "rows_gone", "The rows are not kept any more. Run the export again instead.")
    await write_down(session, claim, Counted(found.rows), Spooled(found.rows))
    await shards_store.set_planned(session, claim.run_id, claim.shard, found.in_requests)
    await store.add_moment(session, claim.run_id, "selected", f"{found.rows:,} failed rows of the earlier run")
    return None


def describe(counted: Counted, spooled: Spooled, seconds: float) -> str:
    """Return what was selected, for the time line."""
    parts = [f"{counted.selected:,} rows in {seconds:.1f} s"]
    if spooled.to_send != counted.selected:
        parts.append(f"{spooled.to_send:,} of them to send")
    if spooled.removed:
        parts.append(f"{spooled.removed:,} rows left the selection")
    return ", ".join(parts)


async def spool_changes(connection: row_states.Connection, claim: ClaimedShard, changes: Changes) -> Spooled:
    """Write the rows into the spool that were added, changed or removed since they were last accepted."""
    is_first = not claim.full_refresh and not await row_states.has_states(connection, claim.definition_id)
    if is_first and changes.first_run is FirstRun.BASELINE:
        await row_states.keep_baseline(connection, claim)
        return Spooled(0, is_baseline=True)
    found = await row_states.compare_rows(
        connection, claim, most_refusals=changes.most_refusals, full=claim.full_refresh
    )
    await row_states.keep_chosen(connection, claim)
    await row_states.keep_removed(connection, claim, before=found.chosen, sent=changes.removals)
    to_send = found.chosen + (found.removed_open if changes.removals else 0)
    unchanged = 0 if claim.full_refresh else found.unchanged
    return Spooled(to_send, removed=found.removed, known=found.known, unchanged=unchanged)


async def read_values(session: Session, claim: ClaimedShard) -> dict[str, object]:
    """Return the values of the query's parameters."""
    return dict(
        choose_values(
            read_selection(claim),
            run_at=claim.scheduled_for or claim.started_at,
            last_success_at=await store.find_last_success(session, claim.definition_id),
            period=(claim.period_from, claim.period_to),
        )
    )


def read_selection(claim: ClaimedShard) -> Selection:
    """Return which rows the run selects."""
    return msgspec.convert(claim.snapshot.selection, Selection)


async def judge(
    session: Session, resources: Resources, claim: ClaimedShard, *, counted: Counted, spooled: Spooled
) -> RunResult | None:
    """Note the counts, give each shard its rows, and let the gates say whether the run goes on.

    A person who releases a held run has judged instead: it goes on from here.
    """
    await write_down(session, claim, counted, spooled)
    findings = await find_faults(session, claim, counted, spooled)
    await store.keep_findings(session, claim.run_id, as_json(findings))
    for finding in findings:
        await store.add_moment(session, claim.run_id, f"gate_{finding.level.value}", finding.message)
    worst = findings[0] if findings else None
    if worst is not None and worst.level is GateLevel.FAIL:
        # In this transaction: a take-over between two of them would find the rows, and send them.
        failed = RunResult("failed", f"gate_{worst.gate}", worst.message)
        await end_unsent(session, resources, claim.run_id, failed)
        return ENDED
    if worst is not None and worst.level is GateLevel.HOLD:
        await hold(session, resources, claim, findings)
        return HELD
    return None


async def write_down(session: Session, claim: ClaimedShard, counted: Counted, spooled: Spooled) -> None:
    """Note the counts, and give each shard its rows."""
    noted = await store.set_selected(
        session,
        claim.run_id,
        selected=counted.selected,
        removed=spooled.removed,
        unchanged=counted.selected if spooled.is_baseline else spooled.unchanged,
    )
    if not noted or not await shards_store.lock_shard(session, claim.run_id, claim.shard, claim.epoch):
        raise LeaseLostError
    await shards_store.spread_rows(session, claim.run_id, divide_rows(spooled.to_send, claim.shards))


async def find_faults(session: Session, claim: ClaimedShard, counted: Counted, spooled: Spooled) -> list[Finding]:
    """Return what the gates have found."""
    earlier = await store.list_earlier_selections(session, claim.definition_id, most=RUNS_COMPARED)
    facts = SelectionFacts(
        selected=counted.selected,
        removed=spooled.removed,
        known=spooled.known,
        empty_keys=counted.empty_keys,
        first_empty=counted.first_empty,
        repeated_keys=counted.repeated_keys,
        first_repeated=counted.first_repeated,
        earlier=earlier,
    )
    return check_selection(msgspec.convert(claim.snapshot.gates, Gates), facts)


def divide_rows(rows: int, shards: int) -> list[tuple[int, int]]:
    """Return the first and the last row of each shard; there are no more shards than rows, and at least one."""
    count = max(1, min(shards, rows))
    borders = [rows * number // count for number in range(count + 1)]
    return [(first + 1, last) for first, last in pairwise(borders)]


async def hold(session: Session, resources: Resources, claim: ClaimedShard, findings: Sequence[Finding]) -> None:
    """Let the run wait for a person, and notify people."""
    run = await store.hold_run(session, claim.run_id)
    if run is None:
        raise LeaseLostError
    await shards_store.vacate_shard(session, claim.run_id, claim.shard, claim.epoch)
    await announce_hold(session, resources, run, [finding.message for finding in findings])


def as_json(findings: Sequence[Finding]) -> str:
    """Return the findings as they are stored."""
    return msgspec.json.encode(findings).decode()
