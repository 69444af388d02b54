"""SMTP. Every failure of the library is translated here, and says whether trying again may help."""

import re
import ssl
from email.message import EmailMessage
from urllib.parse import urlsplit

import aiosmtplib
import certifi
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from tessera.platform.clock import now
from tessera.platform.errors import TesseraError
from tessera.platform.mail.errors import MailOffError, MailRefusedError, MailUnavailableError
from tessera.platform.mail.messages import MailMessage, make_message, make_message_id
from tessera.platform.settings import Settings

PERMANENT = 500
LONGEST_REPLY = 200
TLS_REASON = re.compile(r"(?:certificate verify failed: |\[SSL: (?!CERTIFICATE_VERIFY_FAILED)\w+\] )(.+?)\.? \(_ssl")
TLS_WORDS = {
    "local issuer certificate": "its certificate comes from an authority that is not trusted",
    "WRONG_VERSION_NUMBER": "it does not speak TLS on this port",
    "UNSUPPORTED_PROTOCOL": "the two sides have no TLS version in common",
    "HANDSHAKE_FAILURE": "the two sides have no cipher in common",
}
# What a server says about one message. About logging in and greeting it says the same to all until settings change.
ABOUT_THE_MESSAGE = (SMTPDataError, SMTPSenderRefused, SMTPRecipientRefused)


async def send_letter(settings: Settings, letter: MailMessage) -> None:
    """Send a letter now; raises `MailRefusedError` for good, `MailUnavailableError` for this time."""
    sender = require_sender(settings)
    await send_message(settings, make_message(letter, sender=sender, message_id=make_message_id(sender), now=now()))


async def send_message(settings: Settings, message: EmailMessage) -> None:
    """Hand the message to the mail server."""
    secret = settings.mail_password
    try:
        await aiosmtplib.send(
            message,
            hostname=settings.mail_host,
            port=settings.mail_port,
            username=settings.mail_user,
            password=secret.get_secret_value() if secret and settings.mail_user else None,
            use_tls=settings.mail_tls == "tls",
            start_tls=settings.mail_tls == "starttls",
            tls_context=None if settings.mail_tls == "none" else trusted(settings),
            timeout=settings.mail_timeout_seconds,
            # The library would ask the name service, and wait for it.
            local_hostname=urlsplit(settings.public_url or "").hostname or "localhost",
        )
    except (SMTPException, OSError, ValueError) as error:
        # Not chained: the original's text may hold the address, and tracebacks end in logs.
        raise translate(error, settings) from None


def require_sender(settings: Settings) -> str:
    """Return the address that mail comes from, where this deployment sends any."""
    if not settings.mail_host or not settings.mail_from:
        raise MailOffError("This deployment sends no mail. Set TESSERA_MAIL_HOST and TESSERA_MAIL_FROM.")
    return settings.mail_from


def trusted(settings: Settings) -> ssl.SSLContext:
    """Return whom we believe to be the mail server: the usual authorities, and the deployment's own."""
    context = ssl.create_default_context(cafile=certifi.where())
    if settings.outbound_ca_file:
        context.load_verify_locations(settings.outbound_ca_file)
    return context


def translate(error: Exception, settings: Settings) -> TesseraError:
    """Return our own error: permanent where the server refuses this message for good, temporary otherwise."""
    server = f"The mail server {settings.mail_host}:{settings.mail_port}"
    if isinstance(error, SMTPRecipientsRefused):
        error = next(iter(error.recipients), error)
    if isinstance(error, ssl.SSLError) or "certificate" in str(error).lower():
        return MailUnavailableError(
            f"{server} cannot be trusted: {tls_reason(error)}. Check TESSERA_MAIL_TLS, or TESSERA_OUTBOUND_CA_FILE."
        )
    if isinstance(error, SMTPNotSupported | ValueError):
        return MailRefusedError(f"{server} cannot take this message: {first_line(error)}. Check the address.")
    if isinstance(error, ABOUT_THE_MESSAGE) and error.code >= PERMANENT:
        return MailRefusedError(f"{server} refused the message: {said(error)}. Check address and sender.")
    if isinstance(error, SMTPAuthenticationError):
        return MailUnavailableError(
            f"{server} refuses the sign-in: {said(error)}. Check TESSERA_MAIL_USER and TESSERA_MAIL_PASSWORD."
        )
    if isinstance(error, SMTPResponseException) and not isinstance(error, SMTPHeloError | SMTPConnectError):
        return MailUnavailableError(
            f"{server} asked us to try again later: {said(error)}. Tessera sends the message again automatically."
        )
    return MailUnavailableError(
        f"{server} cannot be reached: {first_line(error)}. Check TESSERA_MAIL_HOST, _PORT and _TLS."
    )


def tls_reason(error: Exception) -> str:
    """Return why, in words of ours where the library's are only for experts, without the signs that it puts around."""
    text = first_line(error)
    if (words := next((words for sign, words in TLS_WORDS.items() if sign in text), None)) is not None:
        return words
    found = TLS_REASON.search(text)
    return found[1].rstrip(".") if found else text


def said(error: SMTPResponseException) -> str:
    """Return the code and the kind of answer; the server's own words may hold the reader's address."""
    return f"answer {error.code}"


def first_line(error: Exception) -> str:
    """Return the beginning of what went wrong."""
    text = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:LONGEST_REPLY].rstrip(".")
