"""Notices on their way: decided, written, and handed to the outbox and the queue, all in the caller's transaction.

What is wrong with one receiver is written down as the outcome of its delivery and never raised: a run ends whatever
becomes of its notices.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tessera.access.chains import list_chains
from tessera.notifications.contract import Channel, Mail, NoticeText
from tessera.notifications.notices.decisions import EMAIL, Verdict, choose_targets, decide, is_silent
from tessera.notifications.notices.rules import open_target
from tessera.notifications.notices.sender import SEND_NOTICE, purpose_of
from tessera.notifications.notices.texts import make_letter, make_text
from tessera.notifications.notices.values import Notice, NoticeRules, NoticeTarget, PriorState
from tessera.notifications.registry import get_channel
from tessera.notifications.store import notices as store
from tessera.platform.actors import Actor, ActorKind
from tessera.platform.db import Session
from tessera.platform.errors import TesseraError
from tessera.platform.ids import new_id, new_ids
from tessera.platform.mail import MailInvalidError, parse_address, send_mail
from tessera.platform.resources import Resources

# Three tries, long enough apart for a mail server to be restarted in between.
MAIL_WAITS = (60, 600)
INCOMPLETE = "The settings of this target cannot be used. Save them again."
Topic = tuple[UUID, str, UUID, str]


@dataclass(frozen=True, slots=True)
class Announced:
    """A notice that at least one receiver gets."""

    id: UUID
    notice: Notice
    text: NoticeText
    targets: Sequence[NoticeTarget]


async def send_notices(
    session: Session, resources: Resources, items: Sequence[tuple[NoticeRules, Notice]], *, now: datetime
) -> int:
    """Have each notice sent to those that its rules name, if the caller's transaction commits; return how many leave.

    A notice whose key was sent before is dropped. Bad news that repeats the last state is counted, and not sent again.
    """
    wanted = [(rules, notice) for rules, notice in items if not is_silent(rules)]
    if not wanted:
        return 0
    known = await store.find_known(session, [(notice.chain_id, notice.key) for _, notice in wanted])
    fresh = [(rules, notice) for rules, notice in wanted if (notice.chain_id, notice.key) not in known]
    announced = []
    accounts = await name_chains(session, {notice.chain_id for _, notice in fresh})
    for group in split_topics(fresh):
        for (rules, notice), verdict in zip(group, await judge(session, group, now=now), strict=True):
            if verdict is None:
                continue
            targets = list(choose_targets(rules, notice.news, verdict.lists, hears_signals))
            account = accounts.get(notice.chain_id, "")
            text = make_text(notice, verdict, account=account, public_url=resources.settings.public_url)
            announced += [Announced(new_id(), notice, text, targets)] if targets else []
    return await write(session, resources, announced, now=now)


def hears_signals(channel: str) -> bool:
    """Say whether a channel gets the start and the end of every run; one that is not installed gets nothing."""
    try:
        return get_channel(channel).hears_signals
    except TesseraError:
        return False


def split_topics(items: Sequence[tuple[NoticeRules, Notice]]) -> Iterator[list[tuple[NoticeRules, Notice]]]:
    """Yield the notices in order, in groups in which no subject has two of one topic, nor any key comes twice."""
    group: list[tuple[NoticeRules, Notice]] = []
    seen: set[object] = set()
    keys: set[tuple[UUID, str]] = set()
    for rules, notice in items:
        if (notice.chain_id, notice.key) in keys:
            continue
        keys.add((notice.chain_id, notice.key))
        if topic_of(notice) in seen:
            yield group
            group, seen = [], set()
        seen.add(topic_of(notice))
        group.append((rules, notice))
    if group:
        yield group


async def judge(
    session: Session, group: Sequence[tuple[NoticeRules, Notice]], *, now: datetime
) -> list[Verdict | None]:
    """Return who gets each notice, and note its state; None for one that was judged before."""
    stateful = [notice for _, notice in group if notice.news.state is not None]
    rows = await store.lock_states(session, [topic_of(notice) for notice in stateful], now=now) if stateful else []
    prior = {(row["chain_id"], row["subject_kind"], row["subject_id"], row["topic"]): row for row in rows}
    verdicts: list[Verdict | None] = []
    noted: list[tuple[Topic, str, datetime, str]] = []
    for _, notice in group:
        row = prior.get(topic_of(notice)) if notice.news.state is not None else None
        if row is not None and row["last_key"] == notice.key:
            verdicts.append(None)
            continue
        before = PriorState(row["state"], row["since"], row["count"]) if row is not None and row["state"] else None
        verdicts.append(decide(notice.news, before))
        if notice.news.state is not None:
            noted.append((topic_of(notice), notice.news.state, notice.happened_at, notice.key))
    if noted:
        await store.note_states(session, noted)
    return verdicts


def topic_of(notice: Notice) -> Topic:
    """Return what the state of a notice is kept under."""
    return notice.chain_id, notice.subject.kind, notice.subject.id, notice.topic


async def name_chains(session: Session, ids: set[UUID]) -> dict[UUID, str]:
    """Return the names of chains: titles of notices end with them."""
    actor = Actor(ActorKind.SYSTEM, None, "notices", frozenset(ids))
    return {chain.id: chain.name for chain in await list_chains(session, actor, archived=True)}


async def write(session: Session, resources: Resources, announced: Sequence[Announced], *, now: datetime) -> int:
    """Store notices with their deliveries; return how many deliveries there are."""
    if not announced:
        return 0
    fresh = await store.insert_notices(session, [row_of(each) for each in announced], now=now)
    deliveries: list[dict[str, Any]] = []
    for each in announced:
        if each.id in fresh:
            deliveries += await make_deliveries(session, resources, each)
    await store.insert_deliveries(session, deliveries, now=now)
    return len(deliveries)


def row_of(each: Announced) -> dict[str, Any]:
    """Return a notice as it is stored."""
    subject = each.notice.subject
    return {
        "id": each.id,
        "chain_id": each.notice.chain_id,
        "key": each.notice.key,
        "news": each.notice.news.name,
        "subject_kind": subject.kind,
        "subject_id": subject.id,
        "subject_label": each.text.subject_label,
        "content": msgspec.to_builtins(each.text),
        "happened_at": each.notice.happened_at,
    }


async def make_deliveries(session: Session, resources: Resources, each: Announced) -> list[dict[str, Any]]:
    """Return the deliveries of a notice, each receiver once; mails are in the outbox, calls in the queue."""
    found: list[dict[str, Any]] = []
    readers: dict[str, str] = {}
    for target in each.targets:
        try:
            channel, values = get_channel(target.channel), open_target(target, resources.keys)
            if isinstance(channel.way, Mail):
                for address in channel.way.addresses(values):
                    readers.setdefault(address.casefold(), address)
                continue
            row = await queue_call(session, resources, each, channel=channel, target=target, values=values)
            found += [] if row is None else [row]
        except (KeyError, TesseraError):
            found.append(delivery_row(each, target.channel, target.label, state="failed", last_error=INCOMPLETE))
    return [*found, *await post_mails(session, resources, each, list(readers.values()))]


async def post_mails(
    session: Session, resources: Resources, each: Announced, addresses: Sequence[str]
) -> list[dict[str, Any]]:
    """Put mails into the outbox and return their deliveries. The same notice is the same message to a mailbox."""
    letters, chain_id = {}, each.notice.chain_id
    for address in addresses:
        with suppress(MailInvalidError):
            parse_address(address)
            letters[address] = make_letter(each.text, address, f"{chain_id} {each.notice.key} {address.casefold()}")
    ids = await send_mail(session, resources, list(letters.values()), chain_id=chain_id, waits=MAIL_WAITS)
    sent = [delivery_row(each, EMAIL, address, mail_id=mail_id) for address, mail_id in zip(letters, ids, strict=True)]
    bad = [
        delivery_row(each, EMAIL, address, state="failed", last_error=INCOMPLETE)
        for address in addresses
        if address not in letters
    ]
    return [*sent, *bad]


async def queue_call(
    session: Session,
    resources: Resources,
    each: Announced,
    *,
    channel: Channel,
    target: NoticeTarget,
    values: dict[str, str],
) -> dict[str, Any] | None:
    """Queue a call and return its delivery; None where the receiver is not interested."""
    assert not isinstance(channel.way, Mail)
    (delivery_id,) = new_ids(1)
    if channel.way.render(each.text, values, delivery_id) is None:
        return None
    recipient = channel.way.describe(values)
    sealed = resources.keys.seal(msgspec.json.encode(values).decode(), purpose_of(delivery_id))
    # A monitor must not hear of a start after the end: signals go to it one after the other.
    turn = f"{each.notice.subject.id} {target.id}" if channel.hears_signals else None
    await resources.jobs.defer(session, SEND_NOTICE, turn=turn, delivery_id=str(delivery_id))
    row = delivery_row(each, channel.key, f"{target.label} ({recipient})" if target.label else recipient)
    return {**row, "id": delivery_id, "sealed_target": sealed}


def delivery_row(each: Announced, channel: str, recipient: str, **given: Any) -> dict[str, Any]:
    """Return a delivery as it is stored."""
    return {
        "id": new_id(),
        "notice_id": each.id,
        "chain_id": each.notice.chain_id,
        "channel": channel,
        "recipient": recipient,
        "sealed_target": None,
        "mail_id": None,
        "state": "pending",
        "last_error": None,
        **given,
    }
