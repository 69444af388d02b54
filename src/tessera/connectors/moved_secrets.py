"""Where secrets go: a stored secret never follows a change of scheme, host or port. Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tessera.connectors.contract import ConnectorType
from tessera.connectors.properties import Checked
from tessera.platform.http import CallError, parse_url


def find_moved_secrets(
    connector: ConnectorType, stored: Mapping[str, Any], sealed: Collection[str], checked: Checked
) -> dict[str, str]:
    """Return what is wrong by property, where a secret that is kept would be sent to another place than so far."""
    faults = {}
    for each in connector.properties:
        kept = [key for key in sealed if key.partition(":")[0] == each.key and key not in checked.secrets]
        moved = find_moved(each.sent_to, stored, checked.settings)
        if kept and moved:
            names = ", ".join(other.label for other in connector.properties if other.key in moved)
            what = ", ".join(
                f"the header {key.partition(':')[2]}" if ":" in key else each.label for key in sorted(kept)
            )
            faults[each.key] = (
                f"{names} leads to another place, and a stored secret does not follow. Give {what} again."
            )
    return faults


def find_moved(keys: Iterable[str], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return which of these properties lead to another place after than before."""
    return [key for key in keys if place_of(before.get(key)) != place_of(after.get(key))]


def template_place(connector: ConnectorType, settings: Mapping[str, Any]) -> tuple[object, ...]:
    """Return where the secret headers of templates go that are sent through such a profile."""
    return tuple(place_of(settings.get(key)) for key in connector.templates_sent_to)


def place_of(value: object) -> object:
    """Return scheme, host and port of an address, as the parser reads it that later connects; else the value."""
    if not isinstance(value, str):
        return value
    try:
        url = parse_url(value, allow_insecure_http=True)
    except CallError:
        return value.casefold()
    return url.scheme, url.host_str, url.port_or_known_default
