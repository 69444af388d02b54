"""`tessera profile`: how to reach outside systems."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tessera import connectors
from tessera.cli.arguments import ask_secret, read_file
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_list

if TYPE_CHECKING:
    from tessera.connectors import Profile
    from tessera.connectors.contract import ProbeResult

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Internal name of the profile, as `tessera profile list` shows it.")]
Setting = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A property of the profile; several times.")
]
SecretSetting = Annotated[
    list[str] | None,
    typer.Option("--secret", metavar="KEY=FILE", help="A secret property, read from a file; - asks for it."),
]

PROFILE = {
    "Name": lambda p: p.internal_name,
    "Label": lambda p: p.label,
    "Type": lambda p: p.type,
    "Variant": lambda p: p.variant,
    "State": lambda p: p.state,
    "Enabled": lambda p: p.enabled,
    "Templates": lambda p: p.used_by,
}

STEP = {"Step": lambda s: s.title, "Passed": lambda s: s.passed, "Found": lambda s: s.message}


@app.command("list")
def list_profiles(as_json: AsJson = False) -> None:
    """List connection profiles."""

    async def work(context: CommandContext) -> Sequence[Profile]:
        async with context.session() as session:
            return (await connectors.list_profiles(session, context.actor, size=1000)).items

    empty = "No profile yet. Make one: tessera profile create LABEL --set base_url=https://…"
    show_list(run_command(work), PROFILE, as_json=as_json, empty=empty)


@app.command("show")
def show_profile(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Show one profile: its properties, and which secrets are set."""

    async def work(context: CommandContext) -> Profile:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await connectors.get_profile(session, context.actor, owner, name)

    show_whole(run_command(work), as_json=as_json)


@app.command("create")
def create_profile(
    label: str,
    variant: Annotated[str, typer.Option(help="How to authenticate: none, basic, bearer or oauth2.")] = "none",
    kind: Annotated[str, typer.Option("--type", help="Type of connector.")] = "http_api",
    setting: Setting = None,
    secret: SecretSetting = None,
    name: Annotated[str | None, typer.Option(help="Internal name; made from the label without it.")] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Save how to reach a system, such as --variant bearer --set base_url=https://… --secret token=-"""
    new = connectors.NewProfile(kind, variant, label, internal_name=name, settings=read_settings(setting, secret))

    async def work(context: CommandContext) -> Profile:
        keys, policy = context.resources.keys, connectors.address_policy(context.resources.settings)
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await connectors.create_profile(
                session, context.actor, chain_id=owner, new=new, keys=keys, policy=policy
            )

    show_whole(run_command(work), as_json=as_json)


@app.command("update")
def update_profile(
    name: Name,
    setting: Setting = None,
    secret: SecretSetting = None,
    label: Annotated[str | None, typer.Option(help="New label.")] = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="Switch the profile on or off.")] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Change a profile; what is not given stays."""
    change = connectors.ProfileChange(label=label, settings=read_settings(setting, secret), enabled=enabled)

    async def work(context: CommandContext) -> Profile:
        keys, policy = context.resources.keys, connectors.address_policy(context.resources.settings)
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            profile = await connectors.get_profile(session, context.actor, owner, name)
            return await connectors.update_profile(session, context.actor, profile, change, keys=keys, policy=policy)

    show_whole(run_command(work), as_json=as_json)


@app.command("copy")
def copy_profile(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Copy a profile, secrets included, under the next free label and name."""

    async def work(context: CommandContext) -> Profile:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await connectors.copy_profile(session, context.actor, owner, name, keys=context.resources.keys)

    show_whole(run_command(work), as_json=as_json)


@app.command("delete")
def delete_profile(name: Name, chain: ChainOption = None) -> None:
    """Delete a profile that nothing uses."""

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            await connectors.delete_profile(session, context.actor, owner, name)

    run_command(work)
    typer.echo(f"The profile {name} is deleted.")


@app.command("test")
def try_profile(
    name: Name,
    option: Annotated[
        list[str] | None, typer.Option(help="A step that leaves a trace on the other side, where the type has some.")
    ] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Try whether a profile reaches its system, step by step. Ends with 1 where it does not."""

    async def work(context: CommandContext) -> ProbeResult:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
        return await connectors.test_profile(
            context.resources,
            context.application.client,
            context.actor,
            chain_id=owner,
            profile_id=name,
            options=option or (),
        )

    result = run_command(work)
    show_list(result.steps, STEP, as_json=as_json, empty="There was nothing to try.")
    if not result.passed:
        raise typer.Exit(1)


def show_whole(profile: Profile, *, as_json: bool) -> None:
    """Print a profile with its properties, of secrets that they are set."""
    settings = {key: lambda p, key=key: p.settings[key] for key in profile.settings}
    secrets = {key: lambda p, key=key: f"*** set {p.secrets[key]:%Y-%m-%d}" for key in profile.secrets}
    show_item(profile, PROFILE | settings | secrets, as_json=as_json)


def read_settings(setting: list[str] | None, secret: list[str] | None) -> dict[str, Any]:
    """Return the properties that were typed; secrets come from files or a prompt, never from the command line."""
    values: dict[str, Any] = dict(split_pair(text) for text in setting or ())
    for text in secret or ():
        key, source = split_pair(text)
        values[key] = (ask_secret(key) if source == "-" else read_file(Path(source))).strip()
    return values


def split_pair(text: str) -> tuple[str, str]:
    """Split `key=value`."""
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise typer.BadParameter(f"{text!r} is not a KEY=VALUE.")
    return key, value
