"""The crash laboratory: an export by real workers on a real database, disturbed, and then counted."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil  # type: ignore[import-untyped]
import psycopg
from psycopg.rows import dict_row
from tests.builders.counting_receiver import Counts
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, read_run
from tests.builders.workers import Workers, worker_processes

from tessera import exports
from tessera.exports import Definition, Run
from tessera.platform.db import SEARCH_PATH

# Without members to make: what is looked at is how rows travel, not where they come from.
DIGITS = "(SELECT 0 AS d " + " ".join(f"UNION ALL SELECT {digit}" for digit in range(1, 10)) + ")"
NUMBERS = (
    f"SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d AS n"
    f" FROM {DIGITS} a, {DIGITS} b, {DIGITS} c, {DIGITS} d, {DIGITS} e"
)
BODY = {"id": "{{ id }}", "label": "{{ label }}"}
CONCURRENCY = 8
LONGEST_SECONDS = 120.0
# Leases run down fast: every kill waits for one.
SHORT_LEASES = {
    "TESSERA_RUN_LEASE_SECONDS": "1",
    "TESSERA_JOB_HEARTBEAT_SECONDS": "0.3",
    "TESSERA_JOB_STALLED_SECONDS": "1",
}

STATE = """
SELECT r.finished_at IS NOT NULL AS ended, r.selected,
       ARRAY(SELECT worker FROM run_shards WHERE run_id = r.id AND lease_until > now()) AS holders
  FROM runs r WHERE r.id = %s
