"""Who gets which news: the specification's table, and one notice per change of state."""

from datetime import UTC, datetime

import pytest

from tessera.notifications import RUN_NEWS, NoticeList, NoticeRules
from tessera.notifications.notices.decisions import choose_targets, decide, is_silent
from tessera.notifications.notices.values import MailList, NoticeTarget, PriorState
from tessera.platform.ids import new_id

ERROR, SUCCESS, THRESHOLDS = NoticeList
SINCE = datetime(2031, 1, 1, tzinfo=UTC)
FAILED, ERRORS, GOOD = (PriorState(state, SINCE, 95) for state in ("failed", "completed with errors", "good"))


@pytest.mark.parametrize(
    ("name", "prior", "lists"),
    [
        ("run_completed", None, {SUCCESS}),
        ("run_completed", GOOD, {SUCCESS}),
        ("run_completed", FAILED, {SUCCESS, ERROR}),
        ("run_completed_with_errors", None, {SUCCESS, ERROR}),
        ("run_completed_with_errors", FAILED, {SUCCESS, ERROR}),
        ("run_completed_with_errors", ERRORS, {SUCCESS}),
        ("run_failed", None, {ERROR}),
        ("run_failed", GOOD, {ERROR}),
        ("run_failed", ERRORS, {ERROR}),
        ("run_failed", FAILED, set()),
        ("run_cancelled", FAILED, {ERROR}),
        ("run_held", FAILED, {ERROR}),
        ("run_missed", FAILED, {ERROR}),
        ("run_overdue", None, {ERROR}),
        ("run_started", None, set()),
        ("paused", FAILED, {ERROR}),
        ("threshold_passed", GOOD, {ERROR, THRESHOLDS}),
        ("threshold_passed", PriorState("passed a threshold", SINCE, 1), set()),
        ("threshold_cleared", GOOD, set()),
        ("threshold_cleared", PriorState("passed a threshold", SINCE, 1), {ERROR, THRESHOLDS}),
    ],
)
def test_news_goes_to_its_lists(name: str, prior: PriorState | None, lists: set[NoticeList]) -> None:
    assert decide(RUN_NEWS[name], prior).lists == lists


def test_bad_news_says_that_it_will_not_repeat() -> None:
    assert decide(RUN_NEWS["run_failed"], GOOD).announces
    assert not decide(RUN_NEWS["run_failed"], FAILED).announces
    assert decide(RUN_NEWS["run_completed"], FAILED).ended == FAILED


def test_targets_get_their_lists() -> None:
    chat = NoticeTarget(id=new_id(), label="Chat", channel="slack", lists=(THRESHOLDS,))
    beat = NoticeTarget(id=new_id(), label="Beat", channel="heartbeat")
    off = NoticeTarget(id=new_id(), label="Off", channel="slack", enabled=False, lists=(ERROR,))
    rules = NoticeRules(MailList(True, ("a@x.example",)), MailList(False, ("b@x.example",)), (chat, beat, off))

    def chosen(name: str) -> list[str]:
        news = RUN_NEWS[name]
        return [one.channel for one in choose_targets(rules, news, news.lists, lambda key: key == "heartbeat")]

    assert chosen("run_failed") == ["email", "heartbeat"]
    assert chosen("run_completed") == ["heartbeat"]
    assert chosen("threshold_passed") == ["email", "slack"]
    assert chosen("run_missed") == ["email"]
    assert chosen("run_started") == ["heartbeat"]


def test_rules_without_a_reader_are_silent() -> None:
    assert is_silent(NoticeRules())
    assert is_silent(NoticeRules(MailList(False, ("a@x.example",))))
    assert not is_silent(NoticeRules(MailList(True, ("a@x.example",))))
