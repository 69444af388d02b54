"""`tessera account`: the customers and companies that hold memberships."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from tessera import loyalty
from tessera.cli.arguments import require_id
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_list

if TYPE_CHECKING:
    from tessera.loyalty import AccountLine

app = typer.Typer(no_args_is_help=True)


class AccountKind(StrEnum):
    """What an account is of."""

    CUSTOMER = "customer"
    COMPANY = "company"


ACCOUNT = {
    "Id": lambda a: a.id,
    "Number": lambda a: a.number,
    "Kind": lambda a: a.kind,
    "Name": lambda a: a.name,
    "E-mail": lambda a: a.email,
    "Phone": lambda a: a.phone,
    "Memberships": lambda a: a.memberships,
}
DETAIL = ACCOUNT | {
    "Born": lambda a: a.birth_date,
    "Created": lambda a: a.created_at,
    "Changed": lambda a: a.updated_at,
}
AccountId = Annotated[
    UUID,
    typer.Argument(metavar="ACCOUNT", parser=require_id, help="Id of the account, as `tessera account list` shows it."),
]
FirstName = Annotated[str | None, typer.Option(help="First name.")]
Email = Annotated[str | None, typer.Option(help="E-mail address.")]
Phone = Annotated[str | None, typer.Option(help="Telephone number.")]


@app.command("list")
def list_accounts(
    search: Annotated[str, typer.Option("--search", help="Beginning of an e-mail address or a name; or an id.")] = "",
    kind: Annotated[AccountKind | None, typer.Option(help="Only accounts of this kind.")] = None,
    chain: ChainOption = None,
    number: Annotated[int, typer.Option("--page", help="Page of the list.", min=1)] = 1,
    size: Annotated[int, typer.Option("--size", help="Lines a page.", min=1, max=1000)] = 20,
    as_json: AsJson = False,
) -> None:
    """List accounts, newest first; with a search by name."""

    async def work(context: CommandContext) -> Sequence[AccountLine]:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            page = await loyalty.list_account_lines(
                session, context.actor, owner, text=search, kind=kind, number=number, size=size
            )
            return page.items

    empty = "No account found. Add one: tessera account add LAST-NAME"
    show_list(run_command(work), ACCOUNT, as_json=as_json, empty=empty)


@app.command("show")
def show_account(account: AccountId, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Show one account."""

    async def work(context: CommandContext) -> AccountLine:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await loyalty.get_account_line(session, context.actor, owner, account)

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("add")
def add_account(
    last_name: Annotated[str, typer.Argument(metavar="LAST-NAME", help="Last name of the customer.")],
    first_name: FirstName = None,
    email: Email = None,
    phone: Phone = None,
    external_id: Annotated[str | None, typer.Option(help="Id of the customer in another system.")] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Add a customer."""

    async def work(context: CommandContext) -> AccountLine:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            new = loyalty.NewCustomer(
                last_name=last_name, first_name=first_name, email=email, phone=phone, external_id=external_id
            )
            made = await loyalty.upsert_customer(session, context.actor, owner, new, overwrite=False, now=context.now())
            return await loyalty.get_account_line(session, context.actor, owner, made.id)

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("update")
def update_account(
    account: AccountId,
    last_name: Annotated[str | None, typer.Option(help="Last name of the customer.")] = None,
    first_name: FirstName = None,
    email: Email = None,
    phone: Phone = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Change a customer; what is not given stays."""

    async def work(context: CommandContext) -> AccountLine:
        given: dict[str, Any] = {"last_name": last_name, "first_name": first_name, "email": email, "phone": phone}
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            change = loyalty.CustomerChange(
                id=account, **{name: value for name, value in given.items() if value is not None}
            )
            await loyalty.update_accounts(session, context.actor, owner, [change], now=context.now())
            return await loyalty.get_account_line(session, context.actor, owner, account)

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("add-company")
def add_company(name: str, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Add a company."""

    async def work(context: CommandContext) -> AccountLine:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            new = loyalty.NewCompany(name=name)
            (made,) = await loyalty.create_companies(session, context.actor, owner, [new], now=context.now())
            return await loyalty.get_account_line(session, context.actor, owner, made.id)

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("delete-company")
def delete_company(account: AccountId, chain: ChainOption = None) -> None:
    """Delete a company that nothing needs any more. Customers are merged, never deleted."""

    async def work(context: CommandContext) -> AccountLine:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            found = await loyalty.get_account_line(session, context.actor, owner, account)
            await loyalty.delete_companies(session, context.actor, owner, [account], now=context.now())
            return found

    typer.echo(f"Deleted {run_command(work).name}.")


@app.command("clear")
def clear_account(
    account: AccountId, yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False
) -> None:
    """Clear names, addresses and everything else personal of an account; it cannot be taken back."""
    if not yes:
        typer.confirm(f"Clear all personal data of account {account}? It cannot be taken back", abort=True)

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            await loyalty.clear_account(session, context.actor, account, now=context.now())

    run_command(work)
    typer.echo(f"Cleared account {account}. Exports, events and the audit log keep copies until they are purged.")
