"""What can go wrong with mail.

InvalidError
  MailInvalidError      the address or subject is not allowed in a message
  MailRefusedError      the mail server refused the message for good
NotFoundError
  MailNotFoundError     the outbox has no such mail
ConflictError
  MailOffError          this deployment has no mail server
UnavailableError
  MailUnavailableError  the mail server cannot be reached, or asks us to try again later
"""

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError, UnavailableError


class MailInvalidError(InvalidError):
    """An address or subject is not allowed in a message."""

    code = "mail_invalid"


class MailRefusedError(InvalidError):
    """The mail server refused a message for good; sending it again will not help."""

    code = "mail_refused"


class MailNotFoundError(NotFoundError):
    """The outbox has no such mail within reach; settled ones are kept for some time only."""

    code = "mail_not_found"


class MailOffError(ConflictError):
    """This deployment has no mail server."""

    code = "mail_off"


class MailUnavailableError(UnavailableError):
    """The mail server cannot be reached, refuses our credentials, or asks us to try again later."""

    code = "mail_unavailable"
