"""Test notices: whether a target works, tried before anything happens."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tessera.access.chains import has_chain
from tessera.notifications.errors import NoticeChainError, NoticeRulesError, NoticeTestsLimitedError
from tessera.notifications.notices.announcements import send_notices
from tessera.notifications.notices.kept_notices import WRITE, read_notices
from tessera.notifications.notices.news import NOTICE_TESTED
from tessera.notifications.notices.rules import check_rules
from tessera.notifications.notices.values import KeptNotice, Notice, NoticeList, NoticeRules, NoticeTarget, Subject
from tessera.notifications.registry import get_channel
from tessera.notifications.store import notices as store
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.ids import new_id
from tessera.platform.resources import Resources

MOST_TESTS, WINDOW = 10, timedelta(minutes=1)
SUBJECT_KIND = "notice_target"
PARAGRAPH = "Tessera sent this because someone tried whether notices arrive here. Nothing else needs to be done."


async def send_test_notice(
    session: Session,
    actor: Actor,
    resources: Resources,
    chain_id: UUID,
    *,
    channel: str,
    settings: Mapping[str, Any],
    known: NoticeTarget | None = None,
) -> KeptNotice:
    """Have a test sent to a target; a worker sends it at once, and the list says what came of it.

    The target need not be stored; secrets that are left out are those of the one that is `known`.
    """
    actor.require(WRITE)
    if not actor.sees(chain_id) or not await has_chain(session, chain_id):
        raise NoticeChainError(f"There is no chain {chain_id} within reach of {actor.name}.", field="chain_id")
    now = resources.clock()
    await limit_tests(session, chain_id, now=now)
    lists = [] if get_channel(channel).hears_signals else [NoticeList.ERROR.value]
    given = {"channel": channel, "settings": settings, "lists": lists}
    rules = check_target(resources, given, known)
    test_id, label = new_id(), rules.targets[0].label
    notice = Notice(
        chain_id,
        Subject(SUBJECT_KIND, test_id, label, "Notice target"),
        NOTICE_TESTED,
        key=f"test {test_id}",
        happened_at=now,
        paragraphs=(PARAGRAPH,),
    )
    await send_notices(session, resources, [(rules, notice)], now=now)
    entry = Entry("tested", SUBJECT_KIND, test_id, label, chain_id, after={"channel": channel})
    await record_entries(session, actor, [entry])
    rows = await store.select_notices(session, [chain_id], subject_id=test_id, news=None, after=None, count=1)
    return (await read_notices(session, resources.keys, rows))[0]


def check_target(resources: Resources, target: Mapping[str, Any], known: NoticeTarget | None = None) -> NoticeRules:
    """Return rules with this one target; faults are at their places in the target."""
    given = target if known is None else {**target, "id": str(known.id)}
    stored = None if known is None else NoticeRules(targets=(known,))
    try:
        return check_rules({"targets": [given]}, resources, stored=stored).rules
    except NoticeRulesError as error:
        found = error.details["faults"]
        assert isinstance(found, dict)
        faults = {place.removeprefix("targets/0/"): fault for place, fault in found.items()}
        raise NoticeRulesError(error.message, faults=faults) from None


async def limit_tests(session: Session, chain_id: UUID, *, now: datetime) -> None:
    """Raise where the chain had too many tests just now: each one calls another machine."""
    row = await store.count_tests(session, chain_id, NOTICE_TESTED.name, since=now - WINDOW)
    if row["count"] >= MOST_TESTS:
        wait = (row["first"] + WINDOW - now).total_seconds()
        raise NoticeTestsLimitedError(
            f"The chain had {MOST_TESTS} test notices within a minute. Wait {wait:.0f} seconds, then try again.",
            retry_after=max(wait, 1.0),
        )
