"""The Azure Blob Storage connector as the registry knows it. The library is loaded when a container is opened."""

from contextlib import AbstractAsyncContextManager

from tessera.connectors.contract import Capabilities, ConnectorType, Network, OpenedProfile, ProbeResult, Variant
from tessera.connectors.file_probes import WRITE_OPTION
from tessera.connectors.files import FileStore
from tessera.connectors.kinds.azure.settings import PROPERTIES


def open_files(profile: OpenedProfile, network: Network) -> AbstractAsyncContextManager[FileStore]:
    """Return the files below the root path."""
    from tessera.connectors.kinds.azure.client import open_container

    return open_container(profile, network)


async def probe(profile: OpenedProfile, network: Network, options: frozenset[str]) -> ProbeResult:
    """List one object below the root path."""
    from tessera.connectors.kinds.azure.client import endpoint_of, open_container
    from tessera.connectors.kinds.objects.probe import probe_objects

    return await probe_objects(network, open_container(profile, network), endpoint_of(profile), options)


AZURE = ConnectorType(
    key="azure",
    tile="azure",
    label="Azure Blob Storage",
    icon="cloud",
    variants=(Variant("standard", "Standard"),),
    properties=PROPERTIES,
    capabilities=Capabilities(),
    used_by=frozenset({"export_definition", "import_definition"}),
    probe=probe,
    probe_options=WRITE_OPTION,
    open_files=open_files,
    about="Files in a container of Azure Blob Storage.",
    group="Storage",
)
