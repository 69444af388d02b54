"""The Google Cloud Storage connector as the registry knows it. The library is loaded when a bucket is opened."""

from contextlib import AbstractAsyncContextManager

from tessera.connectors.contract import Capabilities, ConnectorType, OpenedProfile, Outside, ProbeResult, Variant
from tessera.connectors.file_probes import WRITE_OPTION
from tessera.connectors.files import FileStore
from tessera.connectors.kinds.gcs.settings import PROPERTIES


def open_files(profile: OpenedProfile, outside: Outside) -> AbstractAsyncContextManager[FileStore]:
    """Return the files below the root path."""
    from tessera.connectors.kinds.gcs.client import open_bucket

    return open_bucket(profile, outside)


async def probe(profile: OpenedProfile, outside: Outside, options: frozenset[str]) -> ProbeResult:
    """List one object below the root path."""
    from tessera.connectors.kinds.gcs.client import endpoint_of, open_bucket
    from tessera.connectors.kinds.objects.probing import probe_objects

    return await probe_objects(outside, open_bucket(profile, outside), endpoint_of(profile), options)


GCS = ConnectorType(
    key="gcs",
    tile="gcs",
    label="Google Cloud Storage",
    icon="bucket",
    variants=(Variant("standard", "Standard"),),
    properties=PROPERTIES,
    capabilities=Capabilities(),
    used_by=frozenset({"export_definition", "import_definition"}),
    probe=probe,
    probe_options=WRITE_OPTION,
    open_files=open_files,
    about="Files in a bucket of Google Cloud Storage.",
    group="Storage",
)
