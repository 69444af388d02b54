"""Names of chains and enterprises that another request takes after they were checked."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.builders.locks import wait_until_blocked
from tests.loyalty.conftest import NOON, SYSTEM, House

from tessera.access.chains import NewEnterprise, create_chains, create_enterprises
from tessera.access.chains.errors import ChainNameTakenError, EnterpriseNameTakenError
from tessera.platform.db import Database, Session
from tessera.platform.errors import TesseraError


async def refuse_second(database: Database, work: Callable[[Session], Awaitable[object]]) -> TesseraError:
    """Do the work in two transactions at once; return how the second is refused."""

    async def repeat() -> None:
        async with database.session() as session:
            await work(session)

    async with database.session() as session:
        await work(session)
        second = asyncio.create_task(repeat())
        await wait_until_blocked(session, second)
    with pytest.raises(TesseraError) as refused:
        await second
    return refused.value


async def test_name_of_a_chain_taken_at_the_same_time_is_refused_at_its_field(database: Database) -> None:
    error = await refuse_second(database, lambda session: create_chains(session, SYSTEM, ["Harbour"], now=NOON))
    assert isinstance(error, ChainNameTakenError)
    assert error.details == {"field": "name"}


async def test_name_of_an_enterprise_taken_at_the_same_time_is_refused_at_its_field(
    database: Database, house: House
) -> None:
    new = NewEnterprise(name="Pier")
    error = await refuse_second(
        database, lambda session: create_enterprises(session, SYSTEM, house.chain_id, [new], now=NOON)
    )
    assert isinstance(error, EnterpriseNameTakenError)
    assert error.details == {"field": "name"}
