"""Companies: created, listed, deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.access.chains import narrow_chains, require_chain
from tessera.loyalty.accounts.changes import count_in_words
from tessera.loyalty.authorship import SYSTEM_PROFILE
from tessera.loyalty.errors import AccountNotFoundError, MotherCompanyNotFoundError
from tessera.loyalty.events import COMPANY_CREATED, COMPANY_DELETED
from tessera.loyalty.store import accounts as account_store
from tessera.loyalty.store import companies as store
from tessera.loyalty.values.companies import Company, CompanyFilter, NewCompany
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Reader, Session
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_id, new_random_ids
from tessera.platform.paging import CursorNotFoundError
from tessera.platform.texts import check_urls, is_website


async def create_companies(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[NewCompany], *, now: datetime
) -> list[Company]:
    """Create all of the companies or none, in the given order."""
    require_chain(actor, chain_id)
    check_urls("website url", (item.website_url for item in items), valid=is_website)
    mothers = sorted({item.mother_company_id for item in items if item.mother_company_id is not None})
    known = await account_store.find_companies(session, [chain_id], mothers) if mothers else set()
    for company_id in mothers:
        if (chain_id, company_id) not in known:
            raise MotherCompanyNotFoundError(f"There is no company {company_id} in the chain.", company_id=company_id)
    ids = [item.id or made for item, made in zip(items, new_random_ids(len(items)), strict=True)]
    columns: dict[str, list[Any]] = {
        "id": list(ids),
        "mother_company_id": [item.mother_company_id for item in items],
        "address_id": [new_id() if item.address else None for item in items],
        "options": [" ".join(item.options) for item in items],
    }
    columns |= {name: [getattr(item, name) for item in items] for name in store.TEXTS}
    columns |= {
        column: [getattr(item.address, name) if item.address else None for item in items]
        for column, name in account_store.ADDRESS.items()
    }
    await store.insert_companies(session, chain_id, actor_id=actor.id or SYSTEM_PROFILE, now=now, columns=columns)
    await record_events(session, [Event(chain_id, COMPANY_CREATED, company_id, {}) for company_id in ids])
    only = ids[0] if len(ids) == 1 else None
    words = count_in_words(len(ids), "company")
    await record_entries(
        session, actor, [Entry("created", "company", only, words, chain_id, after={"count": len(ids)})]
    )
    made = await store.find_companies(session, [chain_id], ids)
    return [made[company_id] for company_id in ids]


async def delete_companies(
    session: Session, actor: Actor, chain_id: UUID | None, ids: Sequence[UUID], *, now: datetime
) -> None:
    """Delete all of the companies or none. Without a chain, of any of the actor's. Their memberships stay."""
    chain_ids, wanted = narrow_chains(actor, chain_id), list(dict.fromkeys(ids))
    held = await account_store.hold_accounts(session, chain_ids, wanted)
    for company_id in wanted:
        if company_id not in held or held[company_id].kind != "company":
            raise AccountNotFoundError(f"There is no company {company_id}.", account_id=company_id)
    await store.mark_deleted(session, chain_ids, wanted, actor_id=actor.id or SYSTEM_PROFILE, now=now)
    await record_events(session, [Event(held[item].chain_id, COMPANY_DELETED, item, {}) for item in wanted])
    only = wanted[0] if len(wanted) == 1 else None
    chains = [held[item].chain_id for item in wanted]
    entries = [
        Entry("deleted", "company", only, count_in_words(count, "company"), each, before={"count": count})
        for each in dict.fromkeys(chains)
        if (count := chains.count(each))
    ]
    await record_entries(session, actor, entries)


async def list_companies(session: Session | Reader, actor: Actor, narrowing: CompanyFilter) -> list[Company]:
    """Return a page of companies, newest first."""
    chain_ids = narrow_chains(actor, narrowing.chain_ids)
    found = await store.select_companies(session, chain_ids, narrowing, reach=actor.reach() or chain_ids)
    if found is None:
        raise CursorNotFoundError(f"There is no company {narrowing.cursor} to continue after.")
    return found
