"""`tessera api-key`: what opens the management API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tessera.access import keys as access_keys
from tessera.access import roles as access_roles
from tessera.cli.arguments import require_id
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, show_item, show_json, show_list

if TYPE_CHECKING:
    from tessera.access.keys import ApiKey, MadeApiKey

app = typer.Typer(no_args_is_help=True)

KEY = {
    "Id": lambda k: k.id,
    "Label": lambda k: k.label,
    "Begins": lambda k: k.hint,
    "Chains": lambda k: "all" if k.chains is None else len(k.chains),
    "Roles": lambda k: [role.label for role in k.roles],
    "Permissions": lambda k: "all" if k.permissions is None else sorted(k.permissions),
    "Enabled": lambda k: k.enabled,
    "Expires": lambda k: k.expires_at,
    "Revoked": lambda k: k.revoked_at,
    "Used": lambda k: k.used_at,
}
MADE = {"Id": lambda m: m.key.id, "Label": lambda m: m.key.label, "Key": lambda m: m.text}
SHOWN_ONCE = "The key is shown this once. Keep it where the program can read it."


@app.command("create")
def create_key(
    label: Annotated[str, typer.Argument(help="Name of the program that will use it.")],
    chain: Annotated[
        list[str] | None, typer.Option(help="Name or id of a chain it sees, several times; without any: all.")
    ] = None,
    permission: Annotated[
        list[str] | None,
        typer.Option(help="A permission such as members:read, several times, beside the roles; one of both is needed."),
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="Internal name or id of a role it is bound to, several times.")
    ] = None,
    expires: Annotated[int | None, typer.Option(metavar="DAYS", min=1, max=36500, help="Days until it ends.")] = None,
    as_json: AsJson = False,
) -> None:
    """Create an API key: one for each program."""

    async def work(context: CommandContext) -> MadeApiKey:
        async with context.session() as session:
            chains = [await find_chain(session, context.actor, text) for text in chain or ()]
            roles = [await access_roles.find_role(session, context.actor, text) for text in role or ()]
            new = access_keys.NewApiKey(
                label=label,
                chains=frozenset(chains) if chain else None,
                permissions=frozenset(permission) if permission else None,
                expires_at=None if expires is None else context.now() + timedelta(days=expires),
                roles=frozenset(found.id for found in roles),
            )
            return (
                await access_keys.create_api_keys(
                    session, context.actor, context.resources.keys, [new], now=context.now()
                )
            )[0]

    made = run_command(work)
    if as_json:
        show_json({"id": made.key.id, "label": made.key.label, "key": made.text})
        return
    show_item(made, MADE, as_json=False)
    typer.echo(SHOWN_ONCE)


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List the API keys, without the keys themselves."""

    async def work(context: CommandContext) -> Sequence[ApiKey]:
        async with context.session() as session:
            return await access_keys.list_api_keys(session, context.actor)

    show_list(
        run_command(work),
        KEY,
        as_json=as_json,
        empty="No API key yet. Make one: tessera api-key create LABEL --role ROLE",
    )


KeyId = Annotated[
    UUID, typer.Argument(metavar="KEY", parser=require_id, help="Id of the key, as `tessera api-key list` shows it.")
]


@app.command("disable")
def disable_key(key: KeyId) -> None:
    """Switch a key off."""
    switch_key(key, enabled=False)
    typer.echo("Disabled. `tessera api-key enable` enables it again.")


@app.command("enable")
def enable_key(key: KeyId) -> None:
    """Switch a key on again."""
    switch_key(key, enabled=True)
    typer.echo("Enabled.")


def switch_key(key: UUID, *, enabled: bool) -> None:
    """Switch a key on or off."""

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            await access_keys.enable_api_key(session, context.actor, key, enabled=enabled)

    run_command(work)


@app.command("revoke")
def revoke_key(key: KeyId) -> None:
    """Revoke a key permanently."""

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            await access_keys.revoke_api_key(session, context.actor, key, now=context.now())

    run_command(work)
    typer.echo("Revoked. Requests with this key are refused from now on.")
