"""Export kinds: the ways in which exports leave, with the settings that each of them declares."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from tessera import exports
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.connectors import ConnectorProperty, show_property
from tessera.api.management.v1.pages import Listing
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Text
from tessera.connectors.contract import connector_types
from tessera.platform.errors import NotFoundError, TesseraError


class ConnectorUnknownError(NotFoundError):
    """There is no connector of that key."""

    code = "connector_not_found"


class KindQuery(Asked, frozen=True):
    """For which destination the settings are wanted."""

    connector: Annotated[
        Text | None,
        Meta(description="Key of the profile's connector; without it, those of a template."),
    ] = None


class ExportKind(Struct, frozen=True):
    """A way in which exports leave."""

    key: str
    label: str
    settings: Annotated[
        Sequence[ConnectorProperty] | None, Meta(description="Null where it does not lead through such a profile.")
    ]
    previews: Annotated[bool, Meta(description="Whether it shows what leaves first.")]


async def list_export_kinds(_: Call, query: KindQuery) -> Listing[ExportKind]:
    """List the kinds of exports, with the settings that a definition of each has for one destination."""
    if query.connector is not None and query.connector not in connector_types():
        raise ConnectorUnknownError(f"There is no connector {query.connector}. `GET /connectors` lists them.")
    return Listing([show_kind(kind, query.connector) for kind in exports.list_kinds()])


def show_kind(kind: exports.ExportKind, connector: str | None) -> ExportKind:
    """Return the shape of a kind."""
    try:
        settings = [show_property(each) for each in kind.list_properties(connector)]
    except TesseraError:
        # The kind says by a refusal that such a profile is of no use to it.
        return ExportKind(kind.key, kind.label, None, kind.preview is not None)
    return ExportKind(kind.key, kind.label, settings, kind.preview is not None)


ROUTES = (Route("GET", "/export-kinds", "exports:read", list_export_kinds),)
