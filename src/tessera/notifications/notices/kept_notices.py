"""Notices that were sent: who was notified of what, when, and what became of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from tessera.notifications.contract import NoticeText
from tessera.notifications.notices.values import KeptNotice, NoticeDelivery, NoticeFilter, NoticeState
from tessera.notifications.store import notices as store
from tessera.platform.actors import Actor
from tessera.platform.db import Row, Session
from tessera.platform.mail import KeptMail, MailState, find_outcomes
from tessera.platform.secrets import KeyRing

READ, WRITE = "notices:read", "notices:write"
STATES = {
    MailState.WAITING: NoticeState.WAITING,
    MailState.PENDING: NoticeState.PENDING,
    MailState.SENT: NoticeState.DELIVERED,
    MailState.FAILED: NoticeState.FAILED,
}


async def list_notices(
    session: Session,
    actor: Actor,
    keys: KeyRing,
    wanted: NoticeFilter,
    *,
    after: UUID | None = None,
    count: int = 100,
) -> list[KeptNotice]:
    """Return notices of the actor's chains with their deliveries, newest first, from below the one `after`."""
    actor.require(READ)
    rows = await store.select_notices(
        session, actor.reach(wanted.chain_id), subject_id=wanted.subject_id, news=wanted.news, after=after, count=count
    )
    return await read_notices(session, keys, rows)


async def read_notices(session: Session, keys: KeyRing, rows: Sequence[Row]) -> list[KeptNotice]:
    """Return stored notices with what became of them; of mails the outbox knows that."""
    found = await store.select_deliveries(session, [row["id"] for row in rows])
    mails = await find_outcomes(session, keys, [row["mail_id"] for row in found if row["mail_id"]])
    deliveries: defaultdict[UUID, list[NoticeDelivery]] = defaultdict(list)
    for row in found:
        deliveries[row["notice_id"]].append(read_delivery(row, mails))
    return [read_notice(row, deliveries[row["id"]]) for row in rows]


def read_delivery(row: Row, mails: Mapping[UUID, KeptMail]) -> NoticeDelivery:
    """Turn a stored delivery into the value that others see."""
    values = {name: row[name] for name in NoticeDelivery.__slots__}
    mail = mails.get(row["mail_id"])
    if mail is None:
        return NoticeDelivery(**{**values, "state": NoticeState(row["state"])})
    outcome = {name: getattr(mail, name) for name in ("attempts", "due_at", "last_error", "settled_at")}
    return NoticeDelivery(**{**values, **outcome, "state": STATES[mail.state]})


def read_notice(row: Row, deliveries: Sequence[NoticeDelivery]) -> KeptNotice:
    """Turn a stored notice into the value that others see."""
    text = msgspec.convert(row["content"], NoticeText)
    values = {name: value for name, value in row.items() if name != "content"}
    return KeptNotice(
        **values, title=text.title, facts=text.facts, reasons=text.reasons, link=text.link, deliveries=deliveries
    )
