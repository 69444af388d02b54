"""`tessera user`: the people who sign in to the pages."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tessera.cli.desk import Desk, at_desk
from tessera.cli.printing import AsJson, show_item, show_json, show_list
from tessera.platform.auth import (
    NewUser,
    User,
    UserNotFoundError,
    change_password,
    create_users,
    find_user_by_email,
    list_users,
    make_password,
)

app = typer.Typer(no_args_is_help=True)

USER = {
    "Id": lambda u: u.id,
    "E-mail": lambda u: u.email,
    "Name": lambda u: u.name,
    "Permissions": lambda u: "all" if u.permissions is None else sorted(u.permissions),
    "Enabled": lambda u: u.enabled,
    "Last seen": lambda u: u.last_seen_at,
}

PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", help="File with the password, - for standard input; without it one is drawn."),
]


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the users."""

    async def work(desk: Desk) -> Sequence[User]:
        async with desk.session() as session:
            return await list_users(session, desk.actor)

    show_list(at_desk(work), USER, as_json=as_json, empty="No user yet. Make one: tessera user create E-MAIL")


@app.command("create")
def create_user(
    email: Annotated[str, typer.Argument(help="Address to sign in with.")],
    name: Annotated[str | None, typer.Option(help="Name to show; without it the address.")] = None,
    permission: Annotated[
        list[str] | None, typer.Option(help="A permission such as exports:read, several times; without any: all.")
    ] = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Create a user who may sign in to the pages."""
    given = read_password(password_file)
    password = given or make_password()
    granted = frozenset(permission) if permission else None

    async def work(desk: Desk) -> User:
        new = NewUser(email, name or email, password, permissions=granted)
        async with desk.session() as session:
            return (await create_users(session, desk.actor, [new]))[0]

    user = at_desk(work)
    told = None if given else password
    if as_json:
        show_json({"id": user.id, "email": user.email, "name": user.name, "password": told})
        return
    show_item(user, USER, as_json=False)
    if told:
        typer.echo(f"Password: {told}\nIt is shown this once.")


@app.command("password")
def set_password(email: str, password_file: PasswordFile = None) -> None:
    """Give a user a new password, and end every session of theirs."""
    password = read_password(password_file)
    drawn = password is None
    password = password or make_password()

    async def work(desk: Desk) -> None:
        async with desk.session() as session:
            user = await find_user_by_email(session, desk.actor, email)
            if user is None:
                raise UserNotFoundError(f"There is no user {email}. `tessera user list` shows all.")
            await change_password(session, desk.actor, user_id=user.id, password=password, now=desk.now())

    at_desk(work)
    typer.echo(f"New password: {password}" if drawn else "The password was changed.")


def read_password(path: Path | None) -> str | None:
    """Return the password from the file or standard input; None where none was given."""
    if path is None:
        return None
    text = typer.get_text_stream("stdin").read() if str(path) == "-" else path.read_text(encoding="utf-8")
    return text.strip()
