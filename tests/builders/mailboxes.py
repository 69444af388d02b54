"""A real mail server on loopback that takes, or refuses, as a test tells it to."""

import asyncio
import re
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

LINK = re.compile(r"https?://\S+")
OK = "250 taken"


class Mailbox:
    """Keeps what it was sent. `answer` decides on each message, `recipient` on each address."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.recipients: list[str] = []
        self.tries = 0
        self.answer: Callable[[], str] = lambda: OK
        self.recipient: Callable[[str], str] = lambda _: OK
        self.logins: list[tuple[bytes, bytes]] = []
        self.password: bytes | None = None
        self.port = 0

    def settings(self, **given: Any) -> dict[str, Any]:
        """Return the settings of a deployment that sends here."""
        return {
            "mail_host": "127.0.0.1",
            "mail_port": self.port,
            "mail_tls": "none",
            "mail_from": "Tessera <tessera@example.com>",
            "mail_timeout_seconds": 5,
        } | given

    def text(self, number: int = -1) -> str:
        """Return the plain text of a message."""
        part = self.received[number].get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    def link(self, number: int = -1) -> str:
        """Return the link in a message."""
        found = LINK.search(self.text(number))
        assert found is not None
        return found[0]

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _: Any) -> str:  # noqa: N802
        answer = self.recipient(address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.tries += 1
        answer = self.answer()
        if answer.startswith("2"):
            assert isinstance(envelope.content, bytes)
            message = message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            self.received.append(message)
            self.raw.append(envelope.content)
            self.recipients += envelope.rcpt_tos
        return answer

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == self.password, handled=False)


@asynccontextmanager
async def run_mailbox(
    *, context: ssl.SSLContext | None = None, starttls: bool = False, password: bytes | None = None
) -> AsyncIterator[Mailbox]:
    """Run a mail server on a free port; with a context it speaks TLS at once, or on request."""
    mailbox = Mailbox()
    mailbox.password = password

    def make() -> SMTP:
        with warnings.catch_warnings():
            # It warns of passwords on a plain way; this one ends on the same machine.
            warnings.simplefilter("ignore")
            return SMTP(
                mailbox,
                hostname="mail.test",
                tls_context=context if starttls else None,
                require_starttls=starttls,
                authenticator=mailbox.authenticate if password else None,
                auth_require_tls=False,
                auth_required=password is not None,
                enable_SMTPUTF8=True,
            )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", 0, ssl=None if starttls else context)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
