"""The members that every benchmark sends, made in a chain of their own; `rows` copies them for the others."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from tessera.access.chains import create_chains
from tessera.cli.demo.people import PROGRAMS, Person, make_batches, make_people
from tessera.loyalty import (
    MembershipState,
    NewCustomer,
    NewMembership,
    NewProgram,
    NewTier,
    Tier,
    create_accounts,
    create_memberships,
    create_programs,
    create_tiers,
)
from tessera.platform.actors import Actor, system_actor
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.settings import Settings
from tessera.wiring import open_application

SEED = 20
PEOPLE_A_CALL = 10_000


async def create_members(settings: Settings, count: int) -> UUID:
    """Create a chain with so many members, through the loyalty room's bulk functions; return the chain."""
    async with open_application(settings, application="tessera benchmark") as house:
        return await fill_chain(house.resources.database, system_actor("benchmark"), count)


async def fill_chain(database: Database, actor: Actor, count: int) -> UUID:
    """Create chain, programs, tiers, and people with their memberships."""
    moment = now()
    async with database.session() as session:
        (chain,) = await create_chains(session, actor, [f"Benchmark, {count:,} members"], now=moment)
        plans = [NewProgram(name=plan.name, code=plan.code) for plan in PROGRAMS]
        programs = await create_programs(session, actor, chain.id, plans, now=moment)
        tiers = await create_tiers(
            session,
            actor,
            chain.id,
            [
                NewTier(program_id=program.id, name=tier.name, code=tier.code, ordering=place)
                for program, plan in zip(programs, PROGRAMS, strict=True)
                for place, tier in enumerate(plan.tiers)
            ],
            now=moment,
        )
    for people in make_batches(make_people(count, seed=SEED, today=date(2026, 1, 1)), PEOPLE_A_CALL):
        async with database.session() as session:
            customers = [make_customer(person) for person in people]
            accounts = await create_accounts(session, actor, chain.id, customers, now=moment)
            memberships = [make_membership(*pair, tiers) for pair in zip(people, accounts, strict=True)]
            await create_memberships(session, actor, chain.id, memberships, now=moment)
    return chain.id


def make_customer(person: Person) -> NewCustomer:
    """Return the person as a customer."""
    return NewCustomer(
        last_name=person.family_name,
        first_name=person.given_name,
        email=person.email,
        birth_date=person.birth_date,
        nationality_code=person.country,
        preferred_language_code=person.language,
    )


def make_membership(person: Person, account_id: UUID, tiers: Sequence[Tier]) -> NewMembership:
    """Return the person's membership; every program has as many tiers as the first."""
    tier = tiers[person.program * len(PROGRAMS[0].tiers) + person.tier]
    return NewMembership(
        account_id=account_id,
        program_id=tier.program_id,
        tier_id=tier.id,
        state=MembershipState(person.state),
        membership_number=person.membership_number,
        points=person.points,
        is_primary=True,
    )
