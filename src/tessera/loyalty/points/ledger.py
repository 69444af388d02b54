"""Opening the books of memberships for a call, and closing them: everything that was decided is written in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from uuid import UUID

from tessera.access.chains import require_chain
from tessera.loyalty.authorship import profile_of
from tessera.loyalty.errors import MembershipNotFoundError
from tessera.loyalty.events import BALANCE_UPDATED
from tessera.loyalty.points.books import Book
from tessera.loyalty.store import ledger as store
from tessera.loyalty.store import lots as lot_store
from tessera.loyalty.values.ledger import Draft
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.points import Movement
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events


@dataclass(slots=True, frozen=True)
class Ledger:
    """The books that a call works on, and who works on them."""

    actor: Actor
    chain_id: UUID
    now: datetime
    books: dict[UUID, Book]

    @property
    def drafts(self) -> list[Draft]:
        """Every movement about to be written."""
        return [draft for book in self.books.values() for draft in book.drafts]


async def open_ledger(
    session: Session, actor: Actor, chain_id: UUID, wanted: Sequence[tuple[UUID, str | None]], *, now: datetime
) -> Ledger:
    """Hold the memberships and open their books, with the movements that have one of the keys already."""
    require_chain(actor, chain_id)
    ids = list(dict.fromkeys(membership_id for membership_id, _ in wanted))
    held = await store.hold_memberships(session, chain_id, ids)
    books = {each.membership_id: Book(each.membership_id, each.balance, each.allows_overdraft, now) for each in held}
    for membership_id in ids:
        if membership_id not in books:
            raise unknown_membership(membership_id)
    keys = list({(membership_id, key) for membership_id, key in wanted if key is not None})
    for movement in await store.select_movements_with_keys(session, chain_id, keys) if keys else []:
        books[movement.membership_id].known[str(movement.idempotency_key)] = movement
    for membership_id, lot in await lot_store.select_lots(session, chain_id, ids):
        books[membership_id].lots.append(lot)
    return Ledger(actor, chain_id, now, books)


def unknown_membership(membership_id: UUID) -> MembershipNotFoundError:
    """Return the refusal of a membership that is none of the chain's active ones."""
    return MembershipNotFoundError(
        f"There is no loyalty membership {membership_id} in the chain.", membership_id=membership_id
    )


async def close_ledger(
    session: Session, ledger: Ledger, action: str, made: Sequence[Draft | Movement]
) -> list[Movement]:
    """Write what the books hold by now; return the movements that `made` became, in order."""
    drafts = ledger.drafts
    if drafts:
        await write_movements(session, ledger)
        await write_lots(session, ledger)
        await record(session, ledger, action, drafts)
    return [each if isinstance(each, Movement) else written(each) for each in made]


async def write_movements(session: Session, ledger: Ledger) -> None:
    """Write the movements: first the first of every membership, then the second, for they build on each other."""
    mark = Mark(*profile_of(ledger.actor), ledger.now)
    for row in zip_longest(*(book.drafts for book in ledger.books.values())):
        drafts = [draft for draft in row if draft is not None]
        sequences = await store.insert_movements(session, ledger.chain_id, drafts, source=ledger.actor.kind, mark=mark)
        for draft in drafts:
            draft.written = finish(ledger, draft, sequences[draft.membership_id])
            for part, lot in enumerate(draft.lots):
                lot.sequence, lot.part = draft.written.sequence, part


def finish(ledger: Ledger, draft: Draft, sequence: int) -> Movement:
    """Return the line that a draft became."""
    return Movement(
        draft.membership_id,
        sequence,
        ledger.chain_id,
        draft.kind,
        draft.points,
        draft.balance,
        ledger.actor.kind,
        ledger.actor.id,
        draft.reason,
        draft.idempotency_key,
        ledger.now,
        draft.active_at,
        draft.expires_at,
        draft.transfer_id,
        draft.reverses,
        draft.origin,
    )


async def write_lots(session: Session, ledger: Ledger) -> None:
    """Write new lots, and what is left of old ones that gave something."""
    lots = [(book.membership_id, lot) for book in ledger.books.values() for lot in book.lots]
    new = [(membership_id, lot) for membership_id, lot in lots if lot.stored is None and lot.remaining]
    old = [(membership_id, lot) for membership_id, lot in lots if lot.stored not in (None, lot.remaining)]
    if new:
        await lot_store.insert_lots(session, ledger.chain_id, new)
    if old:
        await lot_store.change_lots(session, ledger.chain_id, old)


async def record(session: Session, ledger: Ledger, action: str, drafts: Sequence[Draft]) -> None:
    """Write an event for each movement, and one audit entry with the counts."""
    lines = [written(draft) for draft in drafts]
    await record_events(session, [movement_event(line) for line in lines])
    touched = {line.membership_id for line in lines}
    only = next(iter(touched)) if len(touched) == 1 else None
    name = "1 movement" if len(lines) == 1 else f"{len(lines)} movements"
    after = {"count": len(lines), "memberships": len(touched), "points": sum(line.points for line in lines)}
    await record_entries(session, ledger.actor, [Entry(action, "points", only, name, ledger.chain_id, after=after)])


def movement_event(line: Movement) -> Event:
    """Return the event of a movement."""
    payload = {"kind": line.kind, "points": line.points, "balance": line.balance, "sequence": line.sequence}
    return Event(line.chain_id, BALANCE_UPDATED, line.membership_id, payload)


def written(draft: Draft) -> Movement:
    """Return the line that a draft became when the ledger was closed."""
    if draft.written is None:
        raise RuntimeError("the movement is not written yet")
    return draft.written
