"""The export to a file: Tessera beside psql and sftp, which a user would put into a nightly script.

The same query, the same OpenSSH on loopback, one after another. Whatever a way says of itself, its file must hold every
member once, or the benchmark fails.
"""

import asyncio
import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from rich.console import Console

from benchmarks.definitions import ACTOR, QUERY, wait_for_end
from benchmarks.house import Place, open_place, running_worker, settle
from benchmarks.members import create_members
from benchmarks.processes import BenchmarkError, run_watched
from benchmarks.receiver import HOST
from benchmarks.rows import PLAIN_ROWS, copy_members
from benchmarks.ssh_server import SshServer, started_ssh_server
from benchmarks.tables import Bar, make_table, show_bars, write_results
from tessera import connectors, exports, queries
from tessera.access.keys import NewApiKey, create_api_keys
from tessera.connectors import NewProfile
from tessera.connectors.keys import NewEncryptionKey, create_encryption_key
from tessera.exports import NewDefinition, Owner, RunState
from tessera.platform.actors import ActorKind
from tessera.platform.clock import now
from tessera.platform.db import Session
from tessera.queries import NewQuery
from tessera.wiring import Application, open_application

MOST_SECONDS = 600.0
MOST_TIMES, MOST_MEGABYTES = 5.0, 200
FLOOR, OURS = "psql, then sftp", "Tessera"


@dataclass(frozen=True, slots=True)
class FileMeasurement:
    """One way of bringing the members into a file on the server, done once."""

    name: str
    rows: int
    seconds: float
    peak_megabytes: float
    cpu_seconds: float
    bytes: int

    def describe(self) -> dict[str, float | int | str]:
        """Return everything, for machines."""
        names = ("name", "rows", "seconds", "peak_megabytes", "cpu_seconds", "bytes")
        return {name: getattr(self, name) for name in names}


def measure_files(rows: int, *, moment: datetime, console: Console) -> None:
    """Measure both ways with so many rows, print and write what was found."""
    with open_place() as place, started_ssh_server() as server:
        with console.status(f"Loading {rows:,} members"):
            chain_id = asyncio.run(create_members(place.settings, rows))
            copy_members(place.database, chain_id)
            settle(place)
        with console.status(f"Writing {rows:,} members to a file"):
            found = [measure_floor(place, server, rows), measure_tessera(place, server, chain_id, rows)]
    bars = judge_files(*found)
    show_files(found, console)
    show_bars(bars, console)
    path = write_results("files", moment, measurements=[each.describe() for each in found], bars=bars)
    console.print(f"Written to benchmarks/results/{path.name}")


def measure_floor(place: Place, server: SshServer, rows: int) -> FileMeasurement:
    """Copy the table that has the query's rows ready to a file, then transfer that: sftp reads no pipe."""
    with TemporaryDirectory() as name:
        source, batch, target = Path(name, "members.csv"), Path(name, "batch"), server.shelf / "floor.csv"
        batch.write_text(f"put {source} {target}\n")
        query = PLAIN_ROWS.format(first=1, last=rows)
        begun = time.perf_counter()
        copied = run_watched(
            ["psql", "-X", "-q", "-d", place.database, "-c", f"\\copy ({query}) TO '{source}' (FORMAT csv, HEADER)"],
            environment={},
            seconds=MOST_SECONDS,
        )
        sent = run_watched(
            [
                *("sftp", "-q", "-b", batch, "-P", str(server.port), "-i", server.login),
                *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", f"{server.user}@{HOST}"),
            ],
            environment={},
            seconds=MOST_SECONDS,
        )
        seconds = time.perf_counter() - begun
    check_file(target, rows)
    cpu, peak = copied.cpu_seconds + sent.cpu_seconds, max(copied.peak_megabytes, sent.peak_megabytes)
    return FileMeasurement(FLOOR, rows, seconds, peak, cpu, target.stat().st_size)


def measure_tessera(place: Place, server: SshServer, chain_id: UUID, rows: int) -> FileMeasurement:
    """Measure ourselves: a fresh worker, from the run's start to its end as the run itself tells them."""
    with running_worker(place) as watch:
        seconds = asyncio.run(export_to_file(place, server, chain_id, rows))
    target = server.shelf / "ours.csv"
    check_file(target, rows)
    return FileMeasurement(OURS, rows, seconds, watch.peak_megabytes, watch.cpu_seconds, target.stat().st_size)


