"""Accounts: the list, one of them with its memberships, and the forms of a customer."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import structs

from tessera import loyalty
from tessera.loyalty import (
    AccountLine,
    CompanyFilter,
    Customer,
    CustomerChange,
    CustomerFilter,
    MemberSearch,
    NewCustomer,
)
from tessera.platform.errors import ConflictError, InvalidError, NotFoundError
from tessera.platform.texts import LONGEST_NOTES
from tessera.web.forms import faults_of
from tessera.web.inputs import Inputs
from tessera.web.list_parameters import page_number
from tessera.web.loyalty.words import KINDS, STATES
from tessera.web.visits import PageVisit, Visit

PATH = "/loyalty/accounts"
ONE = f"{PATH}/{{chain_id:uuid}}/{{account_id:uuid}}"
LONGEST_SEARCH = 255
TITLES = ("Mister", "Miss", "Misses")
SEXES = ("Male", "Female")
# Fields of the form, in its order; notes and choices are read by themselves.
TEXTS = ("first_name", "last_name", "email", "phone", "nationality_code", "preferred_language_code", "loyalty_code")
# What the page tells of a customer or company beside its name, in this order, where it is known.
TOLD = (
    ("title", "Title"),
    ("sex", "Sex"),
    ("email", "E-mail"),
    ("invoicing_email", "Invoicing e-mail"),
    ("phone", "Phone"),
    ("birth_date", "Born"),
    ("nationality_code", "Nationality"),
    ("preferred_language_code", "Language"),
    ("loyalty_code", "Loyalty code"),
    ("contact_person", "Contact person"),
    ("website_url", "Website"),
    ("tax_identification_number", "Tax identification number"),
    ("external_id", "External id"),
    ("notes", "Notes"),
)


@get(PATH, permission="members:read")
async def list_account_pages(visit: PageVisit) -> Response[Any]:
    """List the chosen chain's accounts; the address keeps search and filter."""
    return await list_page(visit)


@get(f"{PATH}/new", permission="members:write")
async def ask_for_customer(visit: PageVisit) -> Response[Any]:
    """Show the pop-up for a new customer."""
    return await list_page(visit, template="account_new", typed={}, faults={})


@post(f"{PATH}/new", permission="members:write")
async def create_customer(visit: PageVisit) -> Response[Any]:
    """Create the customer and show it."""
    form = await visit.form()
    try:
        new = NewCustomer(**read_person(form))
        async with visit.session.begin_nested():
            (account_id,) = await loyalty.create_accounts(
                visit.session, visit.actor, visit.chain.id, [new], now=visit.now
            )
    except (InvalidError, ConflictError) as error:
        return await list_page(visit, template="account_new", status=422, typed=form, faults=faults_of(error))
    return visit.go(f"{PATH}/{visit.chain.id}/{account_id}", notice="created")


@get(ONE, permission="members:read")
async def show_account(visit: PageVisit, chain_id: FromPath[UUID], account_id: FromPath[UUID]) -> Response[Any]:
    """Show who it is, and the memberships."""
    return await account_page(visit, chain_id, account_id)


@get(f"{ONE}/edit", permission="members:write")
async def edit_account(visit: PageVisit, chain_id: FromPath[UUID], account_id: FromPath[UUID]) -> Response[Any]:
    """Show the edit pop-up of a customer."""
    customer = await read_customer(visit, chain_id, account_id)
    return await account_page(visit, chain_id, account_id, template="account_edit", typed=typed_of(customer), faults={})


@post(f"{ONE}/edit", permission="members:write")
async def save_account(visit: PageVisit, chain_id: FromPath[UUID], account_id: FromPath[UUID]) -> Response[Any]:
    """Change the customer."""
    await read_customer(visit, chain_id, account_id)
    form = await visit.form()
    try:
        change = CustomerChange(id=account_id, **read_person(form))
        async with visit.session.begin_nested():
            await loyalty.update_accounts(visit.session, visit.actor, chain_id, [change], now=visit.now)
    except (InvalidError, ConflictError) as error:
        return await account_page(
            visit, chain_id, account_id, template="account_edit", status=422, typed=form, faults=faults_of(error)
        )
    return visit.go(f"{PATH}/{chain_id}/{account_id}", notice="saved")


