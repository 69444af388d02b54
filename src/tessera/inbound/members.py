"""One message and its member: found or registered, and changed where the message is newer than what is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera import loyalty
from tessera.access import chains as access_chains
from tessera.inbound.attributes import BY_NAME
from tessera.inbound.errors import InboundProgramError
from tessera.inbound.outcomes import Outcome, applied, ignored
from tessera.inbound.sources import Mapped, Messages, Rules
from tessera.inbound.store import messages as store
from tessera.inbound.values import MessageState
from tessera.platform.actors import Actor
from tessera.platform.db import Session


@dataclass(frozen=True, slots=True)
class Claim:
    """A profile whose messages this worker alone applies until its transaction ends."""

    profile_id: UUID
    chain_id: UUID
    actor: Actor
    source: Messages
    rules: Rules
    now: datetime


async def apply_to_member(session: Session, claim: Claim, mapped: Mapped, moment: int) -> Outcome:
    """Register or change the member that a message describes; `moment` says how new the message is."""
    lookup = BY_NAME[claim.rules.lookup_by]
    value = mapped.values[lookup.name]
    member = await loyalty.hold_customer(session, claim.actor, claim.chain_id, **{lookup.field: value})
    if member is None:
        return await register(session, claim, mapped, moment)
    if not claim.rules.update_existing:
        return ignored("update_existing_off", member.id)
    return await update(session, claim, member, mapped, moment)


async def register(session: Session, claim: Claim, mapped: Mapped, moment: int) -> Outcome:
    """Create the member, and its membership where the profile names a program."""
    if not claim.rules.register_new:
        return ignored("register_new_off")
    present = {name: value for name, value in mapped.values.items() if value is not None}
    fields, lines = split(present)
    # An account has a last name; until one is sent, the member is called by what it was looked up by.
    fields.setdefault("last_name", str(present[claim.rules.lookup_by]))
    new = loyalty.NewCustomer(**fields, address=access_chains.Address(**lines) if lines else None)
    (account_id,) = await loyalty.create_accounts(session, claim.actor, claim.chain_id, [new], now=claim.now)
    if claim.rules.program is not None:
        await enrol(session, claim, account_id, claim.rules.program)
    await keep_clocks(session, claim, account_id, {}, dict.fromkeys(mapped.values, moment))
    return applied(MessageState.REGISTERED, account_id, mapped.notes)


async def enrol(session: Session, claim: Claim, account_id: UUID, code: str) -> None:
    """Make the new member one of the program's."""
    narrowing = loyalty.ProgramFilter(chain_ids=[claim.chain_id], codes=[code])
    programs = await loyalty.list_programs(session, claim.actor, narrowing)
    if not programs:
        raise InboundProgramError(f"There is no loyalty program {code}. Name another one in Extra Settings, or none.")
    membership = loyalty.NewMembership(account_id=account_id, program_id=programs[0].id)
    await loyalty.create_memberships(session, claim.actor, claim.chain_id, [membership], now=claim.now)


async def update(session: Session, claim: Claim, member: loyalty.Customer, mapped: Mapped, moment: int) -> Outcome:
    """Change what differs, but for what a newer message has set already."""
    clocks = await store.find_clocks(session, claim.profile_id, member.id)
    newer = newer_values(claim, mapped, clocks, moment)
    change = make_change(member.id, newer)
    (after,) = await loyalty.update_accounts(session, claim.actor, claim.chain_id, [change], now=claim.now)
    await keep_clocks(session, claim, member.id, clocks, dict.fromkeys(newer, moment))
    return applied(MessageState.UNCHANGED if after == member else MessageState.UPDATED, member.id, mapped.notes)


def newer_values(claim: Claim, mapped: Mapped, clocks: Mapping[str, int], moment: int) -> dict[str, Any]:
    """Return what of a message no newer one has set already.

    A merged member was found under a name that is another one's: the attribute looked up by is never changed.
    """
    return {
        name: value
        for name, value in mapped.values.items()
        if name != claim.rules.lookup_by and clocks.get(name, 0) <= moment
    }


def make_change(account_id: UUID, values: Mapping[str, Any]) -> loyalty.CustomerChange:
    """Return the change of a member that sets these attributes."""
    fields, lines = split(values)
    if lines:
        fields["address"] = access_chains.Address(**lines)
    return loyalty.CustomerChange(id=account_id, **fields)


async def keep_clocks(
    session: Session, claim: Claim, account_id: UUID, before: Mapping[str, int], new: Mapping[str, int]
) -> None:
    """Remember how new the member's values are now."""
    after = {**before, **new}
    if after != before:
        await store.write_clocks(
            session, profile_id=claim.profile_id, chain_id=claim.chain_id, account_id=account_id, moments=after
        )


def split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values by their places in an account, and those by their places in its address."""
    fields = {BY_NAME[name].field: value for name, value in values.items() if BY_NAME[name].field}
    lines = {BY_NAME[name].line: value for name, value in values.items() if BY_NAME[name].line}
    return fields, lines
