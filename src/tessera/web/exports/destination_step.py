"""The step *Destination*: the HTTP Operation, or the profile with how rows become requests; how fast it goes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tessera.connectors import clean_plain_settings
from tessera.platform.assets import SettingsInvalidError
from tessera.web.exports.drafts import Draft
from tessera.web.forms import Form, faults_of
from tessera.web.integrations.property_fields import Choices, Field, Kept, make_field, name_of
from tessera.web.integrations.property_inputs import read_field

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
    through_profile = draft.type.connector is not None
    chosen = form.id("profile_id" if through_profile else "template_id", required=True)
    shards = form.whole("shards", least=1, most=MOST_SHARDS, required=True)
    return replace(
        draft,
        template_id=None if through_profile else chosen,
        profile_id=chosen if through_profile else None,
        settings=read_settings(form, draft),
        shards=shards or 1,
    )


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
    """Return the settings as they were typed."""
    return {each.key: read_field(each, form) for each in draft.type.properties}


def labels_of(draft: Draft) -> dict[str, str]:
    """Return what the fields are called in the list of faults."""
    return LABELS | {name_of(each): each.label for each in draft.type.properties}
