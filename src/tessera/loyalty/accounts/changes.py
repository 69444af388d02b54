"""Changes of customers and companies, many of both at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from tessera.access.chains import narrow_chains
from tessera.loyalty.accounts.amendments import amend, find_traded
from tessera.loyalty.authorship import SYSTEM_PROFILE
from tessera.loyalty.errors import AccountNotFoundError, CompanyNotFoundError, MotherCompanyNotFoundError
from tessera.loyalty.events import COMPANY_UPDATED, CUSTOMER_UPDATED
from tessera.loyalty.store import accounts as store
from tessera.loyalty.store import companies as company_store
from tessera.loyalty.values.accounts import Customer, CustomerChange
from tessera.loyalty.values.companies import Company, CompanyChange, CompanyFilter
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.errors import ConflictError
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_id
from tessera.platform.texts import check_urls, is_website

Account = Customer | Company
AccountChange = CustomerChange | CompanyChange
KINDS: Mapping[type[AccountChange], str] = {CustomerChange: "customer", CompanyChange: "company"}


async def update_accounts(
    session: Session, actor: Actor, chain_id: UUID | None, items: Sequence[AccountChange], *, now: datetime
) -> list[Account]:
    """Change all of the accounts or none; return them in the given order. Without a chain, of any of the actor's.

    Several changes of one account are made one after the other. What stays as it was is not touched.
    """
    websites = (item.website_url for item in items if isinstance(item, CompanyChange))
    check_urls("website url", websites, valid=is_website)
    chain_ids = narrow_chains(actor, chain_id)
    held = await hold(session, chain_ids, items)
    afters = dict(held)
    updater_id = actor.id or SYSTEM_PROFILE
    for item in items:
        afters[item.id] = amend(afters[item.id], item, now=now, updater_id=updater_id, address_id=new_id())
    touched = [after for after in afters.values() if after is not held[after.id]]
    await check_companies(session, chain_ids, held, touched)
    try:
        async with session.begin_nested():
            await write(session, chain_ids, held, touched)
    except ConflictError as refusal:
        raise await name_rival(session, held, touched, refusal) from refusal
    await record(session, actor, touched)
    return [afters[item.id] for item in items]


async def hold(session: Session, chain_ids: Sequence[UUID], items: Sequence[AccountChange]) -> dict[UUID, Account]:
    """Hold the accounts and return them; raise for the first that is not an active one of the kind in the chains."""
    accounts = await store.hold_accounts(session, chain_ids, [item.id for item in items])
    kinds = {account.id: account.kind for account in accounts.values()}
    for item in items:
        if kinds.get(item.id) != KINDS[type(item)]:
            raise AccountNotFoundError(f"There is no {KINDS[type(item)]} {item.id}.", account_id=item.id)
    customers = [account_id for account_id, kind in kinds.items() if kind == "customer"]
    companies = [account_id for account_id, kind in kinds.items() if kind == "company"]
    held: dict[UUID, Account] = {}
    if customers:
        held |= await store.find_customers(session, chain_ids, customers)
    if companies:
        held |= await company_store.find_companies(session, chain_ids, companies)
    return held


async def check_companies(
    session: Session, chain_ids: Sequence[UUID], befores: Mapping[UUID, Account], afters: Sequence[Account]
) -> None:
    """Raise for the first company newly referred to that is not an active one of the account's chain."""
    wanted = [
        (after, company_id)
        for after in afters
        if (company_id := company_of(after)) not in (None, company_of(befores[after.id]))
    ]
    ids = sorted({company_id for _, company_id in wanted if company_id is not None})
    known = await store.find_companies(session, chain_ids, ids) if ids else set()
    for after, company_id in wanted:
        if (after.chain_id, company_id) not in known or company_id == after.id:
            unknown = CompanyNotFoundError if isinstance(after, Customer) else MotherCompanyNotFoundError
            raise unknown(f"There is no company {company_id} in the chain.", company_id=company_id)


def company_of(account: Account) -> UUID | None:
    """Return the company that the account refers to: a customer's own, a company's mother."""
    return account.company_id if isinstance(account, Customer) else account.mother_company_id


async def write(
    session: Session, chain_ids: Sequence[UUID], befores: Mapping[UUID, Account], afters: Sequence[Account]
) -> None:
    """Write what the accounts become."""
    traded = find_traded(
        [(after.id, name_of(befores[after.id])) for after in afters], [(after.id, name_of(after)) for after in afters]
    )
    if traded:
        await store.release_names(session, chain_ids, traded)
    customers = [after for after in afters if isinstance(after, Customer)]
    companies = [after for after in afters if isinstance(after, Company)]
    if customers:
        await store.write_customers(session, customers)
    if companies:
        await company_store.write_companies(session, companies)


def name_of(account: Account) -> tuple[UUID, str, str] | None:
    """Return what no other account of the chain may have: a customer's e-mail address, a company's external id."""
    if isinstance(account, Customer):
        return (account.chain_id, "email", account.email.lower()) if account.email else None
    return (account.chain_id, "external_id", account.external_id) if account.external_id else None


async def name_rival(
    session: Session, befores: Mapping[UUID, Account], afters: Sequence[Account], refusal: ConflictError
) -> ConflictError:
    """Return the refusal with the first account whose new name is another one's."""
    renamed = {after.id: name_of(after) for after in afters if name_of(after) not in (None, name_of(befores[after.id]))}
    given = set()
    for after in afters:
        if after.id in renamed:
            holder = await find_holder(session, after)
            if renamed[after.id] in given or (holder is not None and holder not in renamed):
                return type(refusal)(refusal.message, account_id=after.id)
            given.add(renamed[after.id])
    return refusal


async def find_holder(session: Session, account: Account) -> UUID | None:
    """Return the active account that has the name which this one is to get."""
    if isinstance(account, Customer):
        found = await store.find_customer_by_email(session, account.chain_id, account.email or "")
        return found.id if found else None
    narrowing = CompanyFilter(external_ids=[account.external_id or ""], count=1)
    companies = await company_store.select_companies(session, [account.chain_id], narrowing, reach=[account.chain_id])
    return companies[0].id if companies else None


async def record(session: Session, actor: Actor, accounts: Sequence[Account]) -> None:
    """Write an event for each account, and one audit entry for each kind and chain with the count."""
    events = [
        Event(item.chain_id, CUSTOMER_UPDATED if isinstance(item, Customer) else COMPANY_UPDATED, item.id, {})
        for item in accounts
    ]
    await record_events(session, events)
    counts = Counter((item.chain_id, "customer" if isinstance(item, Customer) else "company") for item in accounts)
    only = accounts[0].id if len(accounts) == 1 else None
    entries = [
        Entry("updated", kind, only, count_in_words(count, kind), chain_id, after={"count": count})
        for (chain_id, kind), count in counts.items()
    ]
    await record_entries(session, actor, entries)


def count_in_words(count: int, kind: str) -> str:
    """Return the number of accounts as the audit log names it."""
    plural = {"customer": "customers", "company": "companies"}
    return f"1 {kind}" if count == 1 else f"{count} {plural[kind]}"
