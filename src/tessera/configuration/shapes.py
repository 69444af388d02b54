"""What each kind of item may hold, as files spell it. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import Struct

from tessera.configuration.documents import Item, Kind
from tessera.platform import json_values

# The secret that is stored stays; on a profile that is new it is missing.
KEPT: Literal["kept"] = "kept"


class Described(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an item may hold, and nothing else."""


class SecretSource(Described, frozen=True):
    """Where a secret comes from: an environment variable or a file, read where the command runs."""

    env: str | None = None
    file: str | None = None


Secret = SecretSource | Literal["kept"]


class KeySpec(Described, frozen=True):
    """An encryption key."""

    label: str
    type: str
    material: Secret = KEPT
    passphrase: Secret | None = None


class ProfileSpec(Described, frozen=True):
    """A connection profile. `settings` it does not name have their defaults; `secrets` it does not name are kept."""

    label: str
    type: str
    variant: str | None = None
    enabled: bool = True
    settings: dict[str, Any] = {}
    secrets: dict[str, Secret] = {}


class ParameterSpec(Described, frozen=True):
    """A parameter of a query."""

    name: str
    type: str
    default: Any = None


class QuerySpec(Described, frozen=True):
    """A saved query."""

    label: str
    text: str
    description: str = ""
    parameters: list[ParameterSpec] = []
    key_columns: list[str] = []


class TemplateSpec(Described, frozen=True):
    """An HTTP template; `request` has the properties of the template's shape, its body as YAML or as JSON text.

    One without its query or profile is a draft, which nothing can use yet.
    """

    label: str
    query: str | None = None
    profile: str | None = None
    request: dict[str, Any] = {}


class ChangesSpec(Described, frozen=True):
    """What of an export is sent where only changes are."""

    first_run: Literal["send", "baseline"] = "send"
    removals: bool = False
    most_refusals: int = 3


Level = Literal["off", "warn", "hold", "fail"]


class GatesSpec(Described, frozen=True):
    """What is checked before an export sends anything."""

    rows: Level = "hold"
    rows_percent: int = 50
    removals: Level = "hold"
    removals_percent: int = 10
    keys: Level = "fail"
    empty: Level = "warn"


class ThresholdsSpec(Described, frozen=True):
    """What about a run is worth a notice although it ended well."""

    refused_percent: int | None = None
    seconds: int | None = None
    least_rows: int | None = None
    most_rows: int | None = None


class RuleSpec(Described, frozen=True):
    """A rule on members."""

    column: str
    operator: Literal[
        "is", "is_not", "one_of", "less", "at_most", "more", "at_least", "contains", "begins_with", "empty", "not_empty"
    ]
    values: list[str | int | float | bool] = []


class FilterSpec(Described, frozen=True):
    """Which members are selected, in place of a query."""

    rules: list[RuleSpec] = []
    match: Literal["all", "any"] = "all"
    columns: list[str] = []


class PoliciesSpec(Described, frozen=True):
    """What happens when moments are missed, overlap, fail or are late."""

    overlap: Literal["skip", "after"] = "skip"
    catch_up_seconds: int = 3600
    catch_up_number: int = 1
    stagger_seconds: int = 120
    pause_after: int | None = None
    started_within_seconds: int | None = None
    finished_within_seconds: int | None = None


class ScheduleSpec(Described, frozen=True):
    """When an export runs by itself: again and again, or once."""

    cron: str = ""
    once_at: datetime | None = None
    zone: str = "UTC"
    from_date: date | None = None
    to_date: date | None = None
    excluded_dates: list[date] = []
    enabled: bool = True
    policies: PoliciesSpec = PoliciesSpec()


class AddressesSpec(Described, frozen=True):
    """Mail addresses that are notified."""

    addresses: list[str] = []
    enabled: bool = True


class NoticesSpec(Described, frozen=True):
    """Who is notified about runs by mail."""

    error: AddressesSpec | None = None
    success: AddressesSpec | None = None


class ExportSpec(Described, frozen=True):
    """An export definition: rows of a query or members by a filter, through a template or a connection profile.

    `settings` it does not name have their defaults, `gates` too; an `owner` it does not name stays.
    """

    label: str
    query: str | None = None
    filter: FilterSpec | None = None
    template: str | None = None
    profile: str | None = None
    kind: str = "requests"
    description: str = ""
    settings: dict[str, Any] = {}
    parameters: dict[str, str | int | float | bool | None] = {}
    period: Literal["since_last_success", "day", "week", "month"] | None = None
    changes: ChangesSpec | None = None
    gates: GatesSpec = GatesSpec()
    thresholds: ThresholdsSpec = ThresholdsSpec()
    schedule: ScheduleSpec | None = None
    notices: NoticesSpec = NoticesSpec()
    queue: Literal["high", "normal", "low"] = "normal"
    shards: int = 1
    owner: str | None = None
    enabled: bool = True


