"""Looking members up, as people do: by number, e-mail address or name."""

from datetime import datetime
from uuid import UUID

from tessera.access.chains import require_chain
from tessera.loyalty.errors import AccountNotFoundError, MembershipNotFoundError
from tessera.loyalty.store import members as store
from tessera.loyalty.values.members import AccountLine, Member, MemberSearch
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.paging import COUNT_LIMIT, Page

KINDS = ("customer", "company")


async def list_members(
    session: Session,
    actor: Actor,
    chain_id: UUID,
    search: MemberSearch,
    *,
    now: datetime,
    number: int = 1,
    size: int = 50,
) -> Page[Member]:
    """Return a page of a chain's members; no page lies beyond the count's limit, where a search helps more."""
    require_chain(actor, chain_id)
    if is_too_far(number, size) or "\0" in search.text:
        return Page([], 0, number, size)
    members, total = await store.select_members(
        session, chain_id, search, offset=(number - 1) * size, limit=size, now=now
    )
    return Page(members, total, number, size)


async def get_member(session: Session, actor: Actor, chain_id: UUID, membership_id: UUID, *, now: datetime) -> Member:
    """Return one member of the chain."""
    member = await store.find_member(session, chain_id, membership_id, now=now) if actor.sees(chain_id) else None
    if member is None:
        raise MembershipNotFoundError(
            f"There is no membership {membership_id} in the chain. Search for the member by number or name.",
            membership_id=membership_id,
        )
    return member


async def list_account_lines(
    session: Session,
    actor: Actor,
    chain_id: UUID,
    *,
    text: str = "",
    kind: str | None = None,
    number: int = 1,
    size: int = 50,
) -> Page[AccountLine]:
    """Return a page of a chain's accounts, newest first, or by name where a text is looked for."""
    require_chain(actor, chain_id)
    if is_too_far(number, size) or "\0" in text:
        return Page([], 0, number, size)
    kinds = [kind] if kind in KINDS else list(KINDS)
    lines, total = await store.select_account_lines(
        session, chain_id, text, kinds=kinds, offset=(number - 1) * size, limit=size
    )
    return Page(lines, total, number, size)


async def get_account_line(session: Session, actor: Actor, chain_id: UUID, account_id: UUID) -> AccountLine:
    """Return one account of the chain, customer or company."""
    line = await store.find_account_line(session, chain_id, account_id) if actor.sees(chain_id) else None
    if line is None:
        raise AccountNotFoundError(
            f"There is no account {account_id} in the chain. Search for it by e-mail address or name.",
            account_id=account_id,
        )
    return line


def is_too_far(number: int, size: int) -> bool:
    """Say whether the page begins beyond the counted range."""
    return (number - 1) * size >= COUNT_LIMIT
