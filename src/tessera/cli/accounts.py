"""`tessera account`: what is done to a person's or company's account as a whole."""

from typing import Annotated
from uuid import UUID

import typer

from tessera import loyalty
from tessera.cli.desk import Desk, at_desk, require_id

app = typer.Typer(no_args_is_help=True)


@app.callback()
def accounts() -> None:
    """Keep this a group, whose only command is named."""


@app.command("clear")
def clear(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id of the account.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> None:
    """Clear names, addresses and everything else personal of an account; it cannot be taken back."""
    account_id = require_id(account)
    if not yes:
        typer.confirm(f"Clear all personal data of account {account_id}? It cannot be taken back", abort=True)

    async def work(desk: Desk) -> UUID:
        async with desk.session() as session:
            await loyalty.clear_account(session, desk.actor, account_id, now=desk.now())
        return account_id

    typer.echo(f"Cleared account {at_desk(work)}. Exports, events and the audit trail keep copies for their days.")
