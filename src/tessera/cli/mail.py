"""`tessera mail`: whether the mail server takes what we send."""

from typing import Annotated

import typer

from tessera.cli.context import leave_progress_out
from tessera.platform import mail
from tessera.platform.signals import run_until_interrupted

app = typer.Typer(no_args_is_help=True)


@app.callback()
def hold_group() -> None:
    """Keep `test` a command of its own while it is the only one."""


@app.command("test")
def send_test(address: Annotated[str, typer.Argument(help="Where to send a message to.")]) -> None:
    """Send a test message now, and say what the mail server answers."""
    from tessera.platform.logging import configure_logging
    from tessera.platform.settings import load_settings

    settings = load_settings()
    configure_logging(leave_progress_out(settings))
    letter = mail.MailMessage(
        address,
        "Tessera can send mail",
        ("This is a test, sent from the command line. Nothing else needs to be done.",),
        facts=(("Mail server", f"{settings.mail_host}:{settings.mail_port}"), ("Protection", settings.mail_tls)),
    )
    run_until_interrupted(mail.send_letter(settings, letter))
    typer.echo(f"{settings.mail_host} accepted the message for {address}. Check that it arrives.")
