"""A request that the database cannot answer in time."""

from dataclasses import replace

from litestar import Litestar
from litestar.datastructures import State

from tessera.api import build_api
from tessera.platform.db import Database, app_address, driver
from tessera.platform.jobs import JobQueue
from tessera.platform.resources import Resources
from tessera.platform.settings import Settings

from .conftest import Api

PROGRAM = {"Name": "x", "Code": "X", "Type": "Hotel", "Subscription": "Free"}


async def test_request_that_waits_too_long_is_ended(api: Api, admin_address: str) -> None:
    impatient = Database(app_address(admin_address, api.keys), statement_seconds=0.2)
    resources = Resources(Settings(connector_request_limit=0), impatient, api.keys, JobQueue(impatient), api.clock)
    hasty = replace(api, app=Litestar(build_api(), state=State({"resources": resources}), openapi_config=None))
    async with api.database.session() as session:
        await (await driver(session)).execute("SELECT FROM chains FOR UPDATE")
        reply = await hasty.call("loyaltyPrograms/add", LoyaltyPrograms=[PROGRAM])
    assert reply.status == 408, reply.body
    assert "too long" in reply.message
    assert (await hasty.call("loyaltyPrograms/add", LoyaltyPrograms=[PROGRAM])).status == 200
    await impatient.close()
