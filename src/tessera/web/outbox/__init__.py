"""The outbox: mails that wait, that were sent, and that could not be."""

from tessera.web.outbox.pages import list_outbox, show_mail

PAGES = (list_outbox, show_mail)

__all__ = ["PAGES"]
