"""Properties of an Azure Blob Storage profile."""

import base64
import binascii
from collections.abc import Callable

from tessera.connectors.contract import Property, PropertyKind
from tessera.connectors.kinds.lines import clean_line
from tessera.connectors.kinds.objects.settings import ROOT_PATH, credentials, endpoint, matching, when

ACCOUNT_KEY, SAS_TOKEN, SERVICE_PRINCIPAL = "account_key", "sas_token", "service_principal"
WAYS = {ACCOUNT_KEY: "Account key", SAS_TOKEN: "SAS token", SERVICE_PRINCIPAL: "Service principal"}
UUID_FORM = r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"


def clean_account_key(text: str) -> str:
    """Refuse what is no base64."""
    text = text.strip()
    try:
        if not base64.b64decode(text, validate=True):
            raise ValueError
    except (binascii.Error, ValueError):
        raise ValueError("An account key is base64, as the portal shows it. Paste it again.") from None
    return text


def clean_sas_token(text: str) -> str:
    """Return the token without the question mark that it is often copied with."""
    token = clean_line(text.strip()).removeprefix("?")
    if "sig=" not in token:
        raise ValueError("A SAS token holds sig=… among its parameters. Paste the whole token, not the URL.")
    return token


def secret(key: str, label: str, text: str, clean: Callable[[str], str], *, way: str) -> Property:
    """Declare a secret that one kind of credentials needs."""
    return Property(
        key,
        label,
        text,
        PropertyKind.SECRET,
        required=True,
        clean=clean,
        shown_when=when(way),
        sent_to=("account", "endpoint_url"),
    )


def principal(key: str, label: str, text: str) -> Property:
    """Declare an id of a service principal."""
    clean = matching(UUID_FORM, "An id reads 00000000-0000-0000-0000-000000000000.")
    return Property(key, label, text, PropertyKind.TEXT, required=True, clean=clean, shown_when=when(SERVICE_PRINCIPAL))


PROPERTIES = (
    Property(
        "account",
        "Storage account",
        "Name of the storage account.",
        PropertyKind.TEXT,
        required=True,
        clean=matching(r"[a-z0-9]{3,24}", "A storage account has 3 to 24 small letters and digits."),
    ),
    Property(
        "container",
        "Container",
        "Name of the container.",
        PropertyKind.TEXT,
        required=True,
        clean=matching(
            r"\$root|\$web|[a-z0-9](-?[a-z0-9]){2,62}", "A container has 3 to 63 small letters, digits and single -."
        ),
    ),
    credentials(WAYS),
    secret("account_key", "Account key", "One of the account's two keys.", clean_account_key, way=ACCOUNT_KEY),
    secret("sas_token", "SAS token", "A token that may list, read, write and delete.", clean_sas_token, way=SAS_TOKEN),
    principal("tenant_id", "Tenant ID", "Directory of the service principal."),
    principal("client_id", "Client ID", "Application of the service principal."),
    secret("client_secret", "Client Secret", "Secret of the service principal.", clean_line, way=SERVICE_PRINCIPAL),
    endpoint("For other clouds and private endpoints; empty is https://ACCOUNT.blob.core.windows.net."),
    ROOT_PATH,
)
