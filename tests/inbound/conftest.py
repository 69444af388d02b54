"""A deployment with an inbound profile, its door asked in process, and a worker's part to be played."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State
from sqlalchemy import text
from tests.builders.house import make_settings
from tests.builders.mparticle import encode

from tessera import connectors, inbound, loyalty
from tessera.access import chains as access_chains
from tessera.api import build_api
from tessera.connectors import NewProfile, Profile, ProfileChange, address_policy
from tessera.inbound import InboundMessage, MessageQuery, MessageState
from tessera.loyalty import Customer, CustomerFilter
from tessera.platform.actors import Actor, ActorKind, command_line_actor
from tessera.platform.clock import now
from tessera.platform.db import Database, fetch_rows
from tessera.platform.jobs import JobQueue
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

OWNER = command_line_actor("test")
DOOR = "/integrations/mparticle/inbound"
MAPPING: dict[str, Any] = {
    "user_profiles": {
        "lookup_by": "integration_id",
        "user_attributes": {
            "customer": "integration_id",
            "email": "email",
            "$FirstName": "first_name",
            "$LastName": "last_name",
            "$City": "address_city",
            "birthday": "birth_date",
            "code": "loyalty_code",
        },
    }
}


@dataclass
class Inlet:
    """An inbound profile, and whoever delivers to it."""

    resources: Resources
    client: httpx.AsyncClient
    chain_id: UUID
    profile: Profile
    token: str = field(repr=False)

    @property
    def database(self) -> Database:
        return self.resources.database

    @property
    def outsider(self) -> Actor:
        """Somebody with every permission in another chain."""
        return Actor(ActorKind.USER, None, "Charlie", chains=frozenset({UUID(int=7)}))

    def reader(self, *permissions: str) -> Actor:
        """Somebody of the chain with these permissions only."""
        return Actor(
            ActorKind.USER, None, "Rita", chains=frozenset({self.chain_id}), permissions=frozenset(permissions)
        )

    async def post(
        self, body: Any, *, token: str | None = None, name: str | None = None, scheme: str = "Token", **headers: str
    ) -> httpx.Response:
        """Deliver a body: bytes as they are, anything else as JSON."""
        shown = {} if token == "" else {"Authorization": f"{scheme} {token or self.token}"}
        content = body if isinstance(body, bytes) else encode(body)
        address = f"{DOOR}/{name or self.profile.internal_name}"
        return await self.client.post(address, content=content, headers={**shown, **headers})

    async def deliver(self, *documents: Any) -> None:
        """Deliver documents one by one, and have them applied."""
        for document in documents:
            assert (await self.post(document)).status_code in (200, 202)
        await self.work()

    async def work(self) -> int:
        """Do a worker's part until nothing waits."""
        return await inbound.apply_due_messages(self.resources)

    async def change(self, *, enabled: bool | None = None, **settings: Any) -> None:
        """Change the mapping or the switch."""
        change = ProfileChange(settings={"extra_settings": settings} if settings else {}, enabled=enabled)
        async with self.database.session() as session:
            await connectors.update_profile(
                session,
                OWNER,
                self.profile,
                change,
                keys=self.resources.keys,
                policy=address_policy(self.resources.settings),
            )

    async def members(self) -> list[Customer]:
        """Return all customers of the chain, oldest first."""
        async with self.database.session() as session:
            found = await loyalty.list_customers(session, OWNER, CustomerFilter(chain_ids=[self.chain_id]))
        return list(reversed(found))

    async def messages(self, state: MessageState | None = None) -> list[InboundMessage]:
        """Return the messages, oldest first."""
        asked = MessageQuery(state, sort="received", size=500)
        async with self.database.session() as session:
            page = await inbound.list_inbound_messages(session, OWNER, self.profile.id, asked)
        return list(page.items)

    async def states(self) -> list[str]:
        """Return the messages' states, oldest first."""
        return [str(message.state) for message in await self.messages()]

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        """Return what a statement finds."""
        async with self.database.session() as session:
            return [dict(row) for row in await fetch_rows(session, text(statement), {})]


async def create_inbound(
    resources: Resources, chain: str, label: str = "CRM", mapping: Any = None
) -> tuple[UUID, Profile]:
    """Create a chain with an inbound profile; without a mapping it has the default."""
    settings = {} if mapping is None else {"extra_settings": json.dumps(mapping)}
    async with resources.database.session() as session:
        (made,) = await access_chains.create_chains(session, OWNER, [chain], now=now())
        profile = await connectors.create_profile(
            session,
            OWNER,
            chain_id=made.id,
            new=NewProfile("mparticle_inbound", "standard", label, settings=settings),
            keys=resources.keys,
            policy=address_policy(resources.settings),
        )
    return made.id, profile


@asynccontextmanager
async def deliverer(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    """Reach a door on this ground without a network."""
    app: Any = Litestar(build_api(), state=State({"resources": resources}), openapi_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tessera.test") as client:
        yield client


@asynccontextmanager
async def open_inlet(
    database: Database, keys: KeyRing, folder: Path, *, mapping: Any = MAPPING
) -> AsyncIterator[Inlet]:
    resources = Resources(make_settings(folder), database, keys, JobQueue(database))
    chain_id, profile = await create_inbound(resources, "Harbour", mapping=mapping)
    assert profile.token is not None
    async with deliverer(resources) as client:
        yield Inlet(resources, client, chain_id, profile, profile.token)


@pytest.fixture
async def inlet(database: Database, keys: KeyRing, tmp_path: Path) -> AsyncIterator[Inlet]:
    async with open_inlet(database, keys, tmp_path) as opened:
        yield opened


@pytest.fixture
async def plain(database: Database, keys: KeyRing, tmp_path: Path) -> AsyncIterator[Inlet]:
    """An inlet with the default mapping."""
    async with open_inlet(database, keys, tmp_path, mapping=None) as opened:
        yield opened
