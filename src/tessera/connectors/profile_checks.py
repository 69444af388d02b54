"""What a profile must be before it is stored or used."""

from collections.abc import Mapping
from typing import Any

from tessera.connectors.addresses import AddressPolicy, check_url
from tessera.connectors.contract import ConnectorType
from tessera.connectors.errors import UrlNotAllowedError
from tessera.connectors.properties import Checked, check_properties
from tessera.platform.assets import SettingsInvalidError

READY, INCOMPLETE = "ready", "incomplete"


def check_variant(connector: ConnectorType, variant: str) -> None:
    """Refuse a variant that the type does not have."""
    if not connector.has_variant(variant):
        known = ", ".join(each.key for each in connector.variants)
        raise SettingsInvalidError(f"{connector.label} has no type {variant!r}. It has: {known}.", field="variant")


def check_input(
    connector: ConnectorType,
    variant: str,
    given: Mapping[str, Any],
    *,
    stored: Mapping[str, Any],
    sealed: Mapping[str, Any],
    policy: AddressPolicy,
) -> Checked:
    """Return what the input comes to, or raise with everything that is wrong with it."""
    checked = check_properties(
        connector, variant, given, stored=stored, sealed=sealed, check_url=lambda url: check_url(url, policy)
    )
    if checked.faults:
        error = UrlNotAllowedError if checked.url_refused else SettingsInvalidError
        labels = labels_of(connector)
        message = " ".join(f"{labels.get(key, key)}: {fault}" for key, fault in checked.faults.items())
        raise error(message, faults=checked.faults)
    return checked


def state_of(checked: Checked, connector: ConnectorType, *, allow_missing: bool) -> str:
    """Return whether the profile can be used; raise if something is missing that may not be."""
    if checked.missing and not allow_missing:
        labels = labels_of(connector)
        names = ", ".join(labels[key] for key in checked.missing)
        raise SettingsInvalidError(
            f"Still missing: {names}. Fill in what is required.", faults=dict.fromkeys(checked.missing, "Required.")
        )
    return INCOMPLETE if checked.missing else READY


def labels_of(connector: ConnectorType) -> dict[str, str]:
    """Return the properties' labels by their keys."""
    return {each.key: each.label for each in connector.properties}
