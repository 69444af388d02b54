"""`tessera token`: what Connector API clients sign in with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tessera.access import keys as access_keys
from tessera.cli.arguments import require_id
from tessera.cli.context import CommandContext, run_command
from tessera.cli.output import AsJson, show_item, show_json, show_list

if TYPE_CHECKING:
    from tessera.access.keys import MadeToken

app = typer.Typer(no_args_is_help=True)

MADE = {"Id": lambda t: t.id, "Label": lambda t: t.label, "Token": lambda t: t.text}
TOKEN = {
    "Id": lambda t: t.id,
    "Kind": lambda t: "client" if t.client_token_id is None else "portfolio" if t.portfolio else "access",
    "Label": lambda t: t.label,
    "Enterprises": lambda t: len(t.enterprise_ids),
    "Permissions": lambda t: t.permissions,
    "Strict": lambda t: t.strict,
    "Enabled": lambda t: t.enabled,
    "Created": lambda t: t.created_at,
    "Expires": lambda t: t.expires_at,
    "Revoked": lambda t: t.revoked_at,
}
SHOWN_ONCE = "The token is shown this once. Keep it where the client can read it."


def show_made(made: MadeToken, *, as_json: bool) -> None:
    """Print a credential just made."""
    if as_json:
        show_json({"id": made.id, "label": made.label, "token": made.text})
        return
    show_item(made, MADE, as_json=False)
    typer.echo(SHOWN_ONCE)


@app.command("create-client")
def create_client_token(
    label: Annotated[str, typer.Argument(help="Name of the application that will use it.")], as_json: AsJson = False
) -> None:
    """Create a client token: one for each application."""

    async def work(context: CommandContext) -> MadeToken:
        async with context.session() as session:
            return (
                await access_keys.create_client_tokens(
                    session, context.actor, context.resources.keys, [label], now=context.now()
                )
            )[0]

    show_made(run_command(work), as_json=as_json)


@app.command("create-access")
def create_access_token(
    label: Annotated[str, typer.Argument(help="Name of the connection, such as the property and the application.")],
    client: Annotated[UUID, typer.Option(parser=require_id, metavar="ID", help="Id of the client token it goes with.")],
    enterprise: Annotated[
        list[UUID],
        typer.Option(parser=require_id, metavar="ID", help="Id of an enterprise it reaches; several with --portfolio."),
    ],
    portfolio: Annotated[bool, typer.Option("--portfolio", help="Reach several enterprises.")] = False,
    permission: Annotated[
        list[str] | None,
        typer.Option(help="A permission such as members:read, several times; without any: members and programs."),
    ] = None,
    expires: Annotated[
        int | None, typer.Option(help="Days until it expires; without: never.", min=1, max=36500)
    ] = None,
    strict: Annotated[
        bool | None,
        typer.Option("--strict/--lenient", help="How its requests are read; without: TESSERA_CONNECTOR_STRICT."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create an access token: one for each connection of an application to an enterprise."""

    async def work(context: CommandContext) -> MadeToken:
        new = access_keys.NewAccessToken(
            client_token_id=client,
            label=label,
            enterprise_ids=enterprise,
            portfolio=portfolio,
            permissions=permission or access_keys.CONNECTOR_PERMISSIONS,
            expires_at=None if expires is None else context.now() + timedelta(days=expires),
            strict=strict,
        )
        async with context.session() as session:
            return (
                await access_keys.create_access_tokens(
                    session, context.actor, context.resources.keys, [new], now=context.now()
                )
            )[0]

    show_made(run_command(work), as_json=as_json)


@app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """List client tokens and access tokens, without the tokens themselves."""

    async def work(context: CommandContext) -> Sequence[object]:
        async with context.session() as session:
            return await access_keys.list_tokens(session, context.actor)

    empty = "No token yet. Make one: tessera token create-client LABEL"
    show_list(run_command(work), TOKEN, as_json=as_json, empty=empty)


TokenId = Annotated[
    UUID, typer.Argument(metavar="TOKEN", parser=require_id, help="Id of the token, as `tessera token list` shows it.")
]


@app.command("disable")
def disable_token(token: TokenId) -> None:
    """Switch a token off; with a client token go all its access tokens."""
    switch_token(token, enabled=False)
    typer.echo("Disabled. `tessera token enable` enables it again.")


@app.command("enable")
def enable_token(token: TokenId) -> None:
    """Switch a token on again."""
    switch_token(token, enabled=True)
    typer.echo("Enabled.")


def switch_token(token: UUID, *, enabled: bool) -> None:
    """Switch a token on or off."""

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            await access_keys.enable_token(session, context.actor, token, enabled=enabled)

    run_command(work)


@app.command("revoke")
def revoke_token(token: TokenId) -> None:
    """Revoke a token permanently; with a client token go all its access tokens."""

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            await access_keys.revoke_token(session, context.actor, token, now=context.now())

    run_command(work)
    typer.echo("Revoked. Calls with this token are refused from now on.")
