"""Mail over real SMTP: what arrives, how the way is protected, and what a refusal means."""

import ssl
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from tests.builders.certificates import issue
from tests.builders.mailboxes import run_mailbox

from tessera.platform.mail import (
    Link,
    MailInvalidError,
    MailMessage,
    MailOffError,
    MailRefusedError,
    MailUnavailableError,
    send_letter,
)
from tessera.platform.mail.smtp import translate
from tessera.platform.settings import SettingsError, load_settings

LETTER = MailMessage(
    "ada@example.com",
    "Grüße & <b>more</b>",
    ("First <script>alert(1)</script> & line.",),
    facts=(("When", "now"),),
    link=Link("Open", "https://tessera.example/x?a=1&b=2"),
    after=("Last line.",),
)


async def test_letter_arrives_as_text_and_html() -> None:
    async with run_mailbox() as mailbox:
        await send_letter(load_settings({}, **mailbox.settings()), LETTER)
    (message,) = mailbox.received
    assert (message["To"], message["Subject"]) == ("ada@example.com", "Grüße & <b>more</b>")
    assert message["From"] == "Tessera <tessera@example.com>"
    assert message["Message-ID"].endswith("@example.com>")
    assert message["Auto-Submitted"] == "auto-generated"
    text = mailbox.text()
    assert text.startswith("First <script>alert(1)</script> & line.\n")
    assert "When: now\n" in text
    assert mailbox.link() == "https://tessera.example/x?a=1&b=2"
    html_part = message.get_body(("html",))
    assert html_part is not None
    html = html_part.get_content()
    assert "First &lt;script&gt;alert(1)&lt;/script&gt; &amp; line." in html
    assert 'href="https://tessera.example/x?a=1&amp;b=2"' in html


HOSTILE = [
    "a@b\r\nBcc: eve@example.com",
    "a@b\nX: y",
    "a@b.c, eve@example.com",
    "<a@b.c> x",
    "",
    "nobody",
    "a@",
    "@b",
    "a\x00@b",
    "a@[<",
    "1 \xe9@[ ",
]


@pytest.mark.parametrize("address", HOSTILE)
async def test_address_becomes_no_header(address: str) -> None:
    async with run_mailbox() as mailbox:
        settings = load_settings({}, **mailbox.settings())
        with pytest.raises(MailInvalidError):
            await send_letter(settings, MailMessage(address, "x", ("y",)))
    assert mailbox.tries == 0


@pytest.mark.parametrize("subject", ["x\r\nBcc: eve@example.com", "x\ny", "", "x" * 201, "\x00"])
async def test_subject_becomes_no_header(subject: str) -> None:
    async with run_mailbox() as mailbox:
        settings = load_settings({}, **mailbox.settings())
        with pytest.raises(MailInvalidError):
            await send_letter(settings, MailMessage("a@example.com", subject, ("y",)))
    assert mailbox.tries == 0


@pytest.mark.parametrize("starttls", [True, False])
async def test_way_is_encrypted_and_checked(tmp_path: Path, starttls: bool) -> None:
    authority = issue("authority", authority=True)
    context = issue("mail.test", by=authority).server_context(tmp_path)
    file = tmp_path / "authority.pem"
    file.write_bytes(authority.pem())
    async with run_mailbox(context=context, starttls=starttls) as mailbox:
        given = mailbox.settings(mail_tls="starttls" if starttls else "tls")
        with pytest.raises(
            MailUnavailableError, match=r"cannot be trusted: [a-z -]+\. Check.*TESSERA_OUTBOUND_CA_FILE"
        ):
            await send_letter(load_settings({}, **given), LETTER)
        await send_letter(load_settings({}, **given, outbound_ca_file=file), LETTER)
    assert len(mailbox.received) == 1


async def test_plain_way_is_refused_where_starttls_is_asked(tmp_path: Path) -> None:
    async with run_mailbox() as mailbox:
        with pytest.raises(MailUnavailableError):
            await send_letter(load_settings({}, **mailbox.settings(mail_tls="starttls")), LETTER)
    assert mailbox.tries == 0


@pytest.mark.filterwarnings("ignore:Session.login_data")
async def test_login_is_given_and_its_failure_told() -> None:
    async with run_mailbox(password=b"a mail password") as mailbox:
        given = mailbox.settings(mail_user="tessera")
        await send_letter(load_settings({}, **given, mail_password="a mail password"), LETTER)
        with pytest.raises(MailUnavailableError, match="refuses the sign-in") as caught:
            await send_letter(load_settings({}, **given, mail_password="another-secret"), LETTER)
    assert mailbox.logins[0] == (b"tessera", b"a mail password")
    assert "another-secret" not in str(caught.value)
    assert len(mailbox.received) == 1


@pytest.mark.parametrize(("answer", "kind"), [("554 no", MailRefusedError), ("451 later", MailUnavailableError)])
async def test_answer_tells_whether_to_try_again(answer: str, kind: type[Exception]) -> None:
    async with run_mailbox() as mailbox:
        settings = load_settings({}, **mailbox.settings())
        mailbox.answer = lambda: answer
        with pytest.raises(kind):
            await send_letter(settings, LETTER)
        mailbox.answer, mailbox.recipient = (lambda: "250 ok"), (lambda _: answer)
        with pytest.raises(kind, match=r"answer [45]") as caught:
            await send_letter(settings, LETTER)
    assert "ada@" not in str(caught.value)


async def test_absent_server_may_come_back() -> None:
    async with run_mailbox() as mailbox:
        settings = load_settings({}, **mailbox.settings())
    with pytest.raises(MailUnavailableError, match="cannot be reached"):
        await send_letter(settings, LETTER)


async def test_deployment_without_mail_says_so() -> None:
    with pytest.raises(MailOffError, match="TESSERA_MAIL_HOST"):
        await send_letter(load_settings({}), LETTER)


def test_every_failure_of_the_library_has_a_translation() -> None:
    made: dict[str, Any] = {
        "SMTPRecipientsRefused": lambda kind: kind([aiosmtplib.SMTPRecipientRefused(550, "no", "a@b")]),
        "SMTPSenderRefused": lambda kind: kind(550, "no", "a@b"),
        "SMTPRecipientRefused": lambda kind: kind(550, "no", "a@b"),
    }
    kinds = [kind for kind in vars(aiosmtplib).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) > 10
    for kind in kinds:
        coded = issubclass(kind, aiosmtplib.SMTPResponseException)
        error = made.get(kind.__name__, lambda kind, c=coded: kind(550, "no") if c else kind("no"))(kind)
        assert isinstance(translate(error, load_settings({})), MailRefusedError | MailUnavailableError), kind
    assert isinstance(translate(ssl.SSLError("x"), load_settings({})), MailUnavailableError)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"TESSERA_MAIL_HOST": "mail"}, "TESSERA_MAIL_FROM"),
        ({"TESSERA_MAIL_FROM": "a@b\nBcc: c@d"}, "TESSERA_MAIL_FROM"),
        ({"TESSERA_MAIL_TLS": "ssl"}, "TESSERA_MAIL_TLS"),
        ({"TESSERA_MAIL_PORT": "0"}, "TESSERA_MAIL_PORT"),
    ],
)
def test_half_a_setting_stops_the_start(given: dict[str, str], fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=fault):
        load_settings()
