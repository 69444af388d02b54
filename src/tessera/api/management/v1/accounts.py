"""Accounts: the customers and companies that hold memberships."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, convert, structs

from tessera import loyalty
from tessera.access import chains as access_chains
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.chains import Address, NewAddress
from tessera.api.management.v1.pages import NumberedListing, SearchQuery, number_page
from tessera.api.management.v1.problems import Fault, RefusedError
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment, Text, Version
from tessera.api.management.v1.shapes import show_as

Kind = Literal["customer", "company"]
Title = Literal["Mister", "Miss", "Misses"]
Sex = Literal["Male", "Female"]
Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254, examples=["ada@example.com"])]
Code = Annotated[str, Meta(min_length=1, max_length=50)]
Notes = Annotated[str, Meta(min_length=1, max_length=2000)]


class AccountQuery(SearchQuery, frozen=True):
    """Which accounts to list."""

    q: Annotated[
        str,
        Meta(max_length=255, description="Those whose number, e-mail address or name begins so; they come by name."),
    ] = ""
    chain_id: Annotated[UUID | None, Meta(description="Their chain; a key that sees several has to name one.")] = None
    kind: Annotated[Kind | None, Meta(description="Customers or companies only.")] = None


class NewAccount(Asked, frozen=True):
    """A customer to make."""

    chain_id: UUID
    last_name: Text
    first_name: Text | None = None
    second_last_name: Text | None = None
    title: Title | None = None
    sex: Sex | None = None
    email: Email | None = None
    phone: Text | None = None
    birth_date: date | None = None
    nationality_code: Code | None = None
    preferred_language_code: Code | None = None
    loyalty_code: Code | None = None
    external_id: Text | None = None
    company_id: Annotated[UUID | None, Meta(description="Company of the chain that the customer belongs to.")] = None
    notes: Notes | None = None
    address: NewAddress | None = None


class AccountChange(Asked, frozen=True):
    """What to change of a customer; what is left out stays, null clears. Of an address the lines that are given."""

    last_name: Text | UnsetType = UNSET
    first_name: Text | UnsetType | None = UNSET
    second_last_name: Text | UnsetType | None = UNSET
    title: Title | UnsetType | None = UNSET
    sex: Sex | UnsetType | None = UNSET
    email: Email | UnsetType | None = UNSET
    phone: Text | UnsetType | None = UNSET
    birth_date: date | UnsetType | None = UNSET
    nationality_code: Code | UnsetType | None = UNSET
    preferred_language_code: Code | UnsetType | None = UNSET
    loyalty_code: Code | UnsetType | None = UNSET
    external_id: Text | UnsetType | None = UNSET
    company_id: UUID | UnsetType | None = UNSET
    notes: Notes | UnsetType | None = UNSET
    address: NewAddress | UnsetType = UNSET


class AccountLine(Struct, frozen=True):
    """An account in a list."""

    id: UUID
    chain_id: UUID
    kind: Kind
    number: Annotated[int, Meta(description="Its own within the server.")]
    name: str
    email: str | None
    phone: str | None
    birth_date: date | None
    memberships: Annotated[int, Meta(description="How many active ones it holds.")]
    version: Version
    created_at: Moment
    updated_at: Moment


class Person(Struct, frozen=True):
    """What is known of a customer."""

    last_name: str
    first_name: str | None
    second_last_name: str | None
    title: Title | None
    sex: Sex | None
    email: str | None
    phone: str | None
    birth_date: date | None
    nationality_code: str | None
    preferred_language_code: str | None
    loyalty_code: str | None
    external_id: str | None
    company_id: UUID | None
    notes: str | None
    address: Address | None
    classifications: Sequence[str]


class Account(Struct, frozen=True):
    """An account; of a company `person` is null."""

    id: UUID
    chain_id: UUID
    kind: Kind
    number: int
    name: str
    memberships: int
    person: Person | None
    version: Version
    created_at: Moment
    updated_at: Moment


show_line = show_as(AccountLine)


async def list_accounts(call: Call, query: AccountQuery) -> NumberedListing[AccountLine]:
    """List a chain's accounts, newest first, or by name where a text is looked for."""
    page = await loyalty.list_account_lines(
        call.session,
        call.actor,
        only_chain(call, query.chain_id),
        text=query.q,
        kind=query.kind,
        number=query.page,
        size=query.limit,
    )
    return number_page(page, show_line)