"""
COPYING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY run_blocks%%'"
TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
 WHERE datname = current_database() AND application_name LIKE 'tessera%%' AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Reckoning:
    """A line of the table: what was done to the export, and what became of it."""

    name: str
    disturbances: int
    lost: int
    repeated: int
    allowed: int

    def __str__(self) -> str:
        return f"{self.name[:48]:48} {self.disturbances:5} {self.lost:5} {self.repeated:10} {self.allowed:8}"


class Laboratory:
    """What a crash test works with. The database may be away: whoever asks it here asks again."""

    def __init__(self, house: SmallHouse, address: str, workers: Workers, counts: Counts) -> None:
        self.house = house
        self.workers = workers
        self.counts = counts
        self._address = address
        self._chain: UUID | None = None

    async def create(self, rows: int, *, batch: int = 10, shards: int = 1, **choices: Any) -> Definition:
        """Create an export of so many rows."""
        self._chain = self._chain or await create_members(self.house.database, 1)
        return await create_export(
            self.house,
            self._chain,
            self.counts.url,
            query=f"SELECT n AS id, 'Number ' || n AS label FROM ({NUMBERS}) AS numbers WHERE n <= {rows}",
            body=BODY,
            batch_size=batch,
            settings={"max_concurrent_requests": CONCURRENCY},
            choices={"shards": shards, **choices},
        )

    async def ask(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        """Ask the database until it answers."""
        async with asyncio.timeout(LONGEST_SECONDS):
            while True:
                try:
                    return await asyncio.to_thread(self._ask, statement, parameters)
                except psycopg.OperationalError:
                    await asyncio.sleep(0.1)

    def _ask(self, statement: str, parameters: tuple[Any, ...]) -> list[dict[str, Any]]:
        with psycopg.connect(
            self._address,
            autocommit=True,
            row_factory=dict_row,
            connect_timeout=5,
            options=f"-c search_path={SEARCH_PATH}",
        ) as connection:
            return connection.execute(statement.encode(), parameters).fetchall()

    async def wait_for_rows(self, run_id: UUID, rows: int) -> bool:
        """Wait until so many different rows have arrived; return False where the run ended before."""
        async with asyncio.timeout(LONGEST_SECONDS):
            while len(self.counts.arrivals) < rows:
                (state,) = await self.ask(STATE, run_id)
                if state["ended"]:
                    return False
                await asyncio.sleep(0.02)
        return True

    async def wait_for_selecting(self, run_id: UUID) -> None:
        """Wait until the run's rows are on their way into the spool."""
        async with asyncio.timeout(LONGEST_SECONDS):
            while not await self.ask(COPYING):
                (state,) = await self.ask(STATE, run_id)
                assert state["selected"] is None, "the selection was over too soon"
                await asyncio.sleep(0.005)

    async def wait_for_end(self, run_id: UUID) -> Run:
        """Return the ended run."""
        async with asyncio.timeout(LONGEST_SECONDS):
            while not (await self.ask(STATE, run_id))[0]["ended"]:  # noqa: ASYNC110 - a process does not say when
                await asyncio.sleep(0.1)
        await self.house.database.engine.dispose()
        return await read_run(self.house, run_id)

    async def kill_holder(self, run_id: UUID, chance: random.Random) -> int:
        """Kill one of the workers that hold a shard, and start another; return how many shards it held."""
        async with asyncio.timeout(LONGEST_SECONDS):
            while True:
                (state,) = await self.ask(STATE, run_id)
                if state["ended"]:
                    return 0
                holders = [int(worker.rpartition(":")[2]) for worker in state["holders"]]
                if held := sorted(set(holders).intersection(self.workers.alive)):
                    break
                await asyncio.sleep(0.05)
        killed = chance.choice(held)
        self.workers.kill(killed)
        self.workers.start()
        return holders.count(killed)

    async def terminate_connections(self) -> None:
        """End every connection of the application, as a database that fails over does."""
        await self.ask(TERMINATE)

    def forget(self) -> None:
        """Begin to count anew; workers of before are ended."""
        self.workers.end()
        self.counts.forget()

    async def reckon(self, name: str, run: Run, disturbances: int, *, shards_hit: int | None = None) -> Reckoning:
        """Check what has to be true of every ended run, and return the line of the table.

        A disturbance may hit several shards at once, each of which has requests in flight.
        """
        await self._check_counts(run)
        self._check_requests()
        quiet = self.counts.requests
        await asyncio.sleep(0.3)
        assert self.counts.requests == quiet, "a request was begun after the end"
        failed = {error["ordinal"] for error in await self.list_errors(run)}
        assert len(failed) == run.failed, "an error of a row was not kept"
        assert run.selected is not None
        wanted = run.selected - run.failed - run.skipped - run.unchanged
        line = Reckoning(
            name,
            disturbances,
            wanted - len(self.counts.accepted),
            self.counts.repeated,
            2 * CONCURRENCY * (disturbances if shards_hit is None else shards_hit),
        )
        assert line.lost == 0, line
        assert line.repeated <= line.allowed, line
        return line

    async def _check_counts(self, run: Run) -> None:
        assert run.selected is not None
        assert run.selected + run.removed == run.sent + run.unchanged + run.failed + run.skipped
        (log,) = await self.ask(
            "SELECT count(*) AS requests, sum(attempts) AS attempts, coalesce(sum(sent_rows), 0) AS sent,"
            " count(*) FILTER (WHERE state IN ('planned', 'begun', 'waiting')) AS open"
            " FROM run_requests WHERE run_id = %s",
            run.id,
        )
        assert (log["requests"], log["sent"], log["open"]) == (run.requests, run.sent, 0)
        (tries,) = await self.ask("SELECT count(*) AS attempts FROM run_attempts WHERE run_id = %s", run.id)
        assert tries["attempts"] == run.attempts

    def _check_requests(self) -> None:
        assert all(len(keys) == 1 for keys in self.counts.keys.values()), "a request came under several keys"
        assert all(len(bodies) == 1 for bodies in self.counts.bodies.values()), "a key came with other bytes"

    async def list_errors(self, run: Run) -> list[dict[str, Any]]:
        """Return number and code of every row error that was kept."""
        return await self.ask("SELECT ordinal, code FROM run_row_errors WHERE run_id = %s", run.id)

    async def list_accepted(self, definition: Definition) -> set[int]:
        """Return the ids that are noted as accepted, of a definition that sends changes only."""
        found = await self.ask(
            "SELECT shown_key::json ->> 0 AS id FROM export_rows WHERE definition_id = %s AND accepted IS NOT NULL",
            definition.id,
        )
        return {int(row["id"]) for row in found}


@contextmanager
def open_laboratory(
    house: SmallHouse, address: str, counts: Counts, keys_file: Path, folder: Path
) -> Iterator[Laboratory]:
    """Give a laboratory whose workers end with it."""
    with worker_processes(address, keys_file, folder, **SHORT_LEASES) as workers:
        yield Laboratory(house, address, workers, counts)


async def start(laboratory: Laboratory, definition: Definition) -> Run:
    """Create a run that workers take."""
    house = laboratory.house
    async with house.database.session() as session:
        return await exports.start_run(session, ACTOR, house.resources, definition_id=definition.id)


def report(lines: Sequence[Reckoning]) -> None:
    """Print the table."""
    rows = [f"{'what was done':48} times  lost   repeated  allowed", *map(str, lines)]
    sys.stdout.write("\n" + "\n".join(rows) + "\n")


def kill_backend(server: int, chance: random.Random) -> None:
    """Kill one of the server's processes that serve connections: the server drops all of them and recovers."""
    clients = [child for child in psutil.Process(server).children() if "[local]" in " ".join(child.cmdline())]
    os.kill(chance.choice(clients).pid, signal.SIGKILL)
