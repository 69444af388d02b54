"""Routes: an origin, the vetted address that its calls go to, and the client that can go nowhere else."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import certifi
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import BuilderError

from tessera.platform.http.addresses import Address
from tessera.platform.http.calls import CallLimits
from tessera.platform.http.errors import CertificateFileError

# Many servers drop an idle connection after 5 s; a request written to one just then counts as sent.
IDLE_SECONDS = 4


class Origin(NamedTuple):
    """Where a call goes by its URL, and what a client keeps for all its calls. A tuple: every call looks one up.

    `authorities` are more certificate authorities, in DER: connections that trust different ones are never shared.
    """

    scheme: str
    host: str
    port: int
    limits: CallLimits
    authorities: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A client pinned to the first of the addresses; the others are vetted too and wait in case it does not answer."""

    addresses: tuple[Address, ...]
    client: Client
    fresh_until: float


def build_client(origin: Origin, address: Address, authorities: Sequence[bytes]) -> Client:
    """Make a client that knows one address for the origin's name, and uses no proxy, redirect or cookie."""
    try:
        return prepare(origin, address, authorities).build()
    except BuilderError:
        # A machine without a store of certificate authorities: trust the one that Python programs commonly bring.
        return prepare(origin, address, [*authorities, *read_authorities(Path(certifi.where()))]).build()


def prepare(origin: Origin, address: Address, authorities: Sequence[bytes]) -> ClientBuilder:
    """Say how calls are made."""
    limits = origin.limits
    builder = (
        ClientBuilder()
        .user_agent("Tessera")
        .no_proxy()
        .follow_redirects(enable=False)
        .referer(enable=False)
        .min_tls_version("TLSv1.2")
        .connect_timeout(timedelta(seconds=limits.usable_connect_seconds))
        .read_timeout(timedelta(seconds=limits.read_seconds))
        .pool_idle_timeout(timedelta(seconds=IDLE_SECONDS))
        .http2(enable=True)
        .http2_keep_alive_interval(timedelta(seconds=15))  # a dead connection would fail calls until they time out
        .http2_keep_alive_timeout(timedelta(seconds=10))
        .resolve(origin.host, str(address), origin.port)
    )
    # Answers stay packed: a small one could unpack to gigabytes.
    builder = builder.gzip(enable=False).brotli(enable=False).zstd(enable=False).deflate(enable=False)
    for authority in (*authorities, *origin.authorities):
        builder = builder.add_root_certificate_der(authority)
    return builder


def read_authorities(path: Path) -> list[bytes]:
    """Return the certificate authorities of a PEM file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=path)
    except OSError as error:
        reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise CertificateFileError(f"Certificate file {path} cannot be used: {reason}. Name a PEM file.") from None
    return context.get_ca_certs(binary_form=True)
