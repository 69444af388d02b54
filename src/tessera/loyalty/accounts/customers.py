"""Customers: created in bulk or one by one, listed, searched."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.access.chains import narrow_chains, require_chain
from tessera.loyalty.authorship import SYSTEM_PROFILE
from tessera.loyalty.errors import CompanyNotFoundError, CustomerEmailTakenError
from tessera.loyalty.events import CUSTOMER_CREATED, CUSTOMER_UPDATED
from tessera.loyalty.store import accounts as store
from tessera.loyalty.values.accounts import Customer, CustomerFilter, NewCustomer
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Reader, Session
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_id, new_random_ids
from tessera.platform.paging import CursorNotFoundError

MOST_FOUND = 1000
# A full name is looked for with each of its words as the last of the first name; no name has more words than these.
MOST_WORDS = 8


async def create_accounts(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[NewCustomer], *, now: datetime
) -> list[UUID]:
    """Create all of the customers or none; return their ids in the given order. Ten thousand a call is a good size."""
    require_chain(actor, chain_id)
    await check_companies(session, chain_id, {item.company_id for item in items if item.company_id is not None})
    ids = [item.id or made for item, made in zip(items, new_random_ids(len(items)), strict=True)]
    columns: dict[str, list[Any]] = {
        "id": list(ids),
        "external_id": [item.external_id for item in items],
        "company_id": [item.company_id for item in items],
        "birth_date": [item.birth_date for item in items],
        "address_id": [new_id() if item.address else None for item in items],
        "created_at": [item.created_at or now for item in items],
        "classifications": [" ".join(item.classifications) for item in items],
        "options": [" ".join(item.options) for item in items],
    }
    columns |= {name: [getattr(item, name) for item in items] for name in store.PERSONAL}
    columns |= {
        column: [getattr(item.address, name) if item.address else None for item in items]
        for column, name in store.ADDRESS.items()
    }
    await store.insert_customers(session, chain_id, actor_id=actor.id or SYSTEM_PROFILE, columns=columns)
    await record_events(session, [Event(chain_id, CUSTOMER_CREATED, customer_id, {}) for customer_id in ids])
    only = ids[0] if len(ids) == 1 else None
    name = "1 customer" if only else f"{len(ids)} customers"
    entry = Entry("created", "customer", only, name, chain_id, after={"count": len(ids)})
    await record_entries(session, actor, [entry])
    return ids


async def check_companies(session: Session, chain_id: UUID, ids: set[UUID]) -> None:
    """Raise unless every id is an active company of the chain."""
    known = await store.find_companies(session, [chain_id], list(ids)) if ids else set()
    for company_id in sorted(ids):
        if (chain_id, company_id) not in known:
            raise CompanyNotFoundError(f"There is no company {company_id} in the chain.", company_id=company_id)


async def upsert_customer(
    session: Session, actor: Actor, chain_id: UUID, item: NewCustomer, *, overwrite: bool, now: datetime
) -> Customer:
    """Create the customer; where its e-mail address is known, write over that customer if allowed to."""
    require_chain(actor, chain_id)
    known = await store.find_customer_by_email(session, chain_id, item.email) if item.email else None
    if known is None:
        ids = await create_accounts(session, actor, chain_id, [item], now=now)
        narrowing = CustomerFilter(ids=ids, count=1)
        found = await store.select_customers(session, [chain_id], narrowing, reach=[chain_id])
        return (found or [])[0]
    if not overwrite:
        raise CustomerEmailTakenError(
            f"A customer with the e-mail address {item.email} already exists. Set OverwriteExisting to update it."
        )
    return await overwrite_customer(session, actor, known, item, now=now)


async def hold_customer(
    session: Session, actor: Actor, chain_id: UUID, *, external_id: str | None = None, email: str | None = None
) -> Customer | None:
    """Return the active customer of that external id or e-mail address, held until the transaction ends.

    An external id of a customer that was merged means the account it became part of.
    """
    require_chain(actor, chain_id)
    if external_id is not None:
        return await store.find_customer_by_external_id(session, chain_id, external_id)
    return None if email is None else await store.find_customer_by_email(session, chain_id, email)


async def overwrite_customer(
    session: Session, actor: Actor, known: Customer, item: NewCustomer, *, now: datetime
) -> Customer:
    """Write what is given over the known customer; what is left out stays."""
    await check_companies(session, known.chain_id, {item.company_id} if item.company_id else set())
    values: dict[str, Any] = {name: getattr(item, name) for name in store.PERSONAL}
    values |= {column: getattr(item.address, name, None) for column, name in store.ADDRESS.items()}
    values |= {
        "id": known.id,
        "chain_id": known.chain_id,
        "birth_date": item.birth_date,
        "company_id": item.company_id,
        "address_id": new_id() if item.address else None,
        "classifications": list(item.classifications) or None,
        "options": list(item.options) or None,
        "actor_id": actor.id or SYSTEM_PROFILE,
        "now": now,
    }
    customer = await store.overwrite_customer(session, values)
    await record_events(session, [Event(customer.chain_id, CUSTOMER_UPDATED, customer.id, {})])
    entry = Entry("updated", "customer", customer.id, "1 customer", customer.chain_id, after={"count": 1})
    await record_entries(session, actor, [entry])
    return customer


async def list_customers(session: Session | Reader, actor: Actor, narrowing: CustomerFilter) -> list[Customer]:
    """Return a page of customers, newest first."""
    chain_ids = narrow_chains(actor, narrowing.chain_ids)
    found = await store.select_customers(session, chain_ids, narrowing, reach=actor.reach() or chain_ids)
    if found is None:
        raise CursorNotFoundError(f"There is no customer {narrowing.cursor} to continue after.")
    return found


async def search_customers(
    session: Session | Reader, actor: Actor, name: str, *, chain_id: UUID | None = None, count: int = MOST_FOUND
) -> list[Customer]:
    """Return active customers whose first, last or full name begins with the text, in either case, by name."""
    words = name.split()
    if not words:
        return []
    parts = [(" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(1, min(len(words), MOST_WORDS))]
    return await store.search_customers(session, narrow_chains(actor, chain_id), " ".join(words), parts, count=count)
