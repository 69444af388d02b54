"""The step *Destination*: the HTTP Operation, or the profile with how rows become requests; how fast it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tessera.connectors import clean_plain_settings
from tessera.platform.assets import SettingsInvalidError
from tessera.web.exports.drafts import Draft
from tessera.web.forms import Form, faults_of
from tessera.web.integrations.property_fields import PLAIN, Choices, Field, Kept, make_field, name_of
from tessera.web.integrations.property_inputs import read_field
from tessera.web.mappings import asks_proposals, column_labels, propose_rows, read_grid

MOST_SHARDS = 32
LABELS = {"template_id": "HTTP Operation", "profile_id": "Connection Profile", "shards": "Shards"}
FIELDS = {"template": "template_id", "profile": "profile_id", "shards": "shards"}


def form_of(draft: Draft) -> Form:
    """Return the step's own fields with what is in the draft; its properties are made from the settings."""
    values = {"template_id": draft.template_id or "", "profile_id": draft.profile_id or "", "shards": draft.shards}
    return Form.of({name: str(value) for name, value in values.items()})


def property_fields(
    draft: Draft, settings: Mapping[str, Any], faults: Mapping[str, str], choices: Choices
) -> list[Field]:
    """Return the fields of the settings that this type of destination has."""
    kept = Kept("", settings, {})
    found = {key.removeprefix("settings."): fault for key, fault in faults.items()}
    return [make_field(each, kept, choices.get(each.key, ()), found) for each in draft.type.properties]


def read_destination(form: Form, draft: Draft) -> Draft:
    """Return the draft with what was typed; what does not fit is noted at its field."""
    leads: dict[str, Any] = {"template_id": None, "profile_id": None}
    if draft.type.field is not None:
        leads[draft.type.field] = form.id(draft.type.field, required=True)
    shards = form.whole("shards", least=1, most=MOST_SHARDS, required=True) if draft.type.takes_shards else 1
    return replace(draft, **leads, settings=read_settings(form, draft), shards=shards or 1)


def read_settings(form: Form, draft: Draft) -> Mapping[str, Any]:
    """Return the settings as they are stored; what is wrong with one is noted at its field."""
    typed = type_settings(form, draft)
    try:
        return clean_plain_settings(draft.type.properties, typed)
    except SettingsInvalidError as error:
        for key, fault in faults_of(error).items():
            form.fault(key, fault)
        return typed


def type_settings(form: Form, draft: Draft) -> dict[str, Any]:
    """Return the settings as they were typed; a mapping that is as it was stays as it was stored."""
    typed = {each.key: read_field(each, form) for each in draft.type.properties}
    for each in draft.type.properties:
        stored = draft.settings.get(each.key)
        if each.mapping is not None and each.mapping.show_rows(stored or []) == each.mapping.show_rows(typed[each.key]):
            typed[each.key] = stored
    return typed


def propose_settings(form: Form, draft: Draft, sources: Sequence[str]) -> dict[str, Any]:
    """Return the settings as they were typed, and after the rows of the mapping those that are proposed."""
    typed = type_settings(form, draft)
    for each in draft.type.properties:
        if each.mapping is not None and asks_proposals(form, name_of(each)):
            rows = propose_rows(each.mapping, read_grid(name_of(each), form), sources)
            typed[each.key] = each.mapping.keep_rows(rows)
    return typed


def name_fault(draft: Draft, key: str) -> str | None:
    """Return the field or cell that a fault of a setting is about, however its kind calls it; None of anything else."""
    name, _, place = key.removeprefix("settings.").partition(".")
    found = next((each for each in draft.type.properties if each.key == name), None)
    if found is None:
        return f"{PLAIN}{name}" if key.startswith("settings.") else None
    cell = found.mapping.cell_of(place) if found.mapping and place else None
    return name_of(found) if cell is None else f"{name_of(found)}-{cell[0]}-{cell[1]}"


def asks_rows(form: Form, draft: Draft) -> bool:
    """Say whether the form was sent to have rows of a mapping proposed."""
    return any(asks_proposals(form, name_of(each)) for each in draft.type.properties if each.mapping)


def label_cells(draft: Draft, form: Form) -> dict[str, str]:
    """Return what each cell of a mapping is called in the list of faults."""
    return {
        f"{name_of(each)}-{number}-{column}": f"{label}, row {number + 1}"
        for each in draft.type.properties
        if each.mapping is not None
        for number in range(len(read_grid(name_of(each), form)))
        for column, label in column_labels(each.mapping).items()
    }


def labels_of(draft: Draft) -> dict[str, str]:
    """Return what the fields are called in the list of faults."""
    return LABELS | {name_of(each): each.label for each in draft.type.properties}
