"""Outgoing mail: pass a `MailMessage` to `send_mail` in your transaction; the worker sends it and tries again."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.mail.errors import MailInvalidError, MailOffError, MailRefusedError, MailUnavailableError
    from tessera.platform.mail.jobs import background_work
    from tessera.platform.mail.messages import Link, MailMessage
    from tessera.platform.mail.outbox import SEND_MAIL, is_mail_on, send_mail
    from tessera.platform.mail.smtp import send_letter
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "SEND_MAIL",
    "Link",
    "MailInvalidError",
    "MailMessage",
    "MailOffError",
    "MailRefusedError",
    "MailUnavailableError",
    "background_work",
    "is_mail_on",
    "send_letter",
    "send_mail",
]
