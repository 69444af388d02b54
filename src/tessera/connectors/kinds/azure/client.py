"""How an Azure Blob Storage profile reaches its container."""

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from obstore.store import AzureStore

from tessera.connectors.contract import Network, OpenedProfile
from tessera.connectors.kinds.azure.settings import ACCOUNT_KEY, SAS_TOKEN
from tessera.connectors.kinds.objects.store import RETRIES, ObjectStore, open_library

if TYPE_CHECKING:
    from obstore.store import AzureConfig, ClientConfig

AUTHORITY = "https://login.microsoftonline.com"


def endpoint_of(profile: OpenedProfile) -> str:
    """Return where the container is reached."""
    settings = profile.settings
    return str(settings["endpoint_url"] or f"https://{settings['account']}.blob.core.windows.net").rstrip("/")


def open_container(profile: OpenedProfile, network: Network) -> AbstractAsyncContextManager[ObjectStore]:
    """Open the container's root path."""
    settings = profile.settings

    def make(options: "ClientConfig") -> AzureStore:
        return AzureStore(config=config_of(profile), client_options=options, retry_config=RETRIES)

    return open_library(make, network, place=f"the container {settings['container']}", root=settings["root_path"] or "")


def config_of(profile: OpenedProfile) -> "AzureConfig":
    """Return what the library needs to know."""
    settings, secrets = profile.settings, profile.secrets
    config: AzureConfig = {
        "account_name": settings["account"],
        "container_name": settings["container"],
        "endpoint": endpoint_of(profile),
        "use_emulator": False,
        "use_azure_cli": False,
        "skip_signature": False,
    }
    if settings["credentials"] == ACCOUNT_KEY:
        config["account_key"] = secrets["account_key"]
    elif settings["credentials"] == SAS_TOKEN:
        config["sas_key"] = secrets["sas_token"]
    else:
        config["tenant_id"] = settings["tenant_id"]
        config["client_id"] = settings["client_id"]
        config["client_secret"] = secrets["client_secret"]
        config["authority_host"] = AUTHORITY
    return config
