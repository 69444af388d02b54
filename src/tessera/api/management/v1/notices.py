"""Notices: who was notified of what, and whether a target works."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from tessera import notifications
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import Listing, PageQuery, make_page
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment
from tessera.api.management.v1.shapes import show_as
from tessera.notifications import KeptNotice, NoticeFilter

State = Literal["waiting", "pending", "delivered", "failed"]
Word = Annotated[str, Meta(min_length=1, max_length=100)]
Value = Annotated[str, Meta(max_length=20_000)]


class NoticeQuery(PageQuery, frozen=True):
    """Which notices to list."""

    chain_id: Annotated[UUID | None, Meta(description="Those of this chain only.")] = None
    subject_id: Annotated[UUID | None, Meta(description="Those about this only, such as a definition.")] = None
    news: Annotated[Word | None, Meta(description="Those of this kind only.", examples=["run_failed"])] = None


class NoticeTest(Asked, frozen=True):
    """A target to try; it is not stored."""

    chain_id: UUID
    channel: Annotated[Word, Meta(examples=["slack"])]
    settings: Annotated[
        dict[str, Value],
        Meta(max_length=20, description="What the channel needs, secrets in plain: see the reference."),
    ]


class NoticeFact(Struct, frozen=True):
    """A line of the notice's table."""

    label: str
    value: str


class NoticeReason(Struct, frozen=True):
    """Why rows or requests failed, and how many did."""

    reason: str
    count: int


class NoticeDelivery(Struct, frozen=True):
    """The notice on its way to one receiver."""

    id: Annotated[UUID, Meta(description="The `webhook-id` of every attempt, where the channel is a webhook.")]
    channel: Annotated[str, Meta(examples=["email"])]
    recipient: Annotated[str, Meta(description="The mail address; of other targets label and host, never the URL.")]
    state: Annotated[State, Meta(description="A waiting mail needs a mail server.")]
    attempts: int
    due_at: Annotated[Moment | None, Meta(description="When it is sent, or sent again; null once it is settled.")]
    last_status: int | None
    last_error: str | None
    settled_at: Moment | None


class Notice(Struct, frozen=True):
    """Something that people were notified of."""

    id: UUID
    chain_id: UUID
    key: Annotated[str, Meta(description="Of notices with the same key only the first is sent.")]
    news: Annotated[str, Meta(examples=["run_failed"])]
    subject_kind: Annotated[str, Meta(examples=["export_definition"])]
    subject_id: UUID
    subject_label: str
    title: str
    facts: Sequence[NoticeFact]
    reasons: Sequence[NoticeReason]
    link: str | None
    happened_at: Moment
    created_at: Moment
    deliveries: Sequence[NoticeDelivery]


show_delivery = show_as(NoticeDelivery)


def show_notice(notice: KeptNotice) -> Notice:
    """Return the shape of a notice."""
    values: dict[str, Any] = {name: getattr(notice, name) for name in Notice.__struct_fields__}
    values["facts"] = [NoticeFact(label, value) for label, value in notice.facts]
    values["reasons"] = [NoticeReason(reason, count) for reason, count in notice.reasons]
    values["deliveries"] = [show_delivery(delivery) for delivery in notice.deliveries]
    return Notice(**values)


async def list_notices(call: Call, query: NoticeQuery) -> Listing[Notice]:
    """List notices, newest first, with what became of them."""
    found = await notifications.list_notices(
        call.session,
        call.actor,
        call.resources.keys,
        NoticeFilter(query.chain_id, query.subject_id, query.news),
        after=query.after,
        count=query.limit + 1,
    )
    return make_page(found, query.limit, show_notice)


async def test_notice(call: Call, body: NoticeTest) -> Notice:
    """Send a test notice to a target.

    A worker sends it at once; list the notices about `subject_id` to see what came of it. A chain has ten a minute.
    """
    made = await notifications.send_test_notice(
        call.session,
        call.actor,
        call.resources,
        body.chain_id,
        channel=body.channel,
        settings=body.settings,
    )
    return show_notice(made)


EXAMPLE = {
    "chain_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "channel": "slack",
    "settings": {"url": "https://hooks.slack.com/services/T000/B000/XXXX"},
}
ROUTES = (
    Route("GET", "/notices", "notices:read", list_notices),
    Route("POST", "/notices/test", "notices:write", test_notice, status=201, example=EXAMPLE),
)
