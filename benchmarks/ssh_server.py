"""OpenSSH's server on loopback, which keeps files in a folder, for a client with a key made for this run."""

import getpass
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.processes import BenchmarkError
from benchmarks.receiver import HOST
from tessera.cli.ports import find_port

START_SECONDS, LOOK_SECONDS = 10.0, 0.05
CONFIGURATION = """
Port {port}
ListenAddress {host}
HostKey {folder}/host
AuthorizedKeysFile {folder}/login.pub
PidFile {folder}/sshd.pid
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
"""


@dataclass(frozen=True, slots=True)
class SshServer:
    """A running server: where it listens, the key that signs in, and where files lie."""

    port: int
    user: str
    login: Path
    shelf: Path


@contextmanager
def started_ssh_server() -> Iterator[SshServer]:
    """Start the server, and end it; nothing of it stays."""
    program = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None or shutil.which("sftp") is None or shutil.which("psql") is None:
        raise BenchmarkError("sshd, sftp and psql are needed. Install OpenSSH's server and client, and PostgreSQL's.")
    with TemporaryDirectory(prefix="tessera-ssh-") as name:
        folder = Path(name)
        for key in ("host", "login"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
        (folder / "shelf").mkdir()
        _, port = find_port(HOST, 0)
        (folder / "sshd_config").write_text(CONFIGURATION.format(port=port, host=HOST, folder=folder))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        command = [program, "-D", "-e", "-f", str(folder / "sshd_config")]
        with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
            try:
                wait_until_listening(process, folder / "log")
                yield SshServer(port, getpass.getuser(), folder / "login", folder / "shelf")
            finally:
                process.terminate()


def wait_until_listening(process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server says that it listens."""
    for _ in range(int(START_SECONDS / LOOK_SECONDS)):
        if "Server listening" in log.read_text():
            return
        if process.poll() is not None:
            break
        time.sleep(LOOK_SECONDS)
    raise BenchmarkError(f"sshd did not start: {log.read_text()[-500:]}")
