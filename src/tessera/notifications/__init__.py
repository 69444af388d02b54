"""Subscriptions to events, and their deliveries."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.notifications.deliveries import (
        list_deliveries,
        replay_deliveries,
        replay_events,
        replay_failed,
        send_test,
    )
    from tessera.notifications.dispatcher import Dispatcher
    from tessera.notifications.jobs import background_work
    from tessera.notifications.places import register_channels
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
    "Delivery",
    "DeliveryState",
    "Dispatcher",
    "MadeSubscription",
    "NewSubscription",
    "Subscription",
    "SubscriptionChange",
    "background_work",
    "create_subscriptions",
    "delete_subscription",
    "get_subscription",
    "list_deliveries",
    "list_subscriptions",
    "purge_deliveries",
    "register_channels",
    "replay_deliveries",
    "replay_events",
    "replay_failed",
    "reseal_secrets",
    "rotate_secret",
    "send_test",
    "update_subscription",
]
