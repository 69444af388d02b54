"""How the states of mails read, and their colours."""

from tessera.platform.mail import MailState

MAIL_STATES: dict[MailState, tuple[str, str]] = {
    MailState.WAITING: ("heals", "Waiting for a mail server"),
    MailState.PENDING: ("running", "On its way"),
    MailState.SENT: ("fine", "Sent"),
    MailState.FAILED: ("needs", "Not sent"),
}
