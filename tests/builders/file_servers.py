"""Servers that keep files, on loopback, each a process or thread of its own, ended by the test that needs it."""

import asyncio
import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncssh
import httpx
import psutil  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from tests.builders.key_files import ssh_key
from tests.builders.object_servers import ACCOUNT, ACCOUNT_KEY, BUCKET, EMAIL

from tessera.connectors.contract.registry import get_connector
from tessera.connectors.contract.types import OpenedKey, OpenedProfile

PROFILE_ID, CHAIN_ID = UUID(int=1), UUID(int=2)
PASSWORD = "canary-password-8812"
SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin")


@dataclass
class Counterpart:
    """A running server, and what a profile needs to use it."""

    kind: str
    settings: dict[str, Any]
    secrets: dict[str, str] = field(default_factory=dict)
    keys: dict[str, OpenedKey] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    folder: Path | None = None

    def profile(self, **changed: Any) -> OpenedProfile:
        """Return an opened profile; `changed` are other settings."""
        connector = get_connector(self.kind)
        defaults = {each.key: each.default for each in connector.properties if not each.secret}
        settings = {**defaults, **self.settings, **changed}
        return OpenedProfile(PROFILE_ID, CHAIN_ID, "Files", "standard", 1, settings, self.secrets, self.keys)

    def kill(self) -> None:
        """End the server as a crash would."""
        assert self.process is not None
        end_all(self.process.pid)
        self.process.wait(10)

    def fill(self, first: str, count: int) -> None:
        """Make files named like the first, whose digits are 00000, the way that takes the fewest calls."""
        names = [first.replace("00000", f"{number:05}") for number in range(count)]
        if self.folder is not None:
            Path(first).parent.mkdir(parents=True)
            for name in names:
                Path(name).write_bytes(b"x")
            return
        with httpx.Client(base_url=self.settings["endpoint_url"], timeout=60) as client:
            if self.kind != "s3":
                client.post("/-/fill", params={"first": first, "count": str(count)}).raise_for_status()
                return
            for name in names:
                client.put(f"/{BUCKET}/{name}", content=b"x").raise_for_status()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes connections."""
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on {port}")


@contextmanager
def running(command: list[str], **given: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in a group of its own, and end it with all that it started."""
    process = subprocess.Popen(command, start_new_session=True, **given)
    try:
        yield process
    finally:
        end_all(process.pid)
        process.wait(10)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def end_all(leader: int) -> None:
    """End a program and all that it started: OpenSSH serves each connection in a session of its own."""
    with suppress(psutil.NoSuchProcess):
        program = psutil.Process(leader)
        for process in [*program.children(recursive=True), program]:
            with suppress(psutil.NoSuchProcess):
                process.kill()


@contextmanager
def openssh(folder: Path, *, host_key: str | None = None) -> Iterator[Counterpart]:
    """Run OpenSSH's server for the user that runs the tests, who signs in with a key."""
    assert SSHD is not None
    shelf, port = folder / "shelf", free_port()
    shelf.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    login = asyncssh.import_private_key(ssh_key())
    files = {"host_key": host_key or ssh_key("ecdsa"), "authorized_keys": login.export_public_key().decode()}
    for name, text in files.items():
        path = folder / name
        path.write_text(text)
        path.chmod(0o600)
    lines = [
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {folder}/host_key",
        f"AuthorizedKeysFile {folder}/authorized_keys",
        f"PidFile {folder}/sshd.pid",
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin prohibit-password",
        "PasswordAuthentication no",
        "MaxStartups 100",
        "Subsystem sftp internal-sftp",
        "ForceCommand internal-sftp",
    ]
    (folder / "sshd_config").write_text("\n".join(lines) + "\n")
    command = [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")]
    with (folder / "sshd.log").open("wb") as log, running(command, stderr=log) as process:
        wait_for(port, process)
        settings = {
            "host": "127.0.0.1",
            "port": port,
            "username": getpass.getuser(),
            "auth_type": "public_key",
            "private_key": str(UUID(int=3)),
            "root_path": str(shelf),
        }
        key = OpenedKey(UUID(int=3), "Login", "rsa_private_key", ssh_key())
        yield Counterpart("sftp", settings, keys={"private_key": key}, process=process, folder=shelf)


class PasswordServer(asyncssh.SSHServer):
    """Lets in who knows the password."""

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - the parent's parameter
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("partner", PASSWORD)


@asynccontextmanager
async def asyncssh_server(folder: Path, **options: Any) -> AsyncIterator[Counterpart]:
    """Run asyncssh's server, confined to a folder, with a password."""

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel: Any) -> None:
            super().__init__(channel, chroot=str(folder).encode())

    given: dict[str, Any] = {
        "server_factory": PasswordServer,
        "server_host_keys": [asyncssh.import_private_key(ssh_key("ecdsa"))],
        "sftp_factory": Files,
        "allow_scp": False,
        **options,
    }
    server = await asyncssh.listen("127.0.0.1", 0, **given)
    settings = {"host": "127.0.0.1", "port": server.get_port(), "username": "partner", "auth_type": "password"}
    try:
        yield Counterpart("sftp", settings, {"password": PASSWORD}, folder=folder)
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)


@contextmanager
def moto() -> Iterator[Counterpart]:
    """Run moto's S3, with a bucket."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(port, process)
        address = f"http://127.0.0.1:{port}"
        # It checks no signatures, so a bucket is made without one.
        httpx.put(f"{address}/{BUCKET}").raise_for_status()
        settings = {"bucket": BUCKET, "region": "us-east-1", "access_key_id": "AKIATEST", "endpoint_url": address}
        yield Counterpart("s3", settings, {"secret_access_key": PASSWORD}, process=process)


@contextmanager
def object_server(kind: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run our counterpart; give its address."""
    script = Path(__file__).with_name("object_servers.py")
    command = [sys.executable, str(script), kind, str(folder)]
    with running(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}", process


@contextmanager
def google(folder: Path) -> Iterator[Counterpart]:
    """Run the counterpart of Google Cloud Storage."""
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "public.pem").write_bytes(public)
    with object_server("google", folder) as (address, process):
        account = {
            "type": "service_account",
            "project_id": "harbour",
            "private_key_id": "1",
            "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "client_email": EMAIL,
            "client_id": "1",
        }
        settings = {"bucket": BUCKET, "endpoint_url": address}
        yield Counterpart("gcs", settings, {"service_account_key": json.dumps(account)}, process=process)


@contextmanager
def azure(folder: Path) -> Iterator[Counterpart]:
    """Run the counterpart of Azure Blob Storage."""
    with object_server("azure", folder) as (address, process):
        settings = {"account": ACCOUNT, "container": BUCKET, "endpoint_url": address, "credentials": "account_key"}
        yield Counterpart("azure", settings, {"account_key": ACCOUNT_KEY}, process=process)
