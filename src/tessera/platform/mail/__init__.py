"""Outgoing mail: pass a `MailMessage` to `send_mail` in your transaction; the worker sends it and tries again.

Without a mail server mails wait in the outbox, which `list_mails` shows.
"""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.mail.errors import (
        MailInvalidError,
        MailNotFoundError,
        MailOffError,
        MailRefusedError,
        MailUnavailableError,
    )
    from tessera.platform.mail.jobs import background_work
    from tessera.platform.mail.kept_mails import (
        KeptMail,
        count_mails,
        count_waiting_mails,
        find_outcomes,
        get_mail,
        list_mails,
    )
    from tessera.platform.mail.messages import Link, MailMessage, parse_address
    from tessera.platform.mail.outbox import SEND_MAIL, is_mail_on, send_mail
    from tessera.platform.mail.smtp import send_letter
    from tessera.platform.mail.states import MailState
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "SEND_MAIL",
    "KeptMail",
    "Link",
    "MailInvalidError",
    "MailMessage",
    "MailNotFoundError",
    "MailOffError",
    "MailRefusedError",
    "MailState",
    "MailUnavailableError",
    "background_work",
    "count_mails",
    "count_waiting_mails",
    "find_outcomes",
    "get_mail",
    "is_mail_on",
    "list_mails",
    "parse_address",
    "send_letter",
    "send_mail",
]
