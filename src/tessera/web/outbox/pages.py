"""The list of mails by state, and one mail as its reader sees it, without links that grant access."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from tessera.platform import mail
from tessera.platform.ids import parse_id
from tessera.platform.mail import MailState
from tessera.web.list_parameters import chosen
from tessera.web.outbox.words import MAIL_STATES
from tessera.web.visits import PageVisit, Visit

PATH = "/admin/outbox"
SIZE = 50


@get(PATH, permission="mail:read")
async def list_outbox(visit: PageVisit) -> Response[Any]:
    """List the mails, newest first; the address keeps the filter."""
    state = chosen(visit, "state", MailState)
    after = parse_id(visit.request.query_params.get("after", ""))
    keys = visit.resources.keys
    found = await mail.list_mails(visit.session, visit.actor, keys, state=state, after=after, count=SIZE + 1)
    counts = await mail.count_mails(visit.session, visit.actor)
    return show(
        visit,
        "outbox",
        mails=found[:SIZE],
        older=found[SIZE - 1].id if len(found) > SIZE else None,
        after=after,
        state=state,
        counts=counts,
        total=sum(counts.values()),
    )


@get(f"{PATH}/{{mail_id:uuid}}", permission="mail:read")
async def show_mail(visit: PageVisit, mail_id: FromPath[UUID]) -> Response[Any]:
    """Show one mail."""
    found = await mail.get_mail(visit.session, visit.actor, visit.resources.keys, mail_id)
    return show(visit, "outbox_mail", mail=found, names={chain.id: chain.name for chain in visit.chains})


def show(visit: Visit, template: str, **context: Any) -> Response[str]:
    """Answer with one of the pages."""
    return visit.page(
        f"outbox/templates/{template}.html",
        states=MAIL_STATES,
        mail_on=mail.is_mail_on(visit.resources.settings),
        kept_days=visit.resources.settings.notice_days,
        path_here=PATH,
        **context,
    )
