"""The states of mails, known without loading what sends them."""

from enum import StrEnum


class MailState(StrEnum):
    """The state of a mail. A waiting one needs a mail server; a pending one is sent, or sent again, when it is due."""

    WAITING = "waiting"
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
