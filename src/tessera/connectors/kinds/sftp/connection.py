"""A connection by SSH: to a vetted address, to the host whose key is pinned, with algorithms of today only."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncssh

from tessera.connectors.contract import Network, OpenedProfile
from tessera.connectors.files import FileStoreUnreachableError, HostKeyChangedError
from tessera.connectors.kinds.sftp.settings import HOST_KEY, PUBLIC_KEY
from tessera.connectors.kinds.sftp.translation import reason_of, translated
from tessera.platform.http import Address

CONNECT_SECONDS = 10
LOGIN_SECONDS = 30
# The library's own lists still hold forms that rest on SHA-1.
KEY_EXCHANGES = "-*-sha1*"
CODES = "-*sha1*"
SIGNATURES = "-ssh-rsa,ssh-dss"
HOST_KEYS = (
    "ssh-ed25519",
    "ssh-ed448",
    "ecdsa-sha2-nistp521",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp256",
    "rsa-sha2-512",
    "rsa-sha2-256",
)

Reconnect = Callable[[], Awaitable[socket.socket]]


@dataclass
class HostKey:
    """Which keys the host may show, and which it showed; `algorithms` are those that it has not shown a key for.

    A host may have several keys, and shows the one for the first algorithm that both sides know.
    """

    pinned: frozenset[str]
    shown: list[str] = field(default_factory=list)
    algorithms: tuple[str, ...] = HOST_KEYS
    fits: bool = False

    def judge(self, fingerprint: str, algorithms: Iterable[bytes]) -> bool:
        """Say whether the host may go on; with nothing pinned the first key is discovered."""
        self.shown.append(fingerprint)
        used = {each.decode() for each in algorithms}
        self.algorithms = tuple(each for each in self.algorithms if each not in used)
        self.fits = not self.pinned or fingerprint in self.pinned
        return self.fits

    @property
    def discovered(self) -> dict[str, str]:
        """The property that the profile did not have."""
        return {HOST_KEY: self.shown[-1]} if self.fits and not self.pinned else {}


class Visitor(asyncssh.SSHClient):
    """Judges the host's key before anything secret is said."""

    def __init__(self, host_key: HostKey) -> None:
        self._host_key = host_key

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        """Say whether this is the pinned key."""
        return self._host_key.judge(key.get_fingerprint("sha256"), key.sig_algorithms)


def host_key_of(profile: OpenedProfile) -> HostKey:
    """Return what is pinned."""
    return HostKey(frozenset((profile.settings.get(HOST_KEY) or "").split()))


async def find_host(profile: OpenedProfile, network: Network) -> Sequence[Address]:
    """Return the host's addresses, all vetted."""
    return await network.client.vet_host(profile.settings["host"], profile.settings["port"])


async def connect(addresses: Sequence[Address], host: str, port: int) -> socket.socket:
    """Return a connection to the first address that answers."""
    loop, reason = asyncio.get_running_loop(), "no address"
    for address in addresses:
        sock = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET)
        sock.setblocking(False)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.sock_connect(sock, (str(address), port))
        except OSError as error:
            sock.close()
            reason = reason_of(error)
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise FileStoreUnreachableError(
        f"No connection to {host}, port {port}: {reason}. Check that the server runs and can be reached."
    )


@asynccontextmanager
async def sign_in(
    profile: OpenedProfile, sock: socket.socket, host_key: HostKey, reconnect: Reconnect
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """Give a connection that is signed in; nothing of this machine's own SSH settings takes part."""
    connection = await log_in(profile, sock, host_key, reconnect)
    try:
        yield connection
    finally:
        connection.close()
        try:
            async with asyncio.timeout(2):
                await connection.wait_closed()
        except (TimeoutError, asyncssh.Error, OSError):
            connection.abort()


async def log_in(
    profile: OpenedProfile, sock: socket.socket, host_key: HostKey, reconnect: Reconnect
) -> asyncssh.SSHClientConnection:
    """Return the connection; a host that shows another key than the pinned one is asked for its further keys."""
    while True:
        try:
            return await open_connection(profile, sock, host_key)
        except HostKeyChangedError:
            sock.close()
            if not host_key.algorithms:
                raise
            sock = await reconnect()
        except BaseException:
            sock.close()
            raise


async def open_connection(
    profile: OpenedProfile, sock: socket.socket, host_key: HostKey
) -> asyncssh.SSHClientConnection:
    """Sign in over the socket, by one of the host key's algorithms that are left."""
    settings, host = profile.settings, profile.settings["host"]
    by_key = settings["auth_type"] == PUBLIC_KEY
    with translated(host, "answer the sign-in"):
        try:
            return await asyncssh.connect(
                host,
                settings["port"],
                sock=sock,
                client_factory=lambda: Visitor(host_key),
                known_hosts=([], [], []),
                server_host_key_algs=host_key.algorithms,
                kex_algs=KEY_EXCHANGES,
                mac_algs=CODES,
                signature_algs=SIGNATURES,
                compression_algs=None,
                config=None,
                username=settings["username"],
                password=None if by_key else profile.secrets["password"],
                client_keys=read_keys(profile) if by_key else None,
                agent_path=None,
                gss_host=None,
                preferred_auth="publickey" if by_key else "password,keyboard-interactive",
                login_timeout=LOGIN_SECONDS,
                keepalive_interval=15,
                keepalive_count_max=4,
            )
        except asyncssh.HostKeyNotVerifiable:
            raise host_key_changed(host, host_key) from None
        except asyncssh.KeyExchangeFailed:
            if not host_key.shown:
                raise
            # It has no further key.
            host_key.algorithms = ()
            raise host_key_changed(host, host_key) from None


def read_keys(profile: OpenedProfile) -> list[asyncssh.SSHKey]:
    """Return the private key that the profile refers to."""
    key = profile.keys["private_key"]
    return [asyncssh.import_private_key(key.material, key.passphrase)]


def host_key_changed(host: str, host_key: HostKey) -> HostKeyChangedError:
    """Say that none of the host's keys is the pinned one; nothing was sent to it."""
    pinned, shown = " or ".join(sorted(host_key.pinned)), " and ".join(host_key.shown)
    return HostKeyChangedError(
        f"{host} shows the host key {shown}, but the profile expects {pinned}. Nothing was sent. Either the partner "
        "changed the server's key, or another machine answers in its place: ask the partner for the fingerprint by "
        "another way, and only then write it into the profile.",
        expected=sorted(host_key.pinned),
        shown=shown,
    )
