"""A profile's form, made from the properties that its type declares: what each field shows. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from tessera.connectors.contract import ConnectorType, Property, PropertyKind, ShownWhen
from tessera.web.conditions import Condition
from tessera.web.mappings import Grid, make_grid

# So that no property is taken for another field of the page; a secret's name tells that its value is one.
PLAIN, SECRET, CLEAR = "p_", "secret_", "clear_"
VARIANT = "variant"
# Without scripts nobody can add a row: these are there to be filled in.
SPARE_ROWS = 3

Choices = Mapping[str, Sequence[tuple[Any, str]]]


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """One header as its row shows it; of a secret one only since when it is set."""

    name: str = ""
    value: str = ""
    secret: bool = False
    set_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the property, and what is in it."""

    asked: Property
    value: Any = ""
    error: str = ""
    set_at: datetime | None = None
    options: Sequence[tuple[Any, str]] = ()
    rows: Sequence[HeaderRow] = ()
    grid: Grid | None = None

    @property
    def name(self) -> str:
        """The field's name in the form."""
        return name_of(self.asked)

    @property
    def needed(self) -> bool:
        """Whether the browser insists on it: without scripts it cannot tell what the condition of a group comes to."""
        return self.asked.required and condition_of(self.asked) is None and self.set_at is None

    @property
    def kind(self) -> str:
        """How it is entered."""
        return self.asked.kind.value

    @property
    def leader(self) -> str:
        """The field whose choice gives this one its value, if there is one."""
        return "" if self.asked.follows is None else f"{PLAIN}{self.asked.follows.key}"

    @property
    def given(self) -> str:
        """What each choice gives, as scripts read it."""
        return "" if self.asked.follows is None else json.dumps(dict(self.asked.follows.values))


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields that are part of the profile under the same condition, in words and as scripts read it."""

    fields: Sequence[Field]
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a form is made of: the settings, stored or typed, and since when each secret is set."""

    variant: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, datetime]


def name_of(each: Property) -> str:
    """Return the name of a property's field."""
    return f"{SECRET if each.secret else PLAIN}{each.key}"


def references_of(connector: ConnectorType, variant: str) -> list[Property]:
    """Return the properties whose choices are other things of the chain."""
    return [each for each in possible_properties(connector, variant) if each.kind is PropertyKind.REFERENCE]


def possible_properties(connector: ConnectorType, variant: str) -> list[Property]:
    """Return the properties that a profile of the variant can have, whatever else is chosen."""
    return [
        each
        for each in connector.properties
        if each.shown_when is None or each.shown_when.key != VARIANT or variant in each.shown_when.values
    ]


def make_groups(
    connector: ConnectorType, kept: Kept, *, choices: Choices, faults: Mapping[str, str] | None = None
) -> list[FieldGroup]:
    """Return the fields of a profile's form, those under one condition together."""
    fields = [
        make_field(each, kept, choices.get(each.key, ()), faults or {})
        for each in possible_properties(connector, kept.variant)
    ]
    return [
        make_group(connector, when, list(members))
        for when, members in groupby(fields, key=lambda field: condition_of(field.asked))
    ]


def condition_of(each: Property) -> ShownWhen | None:
    """Return what else must be chosen for the property to be part of the profile; the variant is chosen already."""
    return None if each.shown_when is None or each.shown_when.key == VARIANT else each.shown_when


def make_group(connector: ConnectorType, when: ShownWhen | None, fields: Sequence[Field]) -> FieldGroup:
    """Return the group of fields under a condition."""
    if when is None:
        return FieldGroup(fields)
    deciding = next(each for each in connector.properties if each.key == when.key)
    values = [choice for choice in deciding.choices if choice in when.values] or sorted(when.values)
    words = " or ".join(deciding.label_of(value) for value in values)
    return FieldGroup(fields, Condition(name_of(deciding), values, f"With {deciding.label} {words}"))


def make_field(each: Property, kept: Kept, options: Sequence[tuple[Any, str]], faults: Mapping[str, str]) -> Field:
    """Return one field with what is in it."""
    error = faults.get(each.key, "")
    if each.secret:
        return Field(each, error=error, set_at=kept.secrets.get(each.key))
    value = kept.settings.get(each.key, each.default)
    if each.kind is PropertyKind.HEADERS:
        return Field(each, error=error, rows=list(header_rows(each, value or (), kept.secrets)))
    if each.mapping is not None:
        cells = {f"{PLAIN}{key}": fault for key, fault in faults.items()}
        rows = each.mapping.show_rows(value or [])
        return Field(each, error=error, grid=make_grid(name_of(each), each.mapping, rows, options, cells))
    if each.kind is PropertyKind.ENUM:
        options = [(choice, each.label_of(choice)) for choice in each.choices]
    return Field(each, shown_value(each, value), error, options=options)


def shown_value(each: Property, value: Any) -> Any:
    """Return a value as its field shows it; JSON that was typed stays as it was typed."""
    if each.kind is PropertyKind.BOOL:
        return bool(value)
    if each.kind is PropertyKind.JSON and not isinstance(value, str) and value is not None:
        return json.dumps(value, indent=2, ensure_ascii=False)
    return "" if value is None else value


def header_rows(
    each: Property, headers: Sequence[Mapping[str, Any]], secrets: Mapping[str, datetime]
) -> Iterator[HeaderRow]:
    """Yield a row a header, and some to fill in."""
    for header in headers:
        secret = bool(header.get("secret"))
        set_at = secrets.get(f"{each.key}:{header['name'].lower()}") if secret else None
        yield HeaderRow(header["name"], "" if secret else header.get("value") or "", secret, set_at)
    yield from [HeaderRow()] * SPARE_ROWS
