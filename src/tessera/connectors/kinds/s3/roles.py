"""Taking on a role: an access key asks the token service for a key that lasts an hour, and again before it ends."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from tessera.connectors.contract import Network, OpenedProfile
from tessera.connectors.files import (
    FileStoreRefusedError,
    FileStoreUnreachableError,
    FileTransferBrokenError,
    StoreCredentialsError,
)
from tessera.platform.clock import now
from tessera.platform.http import TRANSIENT_STATUSES, CallError, CallErrorKind

if TYPE_CHECKING:
    from obstore.store import S3Credential

LASTS = timedelta(hours=1)
SERVICE = "sts"
# Asking twice for a key does no harm, so a call that went out and brought no answer may be made again.
TEMPORARY = {CallErrorKind.NOT_SENT: FileStoreUnreachableError, CallErrorKind.UNKNOWN: FileTransferBrokenError}
MEMBER = "<{0}>([^<]{{1,4096}})</{0}>"


class RoleCredentials:
    """What the library asks for a key each time it signs; it holds the one there is until it is about to end."""

    def __init__(self, profile: OpenedProfile, network: Network) -> None:
        self._profile = profile
        self._outside = network

    async def __call__(self) -> "S3Credential":
        """Take the role on."""
        profile, moment = self._profile, now()
        url = token_url(profile)
        body = urlencode(parameters_of(profile)).encode()
        headers = sign(profile, url, body, moment)
        try:
            reply = await self._outside.client.send("POST", url, headers=headers, body=body)
        except CallError as error:
            raise TEMPORARY.get(error.kind, FileStoreRefusedError)(error.message) from None
        return read_credentials(profile, reply.status, reply.excerpt.decode("utf-8", "replace"), moment)


def token_url(profile: OpenedProfile) -> str:
    """Return the token service: beside the store where it has an address of its own, as such stores do."""
    settings = profile.settings
    return str(settings["endpoint_url"] or f"https://sts.{settings['region']}.amazonaws.com").rstrip("/") + "/"


def parameters_of(profile: OpenedProfile) -> dict[str, str]:
    """Return what is asked for."""
    settings = profile.settings
    asked = {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": settings["role_arn"],
        "RoleSessionName": f"tessera-{profile.id.hex[-12:]}",
        "DurationSeconds": str(int(LASTS.total_seconds())),
    }
    return asked | ({"ExternalId": settings["external_id"]} if settings["external_id"] else {})


def sign(profile: OpenedProfile, url: str, body: bytes, moment: datetime) -> list[tuple[str, str]]:
    """Return the headers of a request that is signed as Amazon has it, version 4."""
    region, time = profile.settings["region"], f"{moment:%Y%m%dT%H%M%SZ}"
    scope = f"{time[:8]}/{region}/{SERVICE}/aws4_request"
    signed = {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "host": urlsplit(url).netloc,
        "x-amz-date": time,
    }
    names = ";".join(signed)
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    request = f"POST\n{urlsplit(url).path}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{profile.secrets['secret_access_key']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    proof = hmac.new(key, text.encode(), "sha256").hexdigest()
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={profile.settings['access_key_id']}/{scope}, "
        f"SignedHeaders={names}, Signature={proof}"
    )
    return [*((name, value) for name, value in signed.items() if name != "host"), ("authorization", authorization)]


def read_credentials(profile: OpenedProfile, status: int, text: str, moment: datetime) -> "S3Credential":
    """Return the key of an answer, or say why there is none; an answer is never shown, it may hold one."""
    role = profile.settings["role_arn"]
    if status >= 500 or status in TRANSIENT_STATUSES:
        raise FileTransferBrokenError(f"The token service answered {status}. Trying again may help.")
    if status != 200:
        code = find(text, "Code") or str(status)
        raise StoreCredentialsError(
            f"The role {role} was not given: the token service answered {code[:60]}. Check the access key, the role's "
            "trust policy and the external ID."
        )
    found: Mapping[str, str | None] = {
        name: find(text, name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
    }
    if not all(found.values()):
        raise FileStoreRefusedError("The token service answered without a key. Check the endpoint URL.")
    return {
        "access_key_id": found["AccessKeyId"] or "",
        "secret_access_key": found["SecretAccessKey"] or "",
        "token": found["SessionToken"],
        "expires_at": moment + LASTS,
    }


def find(text: str, name: str) -> str | None:
    """Return what a member of the answer holds."""
    found = re.search(MEMBER.format(name), text)
    return found[1].strip() if found else None
