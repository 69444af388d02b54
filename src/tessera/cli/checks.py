"""`tessera check`: whether the facts agree with each other."""

from typing import Annotated

import typer

FAULTY = 1

# Not the one of `cli.output`, which loads libraries that help does not need.
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


def check(as_json: AsJson = False) -> None:
    """Check that balances, lots, tiers and primary memberships agree; exit code 1 when they do not."""
    from tessera import loyalty
    from tessera.cli.context import CommandContext, run_command
    from tessera.cli.output import show_json

    async def work(context: CommandContext) -> list[loyalty.Fault]:
        async with context.session() as session:
            return await loyalty.list_faults(session, context.actor)

    faults = run_command(work)
    if as_json:
        show_json(faults)
    elif not faults:
        typer.echo("All is well: balances, lots, tiers and primary memberships agree.")
    for fault in faults if not as_json else ():
        typer.echo(f"Chain {fault.chain_id}: {fault.message}")
        for each in fault.ids:
            typer.echo(f"  {each}")
        if fault.count > len(fault.ids):
            typer.echo(f"  and {fault.count - len(fault.ids)} more")
    if faults:
        raise typer.Exit(FAULTY)
