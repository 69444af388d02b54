"""Outgoing mail: write a `Letter`, `post_letters` in your transaction; the worker sends it and tries again."""

from tessera.platform.mail.errors import MailInvalidError, MailOffError, MailRefusedError, MailUnavailableError
from tessera.platform.mail.letters import Letter, Link
from tessera.platform.mail.posting import SEND_MAIL, deliver_mail, is_mail_on, post_letters
from tessera.platform.mail.sending import send_letter

__all__ = [
    "SEND_MAIL",
    "Letter",
    "Link",
    "MailInvalidError",
    "MailOffError",
    "MailRefusedError",
    "MailUnavailableError",
    "deliver_mail",
    "is_mail_on",
    "post_letters",
    "send_letter",
]
