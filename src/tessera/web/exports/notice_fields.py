"""The fields of who is notified: the two toggles with their addresses, and a row for each further target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tessera.notifications import NoticeList, NoticeRules, check_rules, list_channels, show_rules
from tessera.platform.errors import InvalidError
from tessera.platform.resources import Resources
from tessera.web.conditions import Condition
from tessera.web.forms import Form, faults_of

TOGGLES = ("error", "success")
LABELS = {
    "error": "Error",
    "error_addresses": "Addresses on error",
    "success": "Success",
    "success_addresses": "Addresses on success",
    "targets": "Further targets",
}
CONDITIONS = {
    "error": Condition("error", ("true",), "With Error Yes"),
    "success": Condition("success", ("true",), "With Success Yes"),
}
LISTS = {NoticeList.ERROR: "Errors", NoticeList.SUCCESS: "Success", NoticeList.THRESHOLDS: "Thresholds"}
TARGET = "target"
PATTERN = "ROW"
OWN = ("id", "label", "channel", "enabled", "remove", *LISTS)


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting of a target as a field; of a secret one only whether it is set."""

    asked: Any
    name: str
    value: str
    is_set: bool


@dataclass(frozen=True, slots=True)
class SettingGroup:
    """The settings of one channel, or those of them that come with one of its choices."""

    condition: Condition
    fields: Sequence[SettingField]


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target as a row of the form; one without an id is new."""

    start: str
    id: str
    label: str
    channel: str
    enabled: bool
    lists: Sequence[str]
    groups: Sequence[SettingGroup]
    heard: Condition


def rules_of(notices: NoticeRules) -> dict[str, Any]:
    """Return stored rules as a form gives them: addresses one a line, secrets left out."""
    shown = show_rules(notices)
    toggles = {
        name: {"enabled": shown[name]["enabled"], "addresses": "\n".join(shown[name]["addresses"])} for name in TOGGLES
    }
    targets = [{key: value for key, value in each.items() if key != "secrets"} for each in shown["targets"]]
    return {**toggles, "targets": targets}


def values_of(rules: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of rules."""
    values: dict[str, str] = {}
    for name in TOGGLES:
        values[name] = "true" if rules[name]["enabled"] else ""
        values[f"{name}_addresses"] = rules[name]["addresses"]
    for number, target in enumerate(rules["targets"]):
        start = f"{TARGET}-{number}-"
        values |= {f"{start}{key}": target[key] for key in ("id", "label", "channel")}
        values |= {f"{start}enabled": "true"} if target["enabled"] else {}
        values |= {f"{start}{name}": "true" for name in target["lists"]}
        values |= {f"{start}{target['channel']}_{key}": value for key, value in target["settings"].items()}
    return values


