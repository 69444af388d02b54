"""`tessera secrets`: the key ring that seals secrets."""

import typer

from tessera.cli.context import CommandContext, run_command

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
    from tessera.platform.lazy_imports import load_place
    from tessera.platform.resealing import Resealing
    from tessera.wiring import RESEALINGS

    resealings: list[Resealing] = [load_place(place) for place in RESEALINGS]

    async def work(context: CommandContext) -> list[int]:
        async with context.session() as session:
            return [await each.reseal(session, context.resources.keys) for each in resealings]

    counts = run_command(work)
    for resealing, count in zip(resealings, counts, strict=True):
        if count:
            typer.echo(f"Sealed {resealing.describe(count)} again.")
    if not any(counts):
        typer.echo("Every stored secret is sealed with the newest key already.")


@app.command("path")
def path() -> None:
    """Print where the key ring lies, and make it if it is not there yet."""
    from tessera.platform.secrets import load_keys
    from tessera.platform.settings import load_settings

    settings = load_settings()
    load_keys(settings.keys_file)
    typer.echo(str(settings.keys_file))