Spec = KeySpec | ProfileSpec | QuerySpec | TemplateSpec | ExportSpec

SPECS: Mapping[Kind, type[Spec]] = {
    Kind.ENCRYPTION_KEYS: KeySpec,
    Kind.PROFILES: ProfileSpec,
    Kind.QUERIES: QuerySpec,
    Kind.TEMPLATES: TemplateSpec,
    Kind.EXPORTS: ExportSpec,
}

# Parts of an export that are written without what is so by default.
SPARSE = ("filter", "schedule", "notices")
MOVED = ("rows_per_request", "concurrency")
ENCODE = msgspec.json.Encoder(decimal_format="number", enc_hook=json_values.write_numeral, order="deterministic").encode


def as_plain(spec: ExportSpec) -> dict[str, Any]:
    """Return an export as plain values, sparse where files are."""
    plain: dict[str, Any] = msgspec.to_builtins(spec)
    return plain | {name: make_sparse(getattr(spec, name)) for name in SPARSE}


def make_sparse(value: Any) -> Any:
    """Return a part as plain values, without members at their defaults."""
    if isinstance(value, list):
        return [make_sparse(each) for each in value]
    if not isinstance(value, Struct):
        return msgspec.to_builtins(value)
    members = {each.name: (getattr(value, each.name), default_of(each)) for each in msgspec.structs.fields(value)}
    return {name: make_sparse(member) for name, (member, default) in members.items() if member != default}


def default_of(field: msgspec.structs.FieldInfo) -> Any:
    """Return the default of a member, UNSET where it has none."""
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return msgspec.UNSET if field.default is msgspec.NODEFAULT else field.default


def is_described(item: Item, spec: Spec, name: str, plain: Mapping[str, Any]) -> bool:
    """Say whether the file says of an item exactly what is stored, as an untouched file does that was written down.

    Nothing is judged here, so that a command needs no setting of the deployment for what stays as it is.
    """
    stored = {key: value for key, value in plain.items() if value not in (None, "", [], {})}
    try:
        other = msgspec.convert(json_values.decode(json_values.encode(stored)), SPECS[item.kind])
    except msgspec.ValidationError:
        return False
    # Python holds True, 1 and 1.0 for equal; their texts are not.
    return item.name == name and other == spec and as_text(other) == as_text(spec)


def as_text(spec: Spec) -> bytes:
    """Return the spec as JSON."""
    return ENCODE(spec)


def read_spec(item: Item) -> Spec:
    """Return what the item describes; what does not fit is reported with its place."""
    try:
        # A template's body is JSON, which has room for every digit; what else has a place for a number keeps a float.
        values = dict(item.values) if item.kind is Kind.TEMPLATES else plain_numbers(item, item.values)
        if item.kind is Kind.EXPORTS:
            refuse_targets(item, values)
            values = move_settings(item, values)
        return msgspec.convert(values, SPECS[item.kind])
    except msgspec.ValidationError as error:
        raise item.fault(f"{error}.{advise(str(error))}") from None


def refuse_targets(item: Item, values: Mapping[str, Any]) -> None:
    """Refuse further targets of notices: they have secrets, which a file cannot hold."""
    notices = values.get("notices")
    if isinstance(notices, Mapping) and "targets" in notices:
        raise item.fault(
            "notices.targets have secrets and are not described in files. Leave them out, and add them with"
            " tessera export notify --targets; those that are there stay."
        )


def move_settings(item: Item, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an export with its settings together: older files have two of them beside its label."""
    moved = {key: values[key] for key in MOVED if key in values}
    rest = {key: value for key, value in values.items() if key not in moved}
    if not moved:
        return rest
    settings = rest.get("settings", {})
    if not isinstance(settings, Mapping):
        return rest
    for key in moved.keys() & settings.keys():
        raise item.fault(f"{key} is here twice. Keep the one below settings.")
    return {**rest, "settings": {**settings, **moved}}


def advise(fault: str) -> str:
    """Return what to do about a value that YAML reads as another type than it was meant."""
    if fault.startswith("Expected `str") and "got `str`" not in fault:
        return " Put it in quotes."
    return " Write true or false." if fault.startswith("Expected `bool`, got `str`") else ""


def plain_numbers(item: Item, value: Any) -> Any:
    """Return the values with floats for decimals; refuse one that a float cannot hold."""
    if isinstance(value, Mapping):
        return {key: plain_numbers(item, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain_numbers(item, inner) for inner in value]
    if isinstance(value, Decimal):
        number = float(value)
        if Decimal(repr(number)) != value:
            raise item.fault(f"{value} has more digits than are kept here. Put it in quotes.")
        return number
    return value
