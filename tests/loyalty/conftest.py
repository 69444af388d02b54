"""Two chains that must not know of each other, each with an enterprise, a program, a tier and customers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from tessera.access.chains import NewEnterprise, create_chains, create_enterprises
from tessera.loyalty import NewCustomer, NewProgram, NewTier, create_accounts, create_programs, create_tiers
from tessera.platform.actors import Actor, ActorKind, system_actor
from tessera.platform.db import Database
from tessera.platform.ids import new_id

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SYSTEM = system_actor("tests")


@dataclass(frozen=True)
class House:
    """What one chain holds, and somebody who sees this chain only."""

    chain_id: UUID
    enterprise_id: UUID
    program_id: UUID
    tier_id: UUID
    account_ids: list[UUID]
    actor: Actor


async def build_house(database: Database, name: str, customers: int = 5) -> House:
    async with database.session() as session:
        (chain,) = await create_chains(session, SYSTEM, [name], now=NOON)
        (enterprise,) = await create_enterprises(session, SYSTEM, chain.id, [NewEnterprise(name=name)], now=NOON)
        (program,) = await create_programs(session, SYSTEM, chain.id, [NewProgram(name=name, code="ONE")], now=NOON)
        tier = NewTier(program_id=program.id, name="Gold", code="GOLD", ordering=1)
        (made,) = await create_tiers(session, SYSTEM, chain.id, [tier], now=NOON)
        people = [NewCustomer(last_name=f"Guest {number}") for number in range(customers)]
        accounts = await create_accounts(session, SYSTEM, chain.id, people, now=NOON)
    actor = Actor(ActorKind.ACCESS_TOKEN, new_id(), f"token of {name}", frozenset({chain.id}))
    return House(chain.id, enterprise.id, program.id, made.id, accounts, actor)


@pytest.fixture
def build(database: Database) -> Callable[..., Awaitable[House]]:
    """Return the maker of houses."""
    return lambda name, customers=5: build_house(database, name, customers)


@pytest.fixture
async def house(database: Database) -> House:
    """Return the chain of the test."""
    return await build_house(database, "Harbour")


@pytest.fixture
async def stranger(database: Database) -> House:
    """Return a chain that nobody of the first may see."""
    return await build_house(database, "Stranger")
