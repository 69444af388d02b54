"""`tessera secrets`: the key ring that seals secrets."""

import typer

from tessera import connectors, inbound, notifications, outbound
from tessera.access import factors as access_factors
from tessera.cli.context import CommandContext, run_command
from tessera.connectors import keys as connector_keys

app = typer.Typer(no_args_is_help=True)


@app.command("rotate")
def rotate() -> None:
    """Add a new key, which seals from now on. Older keys stay, to open what they sealed."""
    from tessera.platform.secrets import rotate_keys
    from tessera.platform.settings import load_settings

    settings = load_settings()
    ring = rotate_keys(settings.keys_file)
    typer.echo(f"Added key {ring.keys[-1].id} to {settings.keys_file}, which now holds {len(ring.keys)}.")
    typer.echo("Start web processes and workers again, so that they use it; then run `tessera secrets reseal`.")
    typer.echo("Keep a copy of the file, apart from the database's backups.")


@app.command("reseal")
def reseal() -> None:
    """Seal every stored secret with the newest key. Restart all processes before: they must know that key."""

    async def work(context: CommandContext) -> tuple[int, int, int, int, int, int]:
        keys = context.resources.keys
        async with context.session() as session:
            return (
                await connectors.reseal_secrets(session, keys),
                await outbound.reseal_templates(session, keys),
                await connector_keys.reseal_encryption_keys(session, keys),
                await notifications.reseal_secrets(session, keys),
                await inbound.reseal_messages(session, keys),
                await access_factors.reseal_factors(session, keys),
            )

    profiles, templates, encryption_keys, subscriptions, messages, factors = run_command(work)
    typer.echo(f"Sealed the secrets of {profiles:,} connection {'profile' if profiles == 1 else 'profiles'} again.")
    if templates:
        shown = "template" if templates == 1 else "templates"
        typer.echo(f"Sealed the secret headers of {templates:,} {shown} again.")
    if encryption_keys:
        typer.echo(f"Sealed {encryption_keys:,} encryption {'key' if encryption_keys == 1 else 'keys'} again.")
    if subscriptions:
        shown = "subscription" if subscriptions == 1 else "subscriptions"
        typer.echo(f"Sealed the secrets of {subscriptions:,} webhook {shown} again.")
    if messages:
        typer.echo(f"Sealed the bodies of {messages:,} inbound {'message' if messages == 1 else 'messages'} again.")
    if factors:
        typer.echo(f"Sealed {factors:,} second {'factor' if factors == 1 else 'factors'} again.")


@app.command("path")
def path() -> None:
    """Print where the key ring lies, and make it if it is not there yet."""
    from tessera.platform.secrets import load_keys
    from tessera.platform.settings import load_settings

    settings = load_settings()
    load_keys(settings.keys_file)
    typer.echo(str(settings.keys_file))
