"""Settings that are declared as properties but belong to no profile, such as those of an export's destination."""

from collections.abc import Mapping, Sequence
from typing import Any

from tessera.connectors.contract import Property
from tessera.connectors.properties import READERS
from tessera.platform.assets import SettingsInvalidError


def clean_plain_settings(properties: Sequence[Property], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as they are stored, complete with defaults; raise what is wrong with each."""
    faults: dict[str, str] = {}
    settings: dict[str, Any] = {}
    shown = [each for each in properties if each.is_shown("", given)]
    for key in given:
        if key not in {each.key for each in shown}:
            faults[str(key)[:60]] = (
                f"There is no such setting here. There are: {', '.join(each.key for each in shown)}."
            )
    for each in shown:
        value = given.get(each.key)
        if value is None or value == "" or (each.mapping is not None and value == []):
            settings[each.key] = each.default
            if each.required:
                faults[each.key] = f"{each.label} is required."
            continue
        try:
            settings[each.key] = READERS[each.kind](each, value)
        except ValueError as error:
            faults[each.key] = str(error)
    if faults:
        sentences = " ".join(f"{labels_of(properties).get(key, key)}: {fault}" for key, fault in faults.items())
        raise SettingsInvalidError(sentences, faults={f"settings.{key}": fault for key, fault in faults.items()})
    return settings


def labels_of(properties: Sequence[Property]) -> dict[str, str]:
    """Return the labels of properties by their keys."""
    return {each.key: each.label for each in properties}
