"""The Amazon S3 connector as the registry knows it. The library is loaded when a bucket is opened."""

from contextlib import AbstractAsyncContextManager

from tessera.connectors.contract import Capabilities, ConnectorType, Network, OpenedProfile, ProbeResult, Variant
from tessera.connectors.file_probes import WRITE_OPTION
from tessera.connectors.files import FileStore
from tessera.connectors.kinds.s3.settings import PROPERTIES


def open_files(profile: OpenedProfile, network: Network) -> AbstractAsyncContextManager[FileStore]:
    """Return the files below the root path."""
    from tessera.connectors.kinds.s3.client import open_bucket

    return open_bucket(profile, network)


async def probe(profile: OpenedProfile, network: Network, options: frozenset[str]) -> ProbeResult:
    """List one object below the root path."""
    from tessera.connectors.kinds.objects.probe import probe_objects
    from tessera.connectors.kinds.s3.client import endpoint_of, open_bucket

    return await probe_objects(network, open_bucket(profile, network), endpoint_of(profile), options)


S3 = ConnectorType(
    key="s3",
    tile="s3",
    label="Amazon S3",
    icon="bucket",
    variants=(Variant("standard", "Standard"),),
    properties=PROPERTIES,
    capabilities=Capabilities(),
    used_by=frozenset({"export_definition", "import_definition"}),
    probe=probe,
    probe_options=WRITE_OPTION,
    open_files=open_files,
    about="Files in a bucket of Amazon S3 or of an S3-compatible store.",
    group="Storage",
)
