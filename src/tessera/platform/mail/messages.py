"""Letters: what a mail says, in words; and the message made of it. Nothing in it can become a header of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from tessera.platform.mail.errors import MailInvalidError

FOLDER = Path(__file__).parent / "templates"
LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Link:
    """What the reader may do next. Unless it is `public`, following it grants access, and no page shows it."""

    label: str
    url: str
    public: bool = False


@dataclass(frozen=True, slots=True)
class MailMessage:
    """A mail to one reader: paragraphs, facts by name, reasons with their counts, a link, and what comes after it.

    Mails of the same `key` are the same one to a mailbox.
    """

    to: str
    subject: str
    lines: Sequence[str]
    facts: Sequence[tuple[str, str]] = ()
    reasons: Sequence[tuple[str, int]] = ()
    link: Link | None = None
    after: Sequence[str] = ()
    key: str | None = None


def make_message(letter: MailMessage, *, sender: str, message_id: str, now: datetime) -> EmailMessage:
    """Return the message, as text and as simple HTML."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = parse_address(address, name)
    message["To"] = parse_address(letter.to)
    message["Subject"] = check_subject(letter.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    # So that no robot answers, and no mailing list either.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(render("letter.txt", letter))
    message.add_alternative(render("letter.html", letter), subtype="html")
    return message


def make_message_id(sender: str, key: str | None = None) -> str:
    """Return the name by which mailboxes know a message that is sent twice; the same key gives the same name."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    return make_msgid(domain=domain) if key is None else f"<{sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def parse_address(text: str, name: str = "") -> Address:
    """Return the one address that the text is; refuse lists, line ends and everything else."""
    try:
        if not text.isprintable():
            raise ValueError("control characters")
        address = Address(name, addr_spec=text)
    # The last three are faults of the library: its parser fails over some texts instead of refusing them.
    except (ValueError, MessageError, IndexError, AttributeError, UnboundLocalError):
        raise MailInvalidError(f"{text[:100]!r} is not a valid mail address. Write name@example.com.") from None
    if not (address.username and address.domain):
        raise MailInvalidError(f"{text[:100]!r} is not a valid mail address. Write name@example.com.")
    return address


def check_subject(text: str) -> str:
    """Return the subject in one line of printable characters; anything else could become a header."""
    if not text or not text.isprintable() or len(text) > LONGEST_SUBJECT:
        raise MailInvalidError(f"The subject of a mail is one line of 1 to {LONGEST_SUBJECT} printable characters.")
    return text


@cache
def environment() -> Environment:
    """Return the templates; in HTML everything is escaped."""
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, letter: MailMessage) -> str:
    """Return the letter in one of its two forms."""
    return environment().get_template(template).render(letter=letter)