def read_rules(form: Form, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rules that were typed; what is not sent, as hidden fields are not, stays as it was."""
    rules: dict[str, Any] = {}
    for name in TOGGLES:
        typed = [line.strip() for line in form.get(f"{name}_addresses", before[name]["addresses"]).splitlines()]
        rules[name] = {"enabled": form.ticked(name), "addresses": "\n".join(filter(None, typed))}
    rows = form.numbered_rows(TARGET, columns())
    return {**rules, "targets": [make_target(row) for row in rows if row.get("channel") and "remove" not in row]}


def make_target(row: Mapping[str, str]) -> dict[str, Any]:
    """Return what a row says, as the rules are given; a secret that was not typed stays."""
    key = row["channel"]
    channel = next((each for each in list_channels() if each.key == key), None)
    declared = channel.settings if channel else ()
    typed = {each.key: row.get(f"{key}_{each.key}", "") for each in declared}
    chosen = {each.key: typed[each.key] or each.default for each in declared}
    shown = [each for each in declared if each.shown_with is None or chosen[each.shown_with[0]] == each.shown_with[1]]
    known = {"id": row["id"]} if row.get("id") else {}
    lists = [] if channel and channel.hears_signals else [name.value for name in LISTS if name.value in row]
    return {
        **known,
        "label": row.get("label", "").strip(),
        "channel": key,
        "enabled": "enabled" in row,
        "lists": lists,
        "settings": {each.key: typed[each.key].strip() for each in shown if typed[each.key] or not each.secret},
    }


def note_faults(form: Form, rules: Mapping[str, Any], resources: Resources, stored: NoticeRules | None) -> None:
    """Note at its field what the room would refuse."""
    try:
        check_rules(rules, resources, stored=stored)
    except InvalidError as error:
        for place, fault in faults_of(error).items():
            form.fault(name_of(place, rules["targets"]), fault)


def name_of(place: str, targets: Sequence[Mapping[str, Any]]) -> str:
    """Return the field at a place of the rules."""
    parts = place.split("/")
    if parts[0] in TOGGLES:
        return f"{parts[0]}_addresses" if parts[-1] == "addresses" else parts[0]
    if len(parts) < 3:
        return "targets"
    start = f"{TARGET}-{parts[1]}-"
    return f"{start}{targets[int(parts[1])]['channel']}_{parts[3]}" if len(parts) > 3 else f"{start}{parts[2]}"


def make_rows(form: Form, stored: NoticeRules | None) -> list[TargetRow]:
    """Return a row for each target in the form, as they are numbered when it is sent, and one to fill in."""
    typed = [row for row in form.numbered_rows(TARGET, columns()) if row.get("channel")]
    kept = {each["id"]: each["secrets"] for each in show_rules(stored)["targets"]} if stored else {}
    rows = [make_row(str(number), row, kept.get(row.get("id", ""), {})) for number, row in enumerate(typed)]
    return [*rows, make_row(str(len(rows)), {}, {})]


def make_row(number: str, row: Mapping[str, str], kept: Mapping[str, bool]) -> TargetRow:
    """Return one row with the fields of every channel, or of the one that a stored target has for good."""
    start = f"{TARGET}-{number}-"
    chosen, is_stored = row.get("channel", ""), bool(row.get("id"))
    groups = [
        group
        for channel in list_channels()
        if not is_stored or channel.key == chosen
        for group in make_groups(start, channel, row, kept)
    ]
    listed = tuple(each.key for each in list_channels() if not each.hears_signals)
    return TargetRow(
        start,
        row.get("id", ""),
        row.get("label", ""),
        chosen,
        enabled="enabled" in row or not row,
        lists=[name for name in LISTS if name in row] if row else [NoticeList.ERROR],
        groups=groups,
        heard=Condition(f"{start}channel", listed, "With channels that have lists"),
    )


def make_groups(start: str, channel: Any, row: Mapping[str, str], kept: Mapping[str, bool]) -> list[SettingGroup]:
    """Return the fields of a channel: those that it always has, and those that a choice brings."""
    fields = [
        SettingField(
            each,
            f"{start}{channel.key}_{each.key}",
            "" if each.secret else row.get(f"{channel.key}_{each.key}", each.default),
            kept.get(each.key, False),
        )
        for each in channel.settings
    ]
    always = [each for each in fields if each.asked.shown_with is None]
    groups = [SettingGroup(Condition(f"{start}channel", (channel.key,), f"With channel {channel.label}"), always)]
    for each in fields:
        if each.asked.shown_with is not None:
            key, value = each.asked.shown_with
            words = next(one.choices.get(value, value) for one in channel.settings if one.key == key)
            when = Condition(f"{start}{channel.key}_{key}", (value,), f"With {words}")
            groups.append(SettingGroup(when, [each]))
    return groups


def labels_of(rows: Sequence[TargetRow]) -> dict[str, str]:
    """Return what the fields of targets are called in the list of faults."""
    labels = dict(LABELS)
    for row in rows:
        own = {"label": "Label", "channel": "Channel", "enabled": "Enabled", "lists": "Notified of"}
        labels |= {f"{row.start}{key}": f"{row.label or 'New target'}, {words}" for key, words in own.items()}
        labels |= {
            field.name: f"{row.label or 'New target'}, {field.asked.label}"
            for group in row.groups
            for field in group.fields
        }
    return labels


def without_secrets(form: Form) -> Form:
    """Return the form without what was typed as a secret: it is never shown again."""
    secret = {f"{channel.key}_{each.key}" for channel in list_channels() for each in channel.settings if each.secret}
    typed = [name for name in form if name.startswith(f"{TARGET}-") and name.split("-", 2)[-1] in secret]
    return form.without(*typed)


@cache
def columns() -> tuple[str, ...]:
    """Return the fields that a row may have."""
    settings = (f"{channel.key}_{each.key}" for channel in list_channels() for each in channel.settings)
    return (*OWN, *settings)
