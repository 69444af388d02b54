"""`tessera user`: the people who sign in to the pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from msgspec import UNSET

from tessera.access import factors as access_factors
from tessera.access import passwords as access_passwords
from tessera.access import roles as access_roles
from tessera.access import sign_in as access_sign_in
from tessera.access import users as access_users
from tessera.cli.arguments import read_file
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, show_item, show_json, show_list
from tessera.platform.errors import ConflictError

if TYPE_CHECKING:
    from tessera.access.users import User
    from tessera.platform.db import Session

app = typer.Typer(no_args_is_help=True)

USER = {
    "Id": lambda u: u.id,
    "E-mail": lambda u: u.email,
    "Name": lambda u: u.name,
    "Roles": lambda u: [role.label for role in u.roles],
    "Chains": lambda u: "all" if u.chains is None else len(u.chains),
    "Permissions": lambda u: "all" if u.permissions is None else sorted(u.permissions),
    "Enabled": lambda u: u.enabled,
    "Last seen": lambda u: u.last_seen_at,
}

Roles = Annotated[list[str] | None, typer.Option("--role", help="Internal name or id of a role, several times.")]
Chains = Annotated[
    list[str] | None, typer.Option("--chain", help="Name or id of a chain to see, several times; without any: all.")
]
Email = Annotated[str, typer.Argument(metavar="E-MAIL", help="Address that the user signs in with.")]


class ProviderMissingError(ConflictError):
    """There is no identity provider to link a user to."""

    code = "provider_missing"


PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", help="File with the password, - for standard input; without it one is drawn."),
]


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the users."""

    async def work(context: CommandContext) -> Sequence[User]:
        async with context.session() as session:
            return await access_users.list_users(session, context.actor)

    show_list(
        run_command(work), USER, as_json=as_json, empty="No user yet. Make one: tessera user create E-MAIL --role admin"
    )


