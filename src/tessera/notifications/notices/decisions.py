"""Which targets get which news. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from tessera.notifications.notices.values import GOOD, MailList, News, NoticeList, NoticeRules, NoticeTarget, PriorState

EMAIL = "email"
# The two lists of addresses are targets like the others, whose ids nothing refers to.
LIST_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which lists get the news. `announces` says that bad news is not repeated; `ended` is the state it ends."""

    lists: frozenset[NoticeList]
    announces: bool = False
    ended: PriorState | None = None


def decide(news: News, prior: PriorState | None) -> Verdict:
    """Return who gets the news after the state announced last: bad news goes to the success list only if it repeats."""
    if news.state is None:
        return Verdict(news.lists)
    if news.state == GOOD:
        if prior is None or prior.state == GOOD:
            return Verdict(news.lists)
        return Verdict(news.lists | news.recovers, ended=prior)
    if prior is not None and prior.state == news.state:
        return Verdict(news.lists & {NoticeList.SUCCESS})
    return Verdict(news.lists, announces=True, ended=None if prior is None or prior.state == GOOD else prior)


def choose_targets(
    rules: NoticeRules, news: News, lists: frozenset[NoticeList], hears_signals: Callable[[str], bool]
) -> Iterator[NoticeTarget]:
    """Yield the targets that get the news by these lists; those that hear signals get every start and end."""
    for each, list_ in ((rules.error, NoticeList.ERROR), (rules.success, NoticeList.SUCCESS)):
        if each.enabled and each.addresses and list_ in lists:
            yield target_of(each)
    for target in rules.targets:
        wanted = news.signal is not None if hears_signals(target.channel) else bool(lists & set(target.lists))
        if target.enabled and wanted:
            yield target


def target_of(mails: MailList) -> NoticeTarget:
    """Return a list of addresses as a target."""
    return NoticeTarget(id=LIST_ID, label="", channel=EMAIL, settings={"addresses": "\n".join(mails.addresses)})


def is_silent(rules: NoticeRules) -> bool:
    """Say whether nobody gets any news by these rules."""
    toggles = (rules.error, rules.success)
    return not any(each.enabled and each.addresses for each in toggles) and not any(
        one.enabled for one in rules.targets
    )
