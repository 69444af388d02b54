"""`tessera role`: named sets of permissions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import UNSET

from tessera.access import roles as access_roles
from tessera.cli.context import CommandContext, run_command
from tessera.cli.output import AsJson, show_item, show_list

if TYPE_CHECKING:
    from tessera.access.roles import Role

app = typer.Typer(no_args_is_help=True)

ROLE = {
    "Id": lambda r: r.id,
    "Label": lambda r: r.label,
    "Name": lambda r: r.internal_name,
    "Permissions": lambda r: "all" if r.permissions is None else sorted(r.permissions),
    "Users": lambda r: r.users,
    "API keys": lambda r: r.api_keys,
    "Built in": lambda r: r.built_in,
}
ONE = {**ROLE, "Description": lambda r: r.description, "Changed": lambda r: r.updated_at, "By": lambda r: r.updated_by}

RoleName = Annotated[str, typer.Argument(metavar="ROLE", help="Internal name or id of the role.")]
Permission = Annotated[
    list[str] | None, typer.Option(help="A permission such as members:read, several times.", show_default=False)
]
Everything = Annotated[bool, typer.Option("--everything", help="Let its holders do everything.")]
Description = Annotated[str | None, typer.Option(help="What the role is for.")]


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the roles."""

    async def work(context: CommandContext) -> Sequence[Role]:
        async with context.session() as session:
            return await access_roles.list_roles(session, context.actor)

    show_list(run_command(work), ROLE, as_json=as_json)


@app.command("show")
def show_role(role: RoleName, as_json: AsJson = False) -> None:
    """Show one role."""

    async def work(context: CommandContext) -> Role:
        async with context.session() as session:
            return await access_roles.find_role(session, context.actor, role)

    show_item(run_command(work), ONE, as_json=as_json)


@app.command("create")
def create_role(
    label: Annotated[str, typer.Argument(help="What people call it.")],
    permission: Permission = None,
    everything: Everything = False,
    description: Description = None,
    internal_name: Annotated[str | None, typer.Option(help="Name for programs; without it one is made.")] = None,
    as_json: AsJson = False,
) -> None:
    """Create a role: the same for every chain."""

    async def work(context: CommandContext) -> Role:
        new = access_roles.NewRole(label, chosen(permission, everything=everything), description or "", internal_name)
        async with context.session() as session:
            return await access_roles.create_role(session, context.actor, new, now=context.now())

    show_item(run_command(work), ONE, as_json=as_json)


@app.command("update")
def update_role(
    role: RoleName,
    label: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    permission: Permission = None,
    everything: Everything = False,
    description: Description = None,
    as_json: AsJson = False,
) -> None:
    """Change a role; permissions that are given replace those it has. It takes effect at once for its holders."""

    async def work(context: CommandContext) -> Role:
        change = access_roles.RoleChange(
            label=UNSET if label is None else label,
            description=UNSET if description is None else description,
            permissions=chosen(permission, everything=everything) if permission or everything else UNSET,
        )
        async with context.session() as session:
            found = await access_roles.find_role(session, context.actor, role)
            return await access_roles.update_role(
                session, context.actor, found.id, change, version=None, now=context.now()
            )

    show_item(run_command(work), ONE, as_json=as_json)


@app.command("delete")
def delete_role(role: RoleName) -> None:
    """Delete a role that is not held."""

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            found = await access_roles.find_role(session, context.actor, role)
            await access_roles.delete_role(session, context.actor, found.id)

    run_command(work)
    typer.echo("Deleted.")


def chosen(permissions: Sequence[str] | None, *, everything: bool) -> frozenset[str] | None:
    """Return the permissions that were asked for; None is everything."""
    return None if everything else frozenset(permissions or ())
