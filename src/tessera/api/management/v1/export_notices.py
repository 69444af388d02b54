"""Who is notified about the runs of an export definition, on the wire."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

from tessera import exports
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.exports import Definition
from tessera.notifications import show_rules

Address = Annotated[str, Meta(min_length=1, max_length=320, examples=["ada@example.com"])]
Word = Annotated[str, Meta(min_length=1, max_length=100)]
Value = Annotated[str, Meta(max_length=20_000)]


class NoticeAddresses(Asked, frozen=True):
    """Mail addresses that are notified, while it is enabled."""

    enabled: bool = False
    addresses: Annotated[Sequence[Address], Meta(max_length=50)] = ()


class NoticeTarget(Asked, frozen=True):
    """A further receiver; settings that are secret go in, and only whether they are set comes out."""

    channel: Annotated[Word, Meta(examples=["slack"])]
    id: Annotated[UUID | None, Meta(description="Of one that is there: secrets left out stay. Null adds one.")] = None
    label: Annotated[str, Meta(max_length=100)] = ""
    enabled: bool = True
    lists: Sequence[Literal["error", "success", "thresholds"]] = ()
    settings: Annotated[dict[str, Value | None], Meta(max_length=20)] = field(default_factory=dict)
    secrets: Annotated[dict[str, bool], Meta(max_length=20, description="Which are set; not read.")] = field(
        default_factory=dict
    )


class ExportNotifications(Asked, frozen=True):
    """Who is notified about runs."""

    error: NoticeAddresses = NoticeAddresses()
    success: NoticeAddresses = NoticeAddresses()
    targets: Annotated[Sequence[NoticeTarget], Meta(max_length=20)] = ()


class SetNotifications(Struct, frozen=True):
    """Who is notified from now on, and the secrets that were made just now."""

    notifications: ExportNotifications
    secrets: Annotated[
        Mapping[str, Mapping[str, str]], Meta(description="By target and setting. They are shown this once.")
    ]


def show_notifications(definition: Definition) -> ExportNotifications:
    """Return who is notified about a definition's runs."""
    return msgspec.convert(show_rules(definition.notices), ExportNotifications)


async def put_export_notifications(call: Call, definition_id: UUID, body: ExportNotifications) -> SetNotifications:
    """Replace who is notified about the runs of an export definition.

    The answer holds secrets that were made for new targets; nothing shows them again.
    """
    session, actor = call.session, call.actor
    given = msgspec.to_builtins(body)
    drawn = await exports.set_notice_rules(session, actor, call.resources, definition_id=definition_id, given=given)
    stored = await exports.get_definition(session, actor, definition_id=definition_id)
    return SetNotifications(show_notifications(stored), {str(target): made for target, made in drawn.items()})


ROUTES = (
    Route(
        "PUT",
        "/export-definitions/{definition_id}/notifications",
        "exports:write",
        put_export_notifications,
        example={"error": {"enabled": True, "addresses": ["ada@example.com"]}},
    ),
)
