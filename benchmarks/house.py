"""A Tessera of its own for a benchmark: embedded database in a temporary folder, its processes started the real way."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import psutil  # type: ignore[import-untyped]
import psycopg

from benchmarks.processes import MEGABYTE, ROOT, BenchmarkError, MemoryWatch, high_water_mark
from benchmarks.receiver import HOST
from benchmarks.sentinels import ended_with_us
from tessera.cli.ports import find_port
from tessera.cli.startup import answers
from tessera.platform.jobs import Queue
from tessera.platform.settings import PREFIX, Settings, load_settings
from tessera.wiring import database_address, hold_server, prepare_schema

STOP_SECONDS = 20.0
START_SECONDS = 60.0
LOOK_SECONDS = 0.1
IDLE_SECONDS = 0.5
# A worker registers once for each queue when it begins to look for jobs, and takes itself out when it stops.
REGISTERED = "SELECT count(*) FROM procrastinate.procrastinate_workers"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the benchmark's Tessera lives: its settings, and the address of a login that may do everything."""

    settings: Settings
    database: str


@contextmanager
def open_place() -> Iterator[Place]:
    """Have a database with our schema until the block ends; nothing of it stays."""
    parent = Path(mkdtemp(prefix="tessera-bench-"))
    # As root the server has a user of its own, who has to pass through.
    parent.chmod(0o711)
    settings = load_settings(
        database_url=None,
        data_dir=parent / "data",
        allowed_networks=f"{HOST}/32",
        allow_insecure_http=True,
        log_level="warning",
    )
    try:
        with hold_server(settings) as server:
            assert server is not None
            assert server.pid is not None
            with ended_with_us(server.pid, str(server.data)):
                database = database_address(settings)
                prepare_schema(settings, database)
                yield Place(settings, database)
    finally:
        shutil.rmtree(parent)


def settle(place: Place) -> None:
    """Let the database finish what loading left behind, so that it is not measured with what follows."""
    with psycopg.connect(place.database, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


@contextmanager
def running_workers(place: Place, count: int, **given: str) -> Iterator[list[MemoryWatch]]:
    """Run so many workers; go on when all of them look for jobs."""
    with ExitStack() as processes:
        watches = [processes.enter_context(running_worker(place, **given)) for _ in range(count)]
        wait_for_workers(place, count)
        yield watches


def wait_for_workers(place: Place, count: int) -> None:
    """Return once so many workers look for jobs."""
    with psycopg.connect(place.database, autocommit=True) as connection:
        for _ in range(int(START_SECONDS / LOOK_SECONDS)):
            row = connection.execute(REGISTERED).fetchone()
            if row is not None and row[0] >= count * len(Queue):
                return
            time.sleep(LOOK_SECONDS)
    raise BenchmarkError("The workers did not start. Their lines above may say why.")


@contextmanager
def running_worker(place: Place, **given: str) -> Iterator[MemoryWatch]:
    """Run `tessera worker`, with these variables beside the settings, and watch its memory."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tessera", "worker"],
        cwd=ROOT,
        env=describe_environment(place.settings, **given),
        stdin=subprocess.DEVNULL,
    )
    with process, MemoryWatch(process.pid) as watch:
        try:
            yield watch
            process.terminate()
            process.wait(STOP_SECONDS)
        finally:
            process.kill()


def describe_environment(settings: Settings, **given: str) -> dict[str, str]:
    """Return a process's environment; settings of a Tessera that lives on this machine are none of the benchmark's."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(PREFIX)},
        "TESSERA_DATA_DIR": str(settings.data_dir),
        "TESSERA_ALLOWED_NETWORKS": ",".join(map(str, settings.allowed_networks)),
        "TESSERA_ALLOW_INSECURE_HTTP": "true",
        "TESSERA_LOG_LEVEL": settings.log_level,
        **given,
    }


@dataclass(frozen=True, slots=True)
class Server:
    """A web server that answers, ours or another: where, and the processes that do the work."""

    url: str
    pids: tuple[int, ...]

    def peak_megabytes(self) -> list[float]:
        """Return the most resident memory that each process ever had, by the kernel's own record."""
        return [high_water_mark(pid) / MEGABYTE for pid in self.pids]


@contextmanager
def running_web(place: Place, *, processes: int, request_limit: int = 0) -> Iterator[Server]:
    """Run `tessera serve`, with no request limit unless one is given."""
    _, port = find_port(HOST, 0)
    environment = describe_environment(
        place.settings,
        TESSERA_WEB_PROCESSES=str(processes),
        TESSERA_CONNECTOR_REQUEST_LIMIT=str(request_limit),
    )
    command = [sys.executable, "-m", "tessera", "serve", "--port", str(port), "--supervised"]
    with running_server(command, port=port, processes=processes, environment=environment, health="/healthz") as server:
        yield server


@contextmanager
def running_server(
    command: Sequence[str], *, port: int, processes: int, environment: Mapping[str, str], health: str
) -> Iterator[Server]:
    """Run a web server that ends when its standard input does; give it once all its processes are there."""
    url = f"http://{HOST}:{port}"
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, start_new_session=True)
    with process:
        try:
            yield Server(url, wait_until_ready(process, f"{url}{health}", processes))
            process.terminate()
            process.wait(STOP_SECONDS)
        finally:
            # Its group is its own: whatever the server would leave behind goes with it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def wait_until_ready(process: subprocess.Popen[bytes], url: str, processes: int) -> tuple[int, ...]:
    """Return the ids of the processes that do the work, once they do; raise where that takes too long."""
    for _ in range(int(START_SECONDS / LOOK_SECONDS)):
        if process.poll() is not None:
            break
        workers = find_workers(process.pid)
        # One that answers does not speak for the others, which may still be starting.
        if len(workers) >= processes and answers(url) and all(is_idle(worker) for worker in workers):
            return tuple(worker.pid for worker in workers)
        time.sleep(LOOK_SECONDS)
    raise BenchmarkError("A web server did not start; its message is above.")


def find_workers(pid: int) -> list[psutil.Process]:
    """Return the child processes that a server started for its work; multiprocessing has one more, for its own."""
    with suppress(psutil.Error):
        children = psutil.Process(pid).children(recursive=True)
        return [child for child in children if not any("resource_tracker" in part for part in child.cmdline())]
    return []


def is_idle(process: psutil.Process) -> bool:
    """Say whether the process did nothing for a while."""
    before = process.cpu_times()
    time.sleep(IDLE_SECONDS)
    after = process.cpu_times()
    return bool(after.user + after.system - before.user - before.system < IDLE_SECONDS / 10)
