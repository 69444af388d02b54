"""How an Amazon S3 profile reaches its bucket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from obstore.store import S3Store

from tessera.connectors.contract import Network, OpenedProfile
from tessera.connectors.kinds.objects.store import RETRIES, ObjectStore, open_library
from tessera.connectors.kinds.s3.roles import RoleCredentials
from tessera.connectors.kinds.s3.settings import ROLE, SSE_KMS, SSE_S3

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config, S3Credential, S3CredentialProvider

ENCRYPTIONS = {SSE_S3: "AES256", SSE_KMS: "aws:kms"}


def endpoint_of(profile: OpenedProfile) -> str:
    """Return where the bucket is reached."""
    settings = profile.settings
    # Always said: the library would take another one from this process's environment.
    return str(settings["endpoint_url"] or f"https://s3.{settings['region']}.amazonaws.com").rstrip("/")


@asynccontextmanager
async def open_bucket(profile: OpenedProfile, network: Network) -> AsyncIterator[ObjectStore]:
    """Open the bucket's root path, in a role where the profile has one."""
    # Providers, not settings: with those the library would add a session token from the environment.
    provider: S3CredentialProvider = StaticCredentials(profile)
    if profile.settings["credentials"] == ROLE:
        provider = RoleCredentials(profile, network)
        await provider()  # the library would only say that it got none, not why

    def make(options: "ClientConfig") -> S3Store:
        return S3Store(
            config=config_of(profile), client_options=options, retry_config=RETRIES, credential_provider=provider
        )

    place = f"the bucket {profile.settings['bucket']}"
    async with open_library(make, network, place=place, root=profile.settings["root_path"] or "") as store:
        yield store


def config_of(profile: OpenedProfile) -> "S3Config":
    """Return what the library needs to know."""
    settings = profile.settings
    config: S3Config = {
        "bucket": settings["bucket"],
        "region": settings["region"],
        "endpoint": endpoint_of(profile),
        "aws_endpoint_url_s3": endpoint_of(profile),
        "virtual_hosted_style_request": False,
        "skip_signature": False,
    }
    encryption = settings["server_side_encryption"]
    if encryption in ENCRYPTIONS:
        config["server_side_encryption"] = ENCRYPTIONS[encryption]
    if encryption == SSE_KMS:
        config["sse_kms_key_id"] = settings["kms_key_id"]
    return config


class StaticCredentials:
    """The profile's own access key."""

    def __init__(self, profile: OpenedProfile) -> None:
        self._profile = profile

    def __call__(self) -> "S3Credential":
        """Return the key."""
        return {
            "access_key_id": self._profile.settings["access_key_id"],
            "secret_access_key": self._profile.secrets["secret_access_key"],
            "token": None,
            "expires_at": None,
        }
