"""The embedded PostgreSQL: one server in the data folder, started with Tessera, stopped with its last user."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import psutil  # type: ignore[import-untyped]
import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from tessera.platform.db import DatabaseStartError, explain_start, explain_system_error
from tessera.platform.embedded.accounts import Account, run_as, server_account
from tessera.platform.embedded.binaries import Programs, find_binaries, prepare_programs
from tessera.platform.embedded.cluster import PASSWORD_FILE, SUPERUSER, check_cluster, make_cluster
from tessera.platform.embedded.folders import (
    locked,
    make_data_folder,
    make_private_folder,
    make_socket_folder,
    open_private_file,
    try_lock,
    write_private_file,
)
from tessera.platform.embedded.places import end_orphans, this_place

DATABASE = "tessera"
START_SECONDS = 120.0
# A fast shutdown may have much to write. One that is cut short loses nothing: the next start recovers.
FAST_SECONDS, IMMEDIATE_SECONDS = 2.0, 1.0
LOCK_SECONDS = 2.0
LARGEST_LOG = 16 * 1024 * 1024
# A server whose postmaster was killed leaves children for a moment; until they are gone no new one may start.
LEFT_BEHIND = ("pre-existing shared memory block", "already exists")
# What one connection's process may allocate, in KiB: PostgreSQL has no such setting, and the kernel has. Whatever asks
# for more ends its own statement with `out of memory`. What processes share does not count.
MOST_MEMORY = 768 * 1024
LIMITED = ["/bin/sh", "-c", 'ulimit -S -d "$0" 2>/dev/null; exec "$@"', str(MOST_MEMORY)]

OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "512MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    # Compiling pays for reports of minutes, and costs every query of milliseconds.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Statements and the details of errors hold members' data, which belongs in no log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}

if sys.platform == "linux":
    # After a crash one call to the kernel, instead of one for each of a thousand files.
    OPTIONS["recovery_init_sync_method"] = "syncfs"


class EmbeddedServer:
    """A PostgreSQL server in `folder`, which is made if it is missing.

    Any number of processes may start it: the first really does, the others join, and the last to stop ends it. A server
    that outlived a killed Tessera is joined like any other.
    """

    def __init__(
        self,
        folder: Path,
        binaries: Path | None = None,
        *,
        options: Mapping[str, str] | None = None,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self.folder = folder.resolve()
        self.home = self.folder / "postgresql"
        self.data = self.home / "data"
        self._binaries = binaries
        self._options = {**OPTIONS, **(options or {})}
        self._start_seconds = start_seconds
        self._use: BinaryIO | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._given_up = threading.Event()

    def start(self) -> str:
        """Start or join the server, again if it ended meanwhile; return the superuser's address of `tessera`."""
        deadline = time.monotonic() + self._start_seconds
        with explained(self.folder):
            make_data_folder(self.folder, self._account)
            make_private_folder(self.home, self._account)
            while not self._try_start(deadline):
                self._pause(0.2)
        return self.address()

    def give_up(self) -> None:
        """End a start that another thread is waiting for, and every later one, with an error."""
        self._given_up.set()

    def stop(self) -> None:
        """Leave the server; the last user stops it, with open transactions rolled back."""
        if self._use is None:
            return
        use, self._use = self._use, None
        if self._process is not None:
            self._process.poll()  # a killed server that another process has replaced stays a zombie until asked
        # Who holds the lock for longer is starting or stopping the server, and needs no help with it.
        with use, suppress(DatabaseStartError), locked(self.home / "lock", until=time.monotonic() + LOCK_SECONDS):
            if not try_lock(use, fcntl.LOCK_EX):
                return
            if pid := self.pid:
                self._end(pid)
            self._place.unlink(missing_ok=True)

    def address(self, database: str = DATABASE) -> str:
        """Return the superuser's address of a database on the running server."""
        lines = self._postmaster_lines()
        if len(lines) < 5:
            raise DatabaseStartError(
                f"The embedded database in {self.folder} is not running. Start it with `tessera up`."
            )
        with explained(self.folder):
            password = (self.home / PASSWORD_FILE).read_text(encoding="ascii")
        return make_conninfo("", host=lines[4], port=lines[3], user=SUPERUSER, password=password, dbname=database)

    @property
    def pid(self) -> int | None:
        """The server's process, where it runs."""
        lines = self._postmaster_lines()
        if not lines:
            return None
        try:
            process = psutil.Process(int(lines[0]))
            # A stale record may name a number that another program has by now.
            return process.pid if str(self.data) in process.cmdline() else None
        except (psutil.Error, ValueError):
            return None

    @property
    def _place(self) -> Path:
        """The file that says from where the server's process can be seen; it is there while the server has users."""
        return self.home / "place"

    def _pause(self, seconds: float) -> None:
        """Wait; raise when the start was given up meanwhile."""
        if self._given_up.wait(seconds):
            raise DatabaseStartError(f"The start of the embedded database in {self.folder} was given up.")

    @cached_property
    def _account(self) -> Account | None:
        return server_account(self.data)

    def _postmaster_lines(self) -> list[str]:
        """Return the server's own record: pid, folder, start, port, socket folder, address, memory, status."""
        with explained(self.folder), suppress(FileNotFoundError):
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return []

    def _is_ready(self) -> bool:
        lines = self._postmaster_lines()
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _is_running(self) -> bool:
        """Say whether a server is ready here; one that is still starting is not."""
        return self.pid is not None and self._is_ready()

    def _try_start(self, deadline: float) -> bool:
        """Start or join the server; False while another process uses one that cannot be seen from here."""
        with locked(self.home / "lock", until=deadline, pause=self._pause):
            if self.pid is None and not self._is_free():
                if time.monotonic() < deadline:
                    return False
                raise DatabaseStartError(
                    f"The embedded database in {self.folder} is in use by a process that cannot be seen from here,"
                    " perhaps in another container. End that one, or use a folder for each."
                )
            try:
                if not self._is_running():
                    self._launch(deadline)
                self._make_database()
                self._take_part()
            except psycopg.OperationalError:
                # A server killed just now looks alive for a moment yet.
                self._pause(0.5)
                if self.pid is not None:
                    self._abandon()
                    raise
                return False
            except BaseException:
                self._abandon()
                raise
        return True

    def _is_free(self) -> bool:
        """Say whether a server may be started: two on the same files would destroy them."""
        if self._process is not None:
            # Ours, and gone or going. A killed one keeps its number until we ask how it ended.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
            return self._process.poll() is not None
        if self._ran_here():
            return True
        with open_private_file(self.home / "in-use") as use:
            return try_lock(use, fcntl.LOCK_EX)

    def _ran_here(self) -> bool:
        """Say whether the last server's process could be seen from here, so that its absence means that it is dead."""
        with suppress(FileNotFoundError):
            return self._place.read_text(encoding="utf-8") == this_place()
        return False

    def _launch(self, deadline: float) -> None:
        """Make the data folder if needed, start the server and wait until it is ready."""
        self._process = None
        programs = prepare_programs(self._binaries or find_binaries(), self.home, self._account)
        if self.data.is_dir():
            check_cluster(self.data, programs)
        else:
            make_cluster(self.data, programs, self._account, sync=self._options.get("fsync") != "off")
        if self.pid is None:
            self._start_process(programs, deadline)
        else:
            self._wait_until_ready(deadline)

    def _start_process(self, programs: Programs, deadline: float) -> None:
        sockets = make_socket_folder(self.home, self._account)
        quoted = str(sockets).replace('"', '""')
        options = {**self._options, "unix_socket_directories": f'"{quoted}"'}
        command = [*LIMITED, str(programs.path("postgres")), "-D", str(self.data)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        write_private_file(self._place, this_place(), None)
        while True:
            # The records of a dead server, whose number another program may have by now, would refuse the start. So
            # would a killed one's whose parent has not asked how it ended.
            for record in (self.data / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
                record.unlink(missing_ok=True)
            with self._open_log() as log:
                begin = log.tell()
                self._process = subprocess.Popen(  # noqa: S603 - ours
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    **run_as(self._account),
                )
                if self._wait_until_ready(deadline):
                    return
                log.seek(begin)
                said = log.read().decode("utf-8", "replace")
            if not any(text in said for text in LEFT_BEHIND) or time.monotonic() > deadline:
                raise explain_start(self.folder, said)
            end_orphans(self.data)
            self._pause(0.2)

    def _open_log(self) -> BinaryIO:
        path = self.home / "log"
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(self.home / "log.1")
        file = open_private_file(path)
        file.seek(0, os.SEEK_END)
        return file

    def _wait_until_ready(self, deadline: float) -> bool:
        """Wait for the server; False if it ended. Raise when the time is over."""
        while not self._is_running():
            if self._process is not None and self._process.poll() is not None:
                return False
            if time.monotonic() > deadline:
                raise DatabaseStartError(
                    f"The embedded database in {self.folder} was not ready after {self._start_seconds:.0f} seconds."
                    f" Read {self.home / 'log'}, and start again."
                )
            self._pause(0.02)
        return True

    def _make_database(self) -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True, connect_timeout=10) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(SQL("CREATE DATABASE {}").format(Identifier(DATABASE)))

    def _take_part(self) -> None:
        """Count as a user of the server: by a lock, which a killed process gives back by itself."""
        if self._use is None:
            self._use = open_private_file(self.home / "in-use")
            fcntl.flock(self._use, fcntl.LOCK_SH)

    def _abandon(self) -> None:
        """End a server of ours whose start failed half way."""
        if self._process is not None and self._process.poll() is None:
            self._end(self._process.pid)

    def _end(self, pid: int) -> None:
        """Ask for a fast shutdown, then for an immediate one, and end a server that heeds neither."""
        # It may end by itself between two of these steps.
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            for order, seconds in (
                (signal.SIGINT, FAST_SECONDS),
                (signal.SIGQUIT, IMMEDIATE_SECONDS),
                (signal.SIGKILL, 1),
            ):
                process.send_signal(order)
                with suppress(psutil.TimeoutExpired):
                    process.wait(seconds)
                    break
        if self._process is not None:
            self._process.wait()


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn the operating system's refusals into one clear line."""
    try:
        yield
    except OSError as error:
        raise explain_system_error(folder, error) from None
    except psycopg.OperationalError as error:
        raise explain_start(folder, str(error)) from None
