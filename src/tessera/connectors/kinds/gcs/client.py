"""How a Google Cloud Storage profile reaches its bucket."""

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from obstore.store import GCSStore

from tessera.connectors.contract import Network, OpenedProfile
from tessera.connectors.kinds.objects.store import RETRIES, ObjectStore, open_library

if TYPE_CHECKING:
    from obstore.store import ClientConfig

PUBLIC = "https://storage.googleapis.com"


def endpoint_of(profile: OpenedProfile) -> str:
    """Return where the bucket is reached."""
    return str(profile.settings["endpoint_url"] or PUBLIC).rstrip("/")


def open_bucket(profile: OpenedProfile, network: Network) -> AbstractAsyncContextManager[ObjectStore]:
    """Open the bucket's root path."""
    settings = profile.settings

    def make(options: "ClientConfig") -> GCSStore:
        return GCSStore(
            settings["bucket"],
            service_account_key=profile.secrets["service_account_key"],
            base_url=endpoint_of(profile),
            skip_signature=False,
            client_options=options,
            retry_config=RETRIES,
        )

    return open_library(make, network, place=f"the bucket {settings['bucket']}", root=settings["root_path"] or "")