@app.command("create")
def create_user(
    email: Annotated[str, typer.Argument(help="Address to sign in with.")],
    name: Annotated[str | None, typer.Option(help="Name to show; without it the address.")] = None,
    permission: Annotated[
        list[str] | None,
        typer.Option(help="A permission such as exports:read, several times, beside the roles; one of both is needed."),
    ] = None,
    role: Roles = None,
    chain: Chains = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Create a user who may sign in to the pages."""
    given = read_password(password_file)
    password = access_passwords.make_password() if given is None else given
    granted = frozenset(permission) if permission else None

    async def work(context: CommandContext) -> User:
        async with context.session() as session:
            new = access_users.NewUser(
                email,
                name or email,
                password,
                chains=await find_chains(session, context, chain),
                permissions=granted,
                roles=await find_role_ids(session, context, role),
            )
            return (await access_users.create_users(session, context.actor, [new]))[0]

    user = run_command(work)
    shown = password if given is None else None
    if as_json:
        show_json({"id": user.id, "email": user.email, "name": user.name, "password": shown})
        return
    if shown:
        typer.echo(f"Password: {shown}\nIt is shown this once.\n")
    show_item(user, USER, as_json=False)


@app.command("update")
def change_user(
    email: Email,
    name: Annotated[str | None, typer.Option(help="Name to show.")] = None,
    role: Roles = None,
    chain: Annotated[list[str] | None, typer.Option(help="Name or id of a chain to see, several times.")] = None,
    all_chains: Annotated[bool, typer.Option("--all-chains", help="Let the user see every chain.")] = False,
    permission: Annotated[
        list[str] | None, typer.Option(help="A permission to hold beside the roles, several times.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a user; roles, chains and permissions that are given replace those held."""

    async def work(context: CommandContext) -> User:
        async with context.session() as session:
            user = await get_by_email(session, context, email)
            change = access_users.UserChange(
                name=UNSET if name is None else name,
                roles=await find_role_ids(session, context, role) if role else UNSET,
                permissions=frozenset(permission) if permission else UNSET,
                chains=None if all_chains else await find_chains(session, context, chain) if chain else UNSET,
            )
            return await access_users.update_user(
                session, context.actor, user.id, change, version=None, now=context.now()
            )

    show_item(run_command(work), USER, as_json=as_json)


@app.command("disable")
def disable_user(email: Email) -> None:
    """Let a user sign in no more, and end every session of theirs."""
    switch_user(email, enabled=False)
    typer.echo("Disabled, and signed out everywhere. `tessera user enable` allows sign-in again.")


@app.command("enable")
def enable_user(email: Email) -> None:
    """Let a user sign in again."""
    switch_user(email, enabled=True)
    typer.echo("Enabled.")


def switch_user(email: str, *, enabled: bool) -> None:
    """Switch a user on or off."""

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            user = await get_by_email(session, context, email)
            change = access_users.UserChange(enabled=enabled)
            await access_users.update_user(session, context.actor, user.id, change, version=None, now=context.now())

    run_command(work)


@app.command("password")
def set_password(email: Email, password_file: PasswordFile = None) -> None:
    """Give a user a new password, and end every session of theirs."""
    given = read_password(password_file)
    password = access_passwords.make_password() if given is None else given

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            user = await get_by_email(session, context, email)
            await access_users.change_password(
                session, context.actor, user_id=user.id, password=password, now=context.now()
            )

    run_command(work)
    typer.echo(f"New password: {password}" if given is None else "The password was changed.")


@app.command("unlock")
def unlock(email: Email) -> None:
    """Let a user try again at once whose account is locked after failed sign-ins."""

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            user = await get_by_email(session, context, email)
            await access_sign_in.unlock_user(session, context.resources.keys, context.actor, user, now=context.now())

    run_command(work)
    typer.echo(f"{email} may sign in again.")


@app.command("reset-second-factor")
def reset_second_factor(email: Email) -> None:
    """Take the second factor away from a user who lost it; make sure first that it is them who ask."""

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            await access_factors.remove_factor(
                session, context.resources, context.actor, await get_by_email(session, context, email)
            )

    run_command(work)
    typer.echo(f"{email} signs in without a second factor until they set one up again.")


@app.command("link")
def link(
    email: Email,
    subject: Annotated[str, typer.Argument(help="What the identity provider calls the person: the claim `sub`.")],
) -> None:
    """Let a person of the identity provider sign in as this user."""

    async def work(context: CommandContext) -> None:
        issuer = context.resources.settings.oidc_issuer
        if issuer is None:
            raise ProviderMissingError("There is no identity provider. Set TESSERA_OIDC_ISSUER first.")
        async with context.session() as session:
            user = await get_by_email(session, context, email)
            await access_sign_in.link_identity(
                session, context.actor, user, access_sign_in.Identity(issuer, subject), now=context.now()
            )

    run_command(work)
    typer.echo(f"{email} may sign in through the identity provider.")


async def get_by_email(session: Session, context: CommandContext, email: str) -> User:
    """Return the user with this address, enabled or not."""
    user = await access_users.find_user_by_email(session, context.actor, email, enabled=False)
    if user is None:
        raise access_users.UserNotFoundError(f"There is no user {email}. `tessera user list` shows all.")
    return user


async def find_role_ids(session: Session, context: CommandContext, texts: Sequence[str] | None) -> frozenset[UUID]:
    """Return the ids of the roles that were named."""
    return frozenset([(await access_roles.find_role(session, context.actor, text)).id for text in texts or ()])


async def find_chains(session: Session, context: CommandContext, texts: Sequence[str] | None) -> frozenset[UUID] | None:
    """Return the ids of the chains that were named; None, which is every chain, without any."""
    return frozenset([await find_chain(session, context.actor, text) for text in texts]) if texts else None


def read_password(path: Path | None) -> str | None:
    """Return the password from the file or standard input; None where none was given."""
    return None if path is None else read_file(path).strip()
