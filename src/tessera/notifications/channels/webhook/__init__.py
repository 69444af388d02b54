"""Webhooks: a POST of the event, signed as Standard Webhooks has it."""

from tessera.notifications.channels.webhook.channel import WEBHOOK

__all__ = ["WEBHOOK"]
