"""`tessera mail`: what waits to be sent, and whether the mail server takes what we send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tessera.cli.arguments import require_id
from tessera.cli.context import CommandContext, leave_progress_out, run_command
from tessera.cli.output import AsJson, show_list
from tessera.platform import mail
from tessera.platform.mail import MailState
from tessera.platform.signals import run_until_interrupted

if TYPE_CHECKING:
    from tessera.platform.mail import KeptMail

app = typer.Typer(no_args_is_help=True)


MAIL = {
    "Id": lambda m: m.id,
    "Since": lambda m: m.created_at,
    "To": lambda m: m.recipient,
    "Subject": lambda m: m.subject,
    "State": lambda m: m.state,
    "Tries": lambda m: m.attempts,
    "Next": lambda m: m.due_at,
    "Error": lambda m: m.last_error,
}


@app.command("list")
def list_mails(
    state: Annotated[MailState | None, typer.Option(help="Only mails in this state.")] = None,
    after: Annotated[
        UUID | None, typer.Option(parser=require_id, metavar="ID", help="Id of a mail: only those before it.")
    ] = None,
    size: Annotated[int, typer.Option("--size", help="Lines at most.", min=1, max=1000)] = 20,
    as_json: AsJson = False,
) -> None:
    """List mails of the outbox, newest first; links that grant access are masked."""

    async def work(context: CommandContext) -> Sequence[KeptMail]:
        keys = context.resources.keys
        async with context.session() as session:
            return await mail.list_mails(session, context.actor, keys, state=state, after=after, count=size)

    show_list(run_command(work), MAIL, as_json=as_json, empty="No mail.")


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
