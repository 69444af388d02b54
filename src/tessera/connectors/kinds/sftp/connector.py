"""The Secure FTP connector as the registry knows it. The SSH library is loaded when a connection is made."""

from contextlib import AbstractAsyncContextManager

from tessera.connectors.contract import Capabilities, ConnectorType, Network, OpenedProfile, ProbeResult, Variant
from tessera.connectors.file_probes import WRITE_OPTION
from tessera.connectors.files import FileStore
from tessera.connectors.kinds.sftp.settings import PROPERTIES


def open_files(profile: OpenedProfile, network: Network) -> AbstractAsyncContextManager[FileStore]:
    """Connect, and return the files below the root path."""
    from tessera.connectors.kinds.sftp.store import open_store

    return open_store(profile, network)


async def probe(profile: OpenedProfile, network: Network, options: frozenset[str]) -> ProbeResult:
    """Connect, sign in, list the root path."""
    from tessera.connectors.kinds.sftp.probe import probe_host

    return await probe_host(profile, network, options)


SFTP = ConnectorType(
    key="sftp",
    tile="sftp",
    label="Secure FTP",
    icon="lock",
    variants=(Variant("standard", "Standard"),),
    properties=PROPERTIES,
    capabilities=Capabilities(),
    used_by=frozenset({"export_definition", "import_definition"}),
    probe=probe,
    probe_options=WRITE_OPTION,
    open_files=open_files,
    about="Files on a partner's server, by SSH.",
    group="Files",
)