async def export_to_file(place: Place, server: SshServer, chain_id: UUID, rows: int) -> float:
    """Export all members of the chain; return the run's seconds as the run itself tells them."""
    async with open_application(place.settings, application="tessera benchmark", pool_size=2) as house:
        async with house.resources.database.session() as session:
            definition_id = await define_file(house, session, server, chain_id)
            started = await exports.start_run(session, ACTOR, house.resources, definition_id=definition_id)
        run = await wait_for_end(house, started.id, MOST_SECONDS)
    if (run.state, run.sent) != (RunState.COMPLETED, rows):
        raise BenchmarkError(f"The run ended as {run.state}: {run.sent:,} rows sent. {run.error or ''}")
    seconds = run.seconds(now())
    assert seconds is not None
    return seconds


async def define_file(house: Application, session: Session, server: SshServer, chain_id: UUID) -> UUID:
    """Make key, profile, query, owner and definition; return the definition."""
    keys, label = house.resources.keys, "Members as a file"
    new_key = NewEncryptionKey("rsa_private_key", label, server.login.read_text())
    login = await create_encryption_key(session, ACTOR, chain_id=chain_id, new=new_key, keys=keys)
    settings = {"host": HOST, "port": server.port, "username": server.user, "auth_type": "public_key"}
    settings |= {"private_key": str(login.id), "root_path": str(server.shelf)}
    new_profile = NewProfile("sftp", "standard", label, settings=settings)
    policy = connectors.address_policy(house.resources.settings)
    profile = await connectors.create_profile(
        session, ACTOR, chain_id=chain_id, new=new_profile, keys=keys, policy=policy
    )
    new_query = NewQuery(label, QUERY, key_columns=("id",))
    query = await queries.create_query(session, ACTOR, house.engine, chain_id=chain_id, new=new_query)
    new_owner = NewApiKey(label, frozenset({chain_id}), frozenset({"members:read"}))
    (owner,) = await create_api_keys(session, ACTOR, keys, [new_owner], now=now())
    new = NewDefinition(
        label,
        query.id,
        profile_id=profile.id,
        kind="files",
        settings={"name_pattern": "ours"},
        owner=Owner(ActorKind.API_KEY, owner.key.id, owner.key.label),
    )
    definition = await exports.create_definition(session, ACTOR, chain_id=chain_id, new=new, keys=keys, now=now())
    return definition.id


def check_file(path: Path, rows: int) -> None:
    """Refuse a file that does not hold every member once."""
    with path.open(newline="", encoding="utf-8") as file:
        ids = {row["id"] for row in csv.DictReader(file)}
    if len(ids) != rows:
        raise BenchmarkError(
            f"{path.name} holds {len(ids):,} members instead of {rows:,}. Its figures are worth nothing."
        )


def judge_files(floor: FileMeasurement, ours: FileMeasurement) -> list[Bar]:
    """Hold our measurement against what was promised."""
    times, peak = ours.seconds / floor.seconds, ours.peak_megabytes
    return [
        Bar(f"{ours.rows:,} rows to CSV by SFTP", f"{times:.1f} x", f"at most {MOST_TIMES:.0f} x", times <= MOST_TIMES),
        Bar("worker's memory", f"{peak:,.0f} MB", f"at most {MOST_MEGABYTES} MB", peak <= MOST_MEGABYTES),
    ]


def show_files(measurements: Sequence[FileMeasurement], console: Console) -> None:
    """Print both ways side by side."""
    table = make_table("Members to a CSV file on OpenSSH")
    table.add_column("", no_wrap=True)
    for heading in ("rows", "seconds", "rows/s", "MB", "peak MB", "CPU s"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in measurements:
        table.add_row(
            each.name,
            f"{each.rows:,}",
            f"{each.seconds:.2f}",
            f"{each.rows / each.seconds:,.0f}",
            f"{each.bytes / 1e6:,.1f}",
            f"{each.peak_megabytes:,.0f}",
            f"{each.cpu_seconds:.1f}",
        )
    console.print(table)
