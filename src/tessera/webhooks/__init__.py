"""Webhooks: who is told of events, and every delivery."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.webhooks.deliveries import list_deliveries, replay_deliveries, replay_events, replay_failed, send_test
    from tessera.webhooks.dispatching import Dispatcher
    from tessera.webhooks.errors import SubscriptionChangedError
    from tessera.webhooks.retention import forget_old_deliveries
    from tessera.webhooks.subscriptions import (
        create_subscriptions,
        delete_subscription,
        get_subscription,
        list_subscriptions,
        reseal_secrets,
        rotate_secret,
        update_subscription,
    )
    from tessera.webhooks.values import (
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
    "SubscriptionChangedError",
    "create_subscriptions",
    "delete_subscription",
    "forget_old_deliveries",
    "get_subscription",
    "list_deliveries",
    "list_subscriptions",
    "replay_deliveries",
    "replay_events",
    "replay_failed",
    "reseal_secrets",
    "rotate_secret",
    "send_test",
    "update_subscription",
]
