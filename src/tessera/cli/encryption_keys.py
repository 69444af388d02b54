"""`tessera encryption-key`: saved keys for SFTP login and OpenPGP."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tessera.cli.arguments import ask_secret, read_file
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_list
from tessera.connectors import keys as connector_keys

if TYPE_CHECKING:
    from tessera.connectors.keys import EncryptionKey

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Internal name of the key, as `tessera encryption-key list` shows it.")]

KEY = {
    "Name": lambda key: key.internal_name,
    "Label": lambda key: key.label,
    "Type": lambda key: key.type.label,
    "Algorithm": lambda key: key.algorithm,
    "Fingerprint": lambda key: key.fingerprint,
    "Expires": lambda key: key.expires_at,
    "Used by": lambda key: key.used_by,
}
MORE = {
    "Passphrase": lambda key: "set" if key.has_passphrase else "none",
    "Material set": lambda key: key.material_set_at,
    "Version": lambda key: key.version,
    "Id": lambda key: key.id,
}


@app.command("list")
def list_keys(chain: ChainOption = None, as_json: AsJson = False) -> None:
    """List encryption keys, without their material."""

    async def work(context: CommandContext) -> Sequence[EncryptionKey]:
        async with context.session() as session:
            owner = None if chain is None else await find_chain(session, context.actor, chain)
            page = await connector_keys.list_encryption_keys(session, context.actor, chain_id=owner, size=1000)
            return page.items

    empty = "No encryption key yet. Make one: tessera encryption-key create LABEL --file KEYFILE"
    show_list(run_command(work), KEY, as_json=as_json, empty=empty)


@app.command("show")
def show_key(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Show one key: what it is, not what is in it."""

    async def work(context: CommandContext) -> EncryptionKey:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await connector_keys.get_encryption_key(session, context.actor, owner, name)

    show_item(run_command(work), KEY | MORE, as_json=as_json)


@app.command("create")
def create_key(
    label: str,
    file: Annotated[Path, typer.Option("--file", help="File of the key.")],
    kind: Annotated[
        str, typer.Option("--type", help="rsa_private_key, pgp_public_key or pgp_private_key.")
    ] = connector_keys.KeyType.RSA_PRIVATE_KEY.value,
    passphrase_file: Annotated[
        str | None, typer.Option("--passphrase-file", help="File with the key's passphrase; - asks for it.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Internal name; made from the label without it.")] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Save a key, such as "Harbour login" --file id_rsa --passphrase-file -"""
    new = connector_keys.NewEncryptionKey(kind, label, read_file(file), read_passphrase(passphrase_file), name)

    async def work(context: CommandContext) -> EncryptionKey:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await connector_keys.create_encryption_key(
                session, context.actor, chain_id=owner, new=new, keys=context.resources.keys
            )

    show_item(run_command(work), KEY | MORE, as_json=as_json)


@app.command("delete")
def delete_key(name: Name, chain: ChainOption = None) -> None:
    """Delete a key that no profile refers to."""

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            await connector_keys.delete_encryption_key(session, context.actor, owner, name)

    run_command(work)
    typer.echo(f"Deleted the encryption key {name}.")


def read_passphrase(source: str | None) -> str | None:
    """Return the passphrase from a file, a prompt or a pipe; never from the command line."""
    if source is None:
        return None
    return ask_secret("Passphrase") if source == "-" else read_file(Path(source)).rstrip("\r\n")
