"""The outbox: outgoing mails, without the links in them that grant access."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import Listing, PageQuery, make_page
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment
from tessera.api.management.v1.shapes import show_as
from tessera.platform import mail

State = Literal["waiting", "pending", "sent", "failed"]


class MailQuery(PageQuery, frozen=True):
    """Which mails to list."""

    state: Annotated[State | None, Meta(description="Those in this state only.")] = None


class Mail(Struct, frozen=True):
    """An outgoing mail."""

    id: UUID
    chain_id: Annotated[UUID | None, Meta(description="Null for a mail about a user's account.")]
    recipient: Annotated[str | None, Meta(description="Null where the key is missing that opens the mail.")]
    subject: str | None
    state: Annotated[State, Meta(description="A waiting mail needs a mail server.")]
    attempts: int
    due_at: Annotated[Moment | None, Meta(description="When it is sent, or sent again; null once it is settled.")]
    last_error: str | None
    created_at: Moment
    settled_at: Moment | None


show_mail = show_as(Mail)


async def list_mails(call: Call, query: MailQuery) -> Listing[Mail]:
    """List outgoing mails, newest first.

    A key that sees only some chains is shown the mails of those, and none about users' accounts.
    """
    found = await mail.list_mails(
        call.session,
        call.actor,
        call.resources.keys,
        state=None if query.state is None else mail.MailState(query.state),
        after=query.after,
        count=query.limit + 1,
    )
    return make_page(found, query.limit, show_mail)


ROUTES = (Route("GET", "/mails", "mail:read", list_mails),)
