"""Chains and enterprises: made by administrators and the demo, read by every room."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from msgspec.structs import replace

from tessera.access.chains.errors import (
    ChainNameTakenError,
    ChainNotFoundError,
    ChainReachError,
    EnterpriseNameTakenError,
    TimeZoneError,
)
from tessera.access.chains.scope import require_chain
from tessera.access.chains.store import chains as store
from tessera.access.chains.values import Chain, Enterprise, EnterpriseFilter, LinkedEnterprise, NewEnterprise
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Reader, Session
from tessera.platform.ids import new_random_ids
from tessera.platform.paging import CursorNotFoundError
from tessera.platform.texts import check_urls, is_website


async def create_chains(session: Session, actor: Actor, names: Sequence[str], *, now: datetime) -> list[Chain]:
    """Create chains; only a user who sees every chain may, because others could not see them afterwards."""
    if actor.chains is not None:
        raise ChainReachError(
            f"{actor.name} sees only some chains and would not see a new one. Ask a user who sees every chain."
        )
    await check_chain_names(session, names)
    chains = [Chain(made, name, now, now) for made, name in zip(new_random_ids(len(names)), names, strict=True)]
    await store.insert_chains(session, [chain.id for chain in chains], names, now)
    await record_entries(session, actor, [Entry("created", "chain", item.id, item.name, item.id) for item in chains])
    return chains


async def check_chain_names(session: Session, names: Sequence[str]) -> None:
    """Raise where a chain has one of the names."""
    for chain_id, name in (await store.find_names(session, names, None)).items():
        raise ChainNameTakenError(
            f"There is a chain {name} already, with the id {chain_id}. Choose another name, or rename that one.",
            field="name",
        )


async def list_chains(session: Session | Reader, actor: Actor, *, archived: bool = False) -> list[Chain]:
    """Return the actor's chains by name, the archived ones only if asked for."""
    return await store.select_chains(session, actor.reach(), archived=archived)


async def rename_chain(session: Session, actor: Actor, chain_id: UUID, name: str, *, now: datetime) -> Chain:
    """Give a chain another name."""
    chain = await get_chain(session, actor, chain_id)
    if name.casefold() != chain.name.casefold() and chain.archived_at is None:
        await check_chain_names(session, [name])
    return await change_chain(session, actor, chain, replace(chain, name=name, updated_at=now), "updated")


async def archive_chain(session: Session, actor: Actor, chain_id: UUID, *, now: datetime) -> Chain:
    """Take a chain out of every list and stop its access tokens; what it holds stays, and its name is free."""
    chain = await get_chain(session, actor, chain_id)
    if chain.archived_at is not None:
        return chain
    return await change_chain(session, actor, chain, replace(chain, archived_at=now, updated_at=now), "archived")


async def restore_chain(session: Session, actor: Actor, chain_id: UUID, *, now: datetime) -> Chain:
    """Bring an archived chain back."""
    chain = await get_chain(session, actor, chain_id)
    if chain.archived_at is None:
        return chain
    await check_chain_names(session, [chain.name])
    return await change_chain(session, actor, chain, replace(chain, archived_at=None, updated_at=now), "restored")


async def get_chain(session: Session, actor: Actor, chain_id: UUID) -> Chain:
    """Return one of the actor's chains, archived or not."""
    require_chain(actor, chain_id)
    found = await store.select_chains(session, [chain_id], archived=True)
    if not found:
        raise ChainNotFoundError(f"There is no chain {chain_id}. Choose one from the list.", chain_id=chain_id)
    return found[0]


async def change_chain(session: Session, actor: Actor, before: Chain, after: Chain, action: str) -> Chain:
    """Write a changed chain, and what was changed to the audit log."""
    await store.update_chain(session, after)
    values = [{"name": each.name, "archived_at": each.archived_at} for each in (before, after)]
    old, new = ({name: side[name] for name in side if values[0][name] != values[1][name]} for side in values)
    await record_entries(session, actor, [Entry(action, "chain", after.id, after.name, after.id, old, new)])
    return after


async def create_enterprises(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[NewEnterprise], *, now: datetime
) -> list[Enterprise]:
    """Create enterprises of one chain."""
    require_chain(actor, chain_id)
    check_urls("website url", (item.website_url for item in items), valid=is_website)
    check_time_zones(items)
    for enterprise_id, name in (await store.find_names(session, [item.name for item in items], chain_id)).items():
        raise EnterpriseNameTakenError(
            f"The chain has an enterprise {name} already, with the id {enterprise_id}. Choose another name.",
            field="name",
        )
    ids = [item.id or made for item, made in zip(items, new_random_ids(len(items)), strict=True)]
    await store.insert_enterprises(session, chain_id, ids, items, now)
    entries = [
        Entry("created", "enterprise", enterprise_id, item.name, chain_id)
        for enterprise_id, item in zip(ids, items, strict=True)
    ]
    await record_entries(session, actor, entries)
    return await store.select_enterprises(session, [chain_id], ids)


def check_time_zones(items: Sequence[NewEnterprise]) -> None:
    """Raise unless the time zone of every enterprise exists."""
    for item in items:
        if item.time_zone not in known_time_zones():
            raise TimeZoneError(
                f"There is no time zone {item.time_zone}. Write it like Europe/London.", field="time_zone"
            )


@cache
def known_time_zones() -> frozenset[str]:
    """Return the names of all time zones; they are read from the disk."""
    return frozenset(available_timezones())


async def list_enterprises(
    session: Session | Reader, actor: Actor, *, chain_id: UUID | None = None, ids: Sequence[UUID] | None = None
) -> list[Enterprise]:
    """Return the enterprises of the actor's chains, or of one of them, oldest first."""
    return await store.select_enterprises(session, actor.reach(chain_id), ids)


async def list_linked_enterprises(
    session: Session | Reader, actor: Actor, narrowing: EnterpriseFilter
) -> list[LinkedEnterprise]:
    """Return a page of the enterprises that the acting access token reaches, newest first."""
    found = await store.select_linked_enterprises(session, actor.id, narrowing)
    if found is None:
        raise CursorNotFoundError(f"There is no enterprise {narrowing.cursor} to continue after.")
    return found