async def list_page(visit: Visit, *, template: str = "accounts", status: int = 200, **more: Any) -> Response[Any]:
    """Answer with the list, or a pop-up over it."""
    if visit.chosen is None:
        return visit.page("loyalty/templates/no_chain.html", title="Accounts")
    asked = visit.request.query_params
    text, kind = asked.get("q", "").strip()[:LONGEST_SEARCH], asked.get("kind", "")
    page = await loyalty.list_account_lines(
        visit.session,
        visit.actor,
        visit.chain.id,
        text=text,
        kind=kind if kind in KINDS else None,
        number=page_number(visit),
    )
    values: dict[str, Any] = {
        "page": page,
        "text": text,
        "kind": kind if kind in KINDS else "",
        "kinds": KINDS,
        "path_here": PATH,
    }
    choices: dict[str, Any] = {"titles": TITLES, "sexes": SEXES}
    return visit.page(f"loyalty/templates/{template}.html", status=status, **values, **choices, **more)


async def account_page(
    visit: Visit, chain_id: UUID, account_id: UUID, *, template: str = "account", status: int = 200, **more: Any
) -> Response[Any]:
    """Answer with the account's page, or a pop-up over it."""
    line = await read_line(visit, chain_id, account_id)
    held = await loyalty.list_members(
        visit.session, visit.actor, chain_id, MemberSearch(account_id=account_id), now=visit.now
    )
    record = await read_record(visit, line)
    return visit.page(
        f"loyalty/templates/{template}.html",
        status=status,
        account=line,
        facts=[(label, value) for name, label in TOLD if (value := getattr(record, name, None))],
        address=record.address,
        memberships=held.items,
        states=STATES,
        kinds=KINDS,
        base=f"{PATH}/{chain_id}/{account_id}",
        titles=TITLES,
        sexes=SEXES,
        **more,
    )


async def read_line(visit: Visit, chain_id: UUID, account_id: UUID) -> AccountLine:
    """Return the account, or raise not found."""
    return await loyalty.get_account_line(visit.session, visit.actor, chain_id, account_id)


async def read_record(visit: Visit, line: AccountLine) -> Customer | loyalty.Company:
    """Return everything that is known of the account."""
    if line.kind == "company":
        narrowing = CompanyFilter(chain_ids=[line.chain_id], ids=[line.id])
        return (await loyalty.list_companies(visit.session, visit.actor, narrowing))[0]
    return (
        await loyalty.list_customers(
            visit.session, visit.actor, CustomerFilter(chain_ids=[line.chain_id], ids=[line.id])
        )
    )[0]


async def read_customer(visit: Visit, chain_id: UUID, account_id: UUID) -> Customer:
    """Return the customer; a company is changed over the Connector API."""
    record = await read_record(visit, await read_line(visit, chain_id, account_id))
    if not isinstance(record, Customer):
        raise NotFoundError("Companies are changed over the Connector API. Here only customers are.")
    return record


def read_person(form: dict[str, str]) -> dict[str, Any]:
    """Return what the form says of a person."""
    inputs = Inputs(form)
    person: dict[str, Any] = {name: inputs.text(name, required=name == "last_name") for name in TEXTS}
    person["title"] = inputs.choice("title", TITLES)
    person["sex"] = inputs.choice("sex", SEXES)
    person["birth_date"] = inputs.day("birth_date")
    person["notes"] = inputs.text("notes", longest=LONGEST_NOTES)
    email = person["email"]
    if email is not None and ("@" not in email.strip("@") or any(letter.isspace() for letter in email)):
        inputs.faults["email"] = "This is no e-mail address. Write it as name@example.com."
    inputs.check()
    return person


def typed_of(customer: Customer) -> dict[str, str]:
    """Return the customer as the fields of its form."""
    return {name: "" if value is None else str(value) for name, value in structs.asdict(customer).items()}


PAGES = (list_account_pages, ask_for_customer, create_customer, show_account, edit_account, save_account)
