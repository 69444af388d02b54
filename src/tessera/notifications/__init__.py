"""Subscriptions to events with their deliveries, and notices: who is notified of what about runs and the like.

A room above stores `NoticeRules` with its own things and calls `send_notices` in the transaction of what happened.
"""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.notifications.contract import Signal
    from tessera.notifications.deliveries import (
        list_deliveries,
        replay_deliveries,
        replay_events,
        replay_failed,
        send_test,
    )
    from tessera.notifications.dispatcher import Dispatcher
    from tessera.notifications.jobs import background_work
    from tessera.notifications.notices.announcements import send_notices
    from tessera.notifications.notices.kept_notices import list_notices
    from tessera.notifications.notices.news import RUN_NEWS
    from tessera.notifications.notices.retention import delete_notice_states
    from tessera.notifications.notices.rules import check_rules, copy_rules, reseal_rules, show_rules
    from tessera.notifications.notices.trials import send_test_notice
    from tessera.notifications.notices.values import (
        KeptNotice,
        News,
        Notice,
        NoticeFilter,
        NoticeList,
        NoticeRules,
        Subject,
    )
    from tessera.notifications.places import register_channels
    from tessera.notifications.registry import list_channels
    from tessera.notifications.retention import purge_deliveries
    from tessera.notifications.subscriptions import (
        create_subscriptions,
        delete_subscription,
        get_subscription,
        list_subscriptions,
        reseal_secrets,
        rotate_secret,
        update_subscription,
    )
    from tessera.notifications.values import (
        Delivery,
        DeliveryState,
        MadeSubscription,
        NewSubscription,
        Subscription,
        SubscriptionChange,
    )
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "RUN_NEWS",
    "Delivery",
    "DeliveryState",
    "Dispatcher",
    "KeptNotice",
    "MadeSubscription",
    "NewSubscription",
    "News",
    "Notice",
    "NoticeFilter",
    "NoticeList",
    "NoticeRules",
    "Signal",
    "Subject",
    "Subscription",
    "SubscriptionChange",
    "background_work",
    "check_rules",
    "copy_rules",
    "create_subscriptions",
    "delete_notice_states",
    "delete_subscription",
    "get_subscription",
    "list_channels",
    "list_deliveries",
    "list_notices",
    "list_subscriptions",
    "purge_deliveries",
    "register_channels",
    "replay_deliveries",
    "replay_events",
    "replay_failed",
    "reseal_rules",
    "reseal_secrets",
    "rotate_secret",
    "send_notices",
    "send_test",
    "send_test_notice",
    "show_rules",
    "update_subscription",
]