async def create_account(call: Call, body: NewAccount) -> Account:
    """Make a customer."""
    await access_chains.check_chains(call.session, call.actor, [body.chain_id])
    new = loyalty.NewCustomer(**given(body))
    (account_id,) = await loyalty.create_accounts(call.session, call.actor, body.chain_id, [new], now=call.now)
    return await show_account(call, body.chain_id, account_id)


async def get_account(call: Call, account_id: UUID) -> Account:
    """Read an account, customer or company."""
    chain_id = await loyalty.find_place(call.session, call.actor, loyalty.Place.ACCOUNT, account_id)
    return await show_account(call, chain_id, account_id)


async def update_account(call: Call, account_id: UUID, body: AccountChange, if_match: int | None) -> Account:
    """Change a customer."""
    place = loyalty.Place.ACCOUNT
    chain_id = await loyalty.find_place(call.session, call.actor, place, account_id, version=if_match)
    change = loyalty.CustomerChange(id=account_id, **given(body))
    await loyalty.update_accounts(call.session, call.actor, chain_id, [change], now=call.now)
    return await show_account(call, chain_id, account_id)


async def delete_account(call: Call, account_id: UUID, if_match: int | None) -> None:
    """Delete an account that holds no memberships, customer or company."""
    place = loyalty.Place.ACCOUNT
    chain_id = await loyalty.find_place(call.session, call.actor, place, account_id, version=if_match)
    await loyalty.delete_accounts(call.session, call.actor, chain_id, [account_id], now=call.now)


def only_chain(call: Call, chain_id: UUID | None) -> UUID:
    """Return the chain that is named, or the only one that the key sees."""
    chains = call.actor.chains or frozenset()
    if chain_id is None and len(chains) != 1:
        message = "The key sees several chains. Name the one whose accounts are meant."
        raise RefusedError(422, "chain_missing", message, [Fault(message, parameter="chain_id")])
    return chain_id or next(iter(chains))


def given(body: NewAccount | AccountChange) -> dict[str, Any]:
    """Return the members of a body that say something of the customer, as the room has them."""
    members = {name: value for name, value in structs.asdict(body).items() if name != "chain_id"}
    if isinstance(body.address, NewAddress):
        members["address"] = access_chains.Address(**structs.asdict(body.address))
    return members


async def show_account(call: Call, chain_id: UUID, account_id: UUID) -> Account:
    """Return the account's shape on the wire."""
    line = await loyalty.get_account_line(call.session, call.actor, chain_id, account_id)
    person = None
    if line.kind == "customer":
        narrowing = loyalty.CustomerFilter(chain_ids=[chain_id], ids=[account_id])
        (customer,) = await loyalty.list_customers(call.session, call.actor, narrowing)
        person = convert(customer, Person, from_attributes=True)
    shown: dict[str, Any] = {name: getattr(line, name) for name in Account.__struct_fields__ if name != "person"}
    return Account(**shown, person=person)


EXAMPLE = {
    "chain_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "last_name": "Lovelace",
    "first_name": "Ada",
    "email": "ada@example.com",
}
READ, WRITE = "members:read", "members:write"
ROUTES = (
    Route("GET", "/accounts", READ, list_accounts, made="/items/0/id"),
    Route("POST", "/accounts", WRITE, create_account, status=201, example=EXAMPLE, made="/id"),
    Route("GET", "/accounts/{account_id}", READ, get_account),
    Route("PATCH", "/accounts/{account_id}", WRITE, update_account, example={"phone": "+44 20 7946 0000"}),
    Route("DELETE", "/accounts/{account_id}", WRITE, delete_account),
)
