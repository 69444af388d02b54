"""A small house with something to export: a chain, its members, and a definition that sends them."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from tessera import connectors, exports, loyalty, outbound, queries
from tessera.access import chains as access_chains
from tessera.access import keys as access_keys
from tessera.access.keys import NewApiKey
from tessera.connectors import NewProfile, address_policy
from tessera.exports import Definition, Executor, NewDefinition, Owner, Run
from tessera.loyalty import NewCustomer, NewMembership, NewProgram
from tessera.outbound import NewTemplate
from tessera.platform.actors import Actor, ActorKind, command_line_actor
from tessera.platform.clock import now
from tessera.platform.db import Database, Session
from tessera.platform.http import OutboundClient
from tessera.platform.jobs import JobQueue
from tessera.platform.paces import Paces
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import Settings, load_settings
from tessera.queries import NewQuery, QueryEngine
from tessera.queries.engines.sql import SqlEngine

ACTOR = command_line_actor("test")
TOKEN = "a-token-for-tests"
QUERY = "SELECT membership_id AS id, membership_number AS number, balance, first_name, last_name FROM members"
BODY = {
    "id": "{{ id }}",
    "number": "{{ number }}",
    "balance": "{{ balance }}",
    "name": "{{ first_name }} {{ last_name }}",
}


@dataclass(frozen=True)
class SmallHouse:
    """The parts that a test works with."""

    resources: Resources
    engine: QueryEngine
    client: OutboundClient

    @property
    def database(self) -> Database:
        """The application's database."""
        return self.resources.database

    def executor(self, name: str = "worker") -> Executor:
        """Return an executor as a worker would have."""
        return Executor(
            self.resources,
            self.engine,
            self.client,
            Paces(self.database, lease_seconds=self.resources.settings.run_lease_seconds),
            name=name,
        )


def make_settings(folder: Path, **given: Any) -> Settings:
    """Return settings that let calls reach loopback, with leases short enough for a test."""
    defaults: dict[str, Any] = {
        "data_dir": folder,
        "allowed_networks": "127.0.0.0/8, ::1/128",
        "allow_insecure_http": True,
        "run_lease_seconds": 1,
        "job_heartbeat_seconds": 0.3,
        "job_stalled_seconds": 1,
    }
    return load_settings({}, **(defaults | given))


@asynccontextmanager
async def open_small_house(
    database: Database, query_address: str, keys: KeyRing, settings: Settings
) -> AsyncIterator[SmallHouse]:
    """Make a house on the test's database."""
    resources = Resources(settings, database, keys, JobQueue(database))
    client = OutboundClient(allowed_networks=settings.allowed_networks, allow_insecure_http=True)
    try:
        yield SmallHouse(resources, SqlEngine(database, query_address, settings), client)
    finally:
        await client.close()


async def create_members(database: Database, count: int, *, chain: str = "Harbour Hotels") -> UUID:
    """Create a chain with one program and so many members; return the chain's id."""
    moment = now()
    async with database.session() as session:
        (made,) = await access_chains.create_chains(session, ACTOR, [chain], now=moment)
        (program,) = await loyalty.create_programs(
            session, ACTOR, made.id, [NewProgram(name="Harbour Circle", code="HARB")], now=moment
        )
        customers = [NewCustomer(first_name=f"Ada{n}", last_name=f"O'Neil {n}") for n in range(count)]
        accounts = await loyalty.create_accounts(session, ACTOR, made.id, customers, now=moment)
        memberships = [
            NewMembership(account_id=account, program_id=program.id, membership_number=f"{n:06}", points=n)
            for n, account in enumerate(accounts)
        ]
        for start in range(0, count, 1000):
            part = memberships[start : start + 1000]
            await loyalty.create_memberships(session, ACTOR, made.id, part, now=moment)
    return made.id


async def create_export(
    house: SmallHouse,
    chain_id: UUID,
    url: str,
    *,
    query: str = QUERY,
    keys: Sequence[str] = ("id",),
    body: Any = BODY,
    settings: dict[str, Any] | None = None,
    choices: dict[str, Any] | None = None,
    **shape: Any,
) -> Definition:
    """Create a profile, a query, a template and a definition, with its `choices`; `shape` changes the template.

    It is a bearer profile, unless the settings hold an OAuth client.
    """
    given = settings or {}
    variant, access = ("oauth2", {}) if "client_id" in given else ("bearer", {"token": TOKEN})
    policy = address_policy(house.resources.settings)
    plain = {"method": "POST", "url_path": "members", "body": json.dumps(body), "batch_size": 10}
    async with house.database.session() as session:
        profile = await connectors.create_profile(
            session,
            ACTOR,
            chain_id=chain_id,
            new=NewProfile("http_api", variant, "Receiver", settings={"base_url": url, **access, **given}),
            keys=house.resources.keys,
            policy=policy,
        )
        saved = await queries.create_query(
            session, ACTOR, house.engine, chain_id=chain_id, new=NewQuery("Members", query, key_columns=tuple(keys))
        )
        template = await outbound.create_template(
            session,
            ACTOR,
            chain_id=chain_id,
            new=NewTemplate("Members", saved.id, profile.id, outbound.read_shape(plain | shape)),
            keys=house.resources.keys,
        )
        given = {"owner": await create_owner(house, session, chain_id), **(choices or {})}
        return await exports.create_definition(
            session,
            ACTOR,
            chain_id=chain_id,
            new=NewDefinition("Members out", saved.id, template.id, **given),
            keys=house.resources.keys,
            now=now(),
        )


async def create_owner(house: SmallHouse, session: Session, chain_id: UUID) -> Owner:
    """Create an API key that may see the chain's members, to own what sends them."""
    new = NewApiKey("Exports", frozenset({chain_id}), frozenset({"members:read"}))
    (made,) = await access_keys.create_api_keys(session, ACTOR, house.resources.keys, [new], now=now())
    return Owner(ActorKind.API_KEY, made.key.id, made.key.label)


async def start_run(house: SmallHouse, definition: Definition, **given: Any) -> Run:
    """Create a run; nobody works on it yet."""
    async with house.database.session() as session:
        return await exports.start_run(session, ACTOR, house.resources, definition_id=definition.id, **given)


async def release_run(house: SmallHouse, run: Run, actor: Actor = ACTOR) -> Run:
    """Release a held run; nobody works on it yet."""
    async with house.database.session() as session:
        return await exports.release_run(session, actor, house.resources, run_id=run.id)


async def read_run(house: SmallHouse, run_id: UUID) -> Run:
    """Return the run as it is now."""
    async with house.database.session() as session:
        return await exports.get_run(session, ACTOR, run_id=run_id)


async def run_to_end(house: SmallHouse, definition: Definition, **given: Any) -> Run:
    """Run the definition in this process and return the ended run."""
    run = await start_run(house, definition, **given)
    for shard in range(definition.shards):
        await house.executor().execute(str(run.id), shard)
    return await read_run(house, run.id)


async def wait_until_settled(house: SmallHouse, run_id: UUID, rows: int) -> Run:
    """Return the run once so many rows are settled or it has ended."""
    async with asyncio.timeout(60):
        while True:
            run = await read_run(house, run_id)
            if run.settled >= rows or not run.active:
                return run
            await asyncio.sleep(0.01)
