"""The connector types of this installation: ours, and those that other distributions bring."""

from functools import cache
from importlib.metadata import entry_points

from tessera.integrations.connectors import ConnectorType
from tessera.integrations.errors import SettingsInvalidError
from tessera.integrations.kinds.azure import AZURE
from tessera.integrations.kinds.cheetah_digital import CHEETAH_DIGITAL
from tessera.integrations.kinds.gcs import GCS
from tessera.integrations.kinds.http_api import HTTP_API
from tessera.integrations.kinds.mparticle_inbound import MPARTICLE_INBOUND
from tessera.integrations.kinds.mparticle_outbound import MPARTICLE_OUTBOUND
from tessera.integrations.kinds.s3 import S3
from tessera.integrations.kinds.selligent import SELLIGENT
from tessera.integrations.kinds.sftp import SFTP
from tessera.integrations.kinds.sparkfly import SPARKFLY

OWN = (HTTP_API, MPARTICLE_OUTBOUND, MPARTICLE_INBOUND, CHEETAH_DIGITAL, SELLIGENT, SPARKFLY, SFTP, S3, GCS, AZURE)
GROUP = "tessera.connectors"


@cache
def connector_types() -> dict[str, ConnectorType]:
    """Return every type by its key; one from elsewhere never replaces one of ours."""
    found = {connector.key: connector for connector in OWN}
    for entry in entry_points(group=GROUP):
        connector = entry.load()
        if not isinstance(connector, ConnectorType):
            raise TypeError(
                f"Entry point {entry.name} of {GROUP} is no ConnectorType. Mend or remove its distribution."
            )
        found.setdefault(connector.key, connector)
    return found


def get_connector(key: str) -> ConnectorType:
    """Return the type with that key."""
    found = connector_types().get(key)
    if found is None:
        known = ", ".join(connector_types())
        raise SettingsInvalidError(f"There is no connector type {key!r}. There are: {known}.", field="type")
    return found
