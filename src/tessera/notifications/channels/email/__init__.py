"""E-mail: a mail to each address, through the outbox."""

from tessera.notifications.channels.email.channel import EMAIL

__all__ = ["EMAIL"]
