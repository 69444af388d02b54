"""Selecting: the rows of a run are written down, and the gates judge them, before anything is sent."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

import msgspec

from tessera.exports import owners
from tessera.exports.contract import ClaimedShard
from tessera.exports.endings import end_unsent
from tessera.exports.errors import LeaseLostError
from tessera.exports.gates import OWNER, RUNS_COMPARED, Finding, GateLevel, Gates, SelectionFacts, check_selection
from tessera.exports.results import RunResult
from tessera.exports.selections import choose_values
from tessera.exports.store import definitions as definitions_store
from tessera.exports.store import runs as store
from tessera.exports.store import shards as shards_store
from tessera.exports.store import spool
from tessera.exports.values import Selection
from tessera.platform.db import Database, Session, driver
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
class Selected:
    """How many rows there are to send; `ending` says that the run does not go on."""

    rows: int
    ending: RunResult | None = None


async def find_owner_fault(session: Session, claim: ClaimedShard, *, now: datetime) -> Finding | None:
    """Return what is wrong with the owner's rights, where the run sends what describes members."""
    if not claim.snapshot.personal:
        return None
    owner = await definitions_store.find_owner(session, claim.definition_id)
    lack = await owners.describe_lack(session, claim.chain_id, owner, now=now)
    return None if lack is None else Finding(OWNER, GateLevel.HOLD, f"{lack} Take the export over to send it.")


async def select_rows(database: Database, engine: QueryEngine, claim: ClaimedShard, *, now: datetime) -> Selected:
    """Write the selection into the spool, all of it in one transaction: a take-over finds all or none."""
    async with database.session() as session:
        fault = await find_owner_fault(session, claim, now=now)
        if fault is not None:
            await store.keep_findings(session, claim.run_id, as_json([fault]))
            await store.add_moment(session, claim.run_id, "gate_hold", fault.message)
            await hold(session, claim)
            return Selected(0, HELD)
        values = await read_values(session, claim)
    started = time.monotonic()
    run_at = values["run_at"]
    assert isinstance(run_at, datetime)
    blocks = engine.read_blocks(claim.chain_id, claim.snapshot.query, now=run_at, given=values)
    counted = Counted()
    async with database.session() as session, aclosing(blocks):
        await spool.fill_spool(await driver(session), claim.run_id, claim.created_at, counted.watch(blocks))
        took = time.monotonic() - started
        await store.add_moment(session, claim.run_id, "selected", f"{counted.selected:,} rows in {took:.1f} s")
        return await judge(session, claim, counted)


async def read_values(session: Session, claim: ClaimedShard) -> dict[str, object]:
    """Return the values of the query's parameters."""
    selection = msgspec.convert(claim.snapshot.selection, Selection)
    return dict(
        choose_values(
            selection,
            run_at=claim.scheduled_for or claim.started_at,
            last_success_at=await store.find_last_success(session, claim.definition_id),
            period=(claim.period_from, claim.period_to),
        )
    )


async def judge(session: Session, claim: ClaimedShard, counted: Counted) -> Selected:
    """Note the counts, give each shard its rows, and let the gates say whether the run goes on.

    A person who releases a held run has judged instead: it goes on from here.
    """
    noted = await store.set_selected(
        session, claim.run_id, selected=counted.selected, removed=0, unchanged=0, skipped=0
    )
    if not noted or not await shards_store.lock_shard(session, claim.run_id, claim.shard, claim.epoch):
        raise LeaseLostError
    findings = await find_faults(session, claim, counted)
    await store.keep_findings(session, claim.run_id, as_json(findings))
    for finding in findings:
        await store.add_moment(session, claim.run_id, f"gate_{finding.level.value}", finding.message)
    worst = findings[0] if findings else None
    if worst is not None and worst.level is GateLevel.FAIL:
        # In this transaction: a take-over between two of them would find the rows, and send them.
        await end_unsent(session, claim.run_id, RunResult("failed", f"gate_{worst.gate}", worst.message))
        return Selected(counted.selected, ENDED)
    await shards_store.spread_rows(session, claim.run_id, divide_rows(counted.selected, claim.shards))
    if worst is not None and worst.level is GateLevel.HOLD:
        await hold(session, claim)
        return Selected(counted.selected, HELD)
    return Selected(counted.selected)


async def find_faults(session: Session, claim: ClaimedShard, counted: Counted) -> list[Finding]:
    """Return what the gates have found."""
    earlier = await store.list_earlier_selections(session, claim.definition_id, most=RUNS_COMPARED)
    facts = SelectionFacts(
        selected=counted.selected,
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
    return [(first + 1, last) for first, last in zip(borders, borders[1:], strict=False)]


async def hold(session: Session, claim: ClaimedShard) -> None:
    """Let the run wait for a person."""
    if not await store.hold_run(session, claim.run_id):
        raise LeaseLostError
    await shards_store.vacate_shard(session, claim.run_id, claim.shard, claim.epoch)


def as_json(findings: Sequence[Finding]) -> str:
    """Return the findings as they are stored."""
    return msgspec.json.encode(findings).decode()
