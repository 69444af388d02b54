"""Connectors: the types of connection profiles, with everything that each of them declares."""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import Listing
from tessera.api.management.v1.routes import Route
from tessera.connectors.contract import ConnectorType, Property, connector_types


class Choice(Struct, frozen=True):
    """A value to choose, and how it reads."""

    key: str
    label: str


class Condition(Struct, frozen=True):
    """A property is part of a profile only while another one, or `variant`, has one of these values."""

    key: str
    values: Sequence[str]


class ConnectorProperty(Struct, frozen=True):
    """One setting of a profile."""

    key: str
    label: str
    help: str
    kind: Annotated[str, Meta(description="How it is given.", examples=["text", "secret", "url", "int"])]
    required: bool
    default: Any
    least: int | None
    most: int | None
    choices: Sequence[Choice]
    shown_when: Condition | None
    refers_to: Annotated[
        str | None, Meta(description="What a reference leads to, such as `encryption_key:` and a type.")
    ]


class Connector(Struct, frozen=True):
    """A type of connection profile."""

    key: str
    tile: Annotated[str, Meta(description="Types of one tile are shown together.")]
    label: str
    about: str
    group: str
    variants: Annotated[Sequence[Choice], Meta(description="One is chosen when a profile is made, and frozen then.")]
    properties: Sequence[ConnectorProperty]
    used_by: Annotated[Sequence[str], Meta(description="What may select its profiles.")]
    takes_templates: bool
    copyable: bool
    most_per_chain: int | None
    testable: bool
    test_options: Annotated[Sequence[Choice], Meta(description="What a test can do in addition to reading.")]


async def list_connectors(_: Call) -> Listing[Connector]:
    """List the connectors of this installation, with the properties of their profiles."""
    return Listing([show_connector(each) for each in connector_types().values()])


def show_connector(connector: ConnectorType) -> Connector:
    """Return a connector's shape."""
    capabilities = connector.capabilities
    return Connector(
        key=connector.key,
        tile=connector.tile,
        label=connector.label,
        about=connector.about,
        group=connector.group,
        variants=[Choice(each.key, each.label) for each in connector.variants],
        properties=[show_property(each) for each in connector.properties],
        used_by=sorted(connector.used_by),
        takes_templates=capabilities.takes_templates,
        copyable=capabilities.copyable,
        most_per_chain=capabilities.most_per_chain,
        testable=connector.probe is not None,
        test_options=[Choice(key, words) for key, words in connector.probe_options.items()],
    )


def show_property(each: Property) -> ConnectorProperty:
    """Return a property's shape."""
    when = each.shown_when
    return ConnectorProperty(
        key=each.key,
        label=each.label,
        help=each.help,
        kind=each.kind.value,
        required=each.required,
        default=each.default,
        least=each.least,
        most=each.most,
        choices=[Choice(choice, each.label_of(choice)) for choice in each.choices],
        shown_when=None if when is None else Condition(when.key, sorted(when.values)),
        refers_to=each.refers_to,
    )


ROUTES = (Route("GET", "/connectors", "connection-profiles:read", list_connectors),)
