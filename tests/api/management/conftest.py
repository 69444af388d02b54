"""The management API on a real database, asked in process with the exact bytes of a request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from litestar import Litestar
from litestar.datastructures import State
from tests.api.conftest import NOON, Reply, TestClock

from tessera.access.chains import create_chains
from tessera.access.keys import MadeApiKey, NewApiKey, create_api_keys
from tessera.access.roles import ADMIN_ROLE_ID
from tessera.api import build_api
from tessera.loyalty import NewCustomer, NewMembership, NewProgram, create_accounts, create_memberships, create_programs
from tessera.platform.actors import system_actor
from tessera.platform.db import Database
from tessera.platform.http import OutboundClient
from tessera.platform.ids import new_id
from tessera.platform.jobs import JobQueue
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import Settings
from tessera.queries.engines.sql import SqlEngine

SYSTEM = system_actor("tests")
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass
class Desk:
    """The application, and the key that it is asked with."""

    app: Any
    resources: Resources
    clock: TestClock
    chain_id: UUID
    key: str | None

    async def send(
        self, method: str, path: str, body: bytes = b"", *, headers: dict[str, str] | None = None, key: str | None = ""
    ) -> Reply:
        """Ask with exactly these bytes, below the API's address unless the path is a whole one."""
        path = path if path.startswith("/api/") else f"/api/v1{path}"
        bare, _, query = path.partition("?")
        parts = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[dict[str, Any]] = []
        given = {"authorization": f"Bearer {key or self.key}"} if (key or self.key) and key is not None else {}

        async def receive() -> dict[str, Any]:
            # A client that has sent everything waits for its answer.
            return parts.pop() if parts else await asyncio.Event().wait()  # type: ignore[return-value]

        async def keep(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": bare,
            "raw_path": bare.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [
                (name.lower().encode(), value.encode()) for name, value in {**given, **(headers or {})}.items()
            ],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 80),
            "extensions": {},
            "state": {},
        }
        await self.app(scope, receive, keep)
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], found, b"".join(part.get("body", b"") for part in sent[1:]))

    async def call(self, method: str, path: str, *, idempotency_key: str | None = None, **members: Any) -> Reply:
        """Ask with these members as JSON, without a body where there are none."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return await self.send(method, path, msgspec.json.encode(members) if members else b"", headers=headers)

    async def good(self, method: str, path: str, *, status: int = 200, **members: Any) -> Any:
        """Ask, and expect success."""
        reply = await self.call(method, path, **members)
        assert reply.status == status, reply.body
        return reply.data if reply.body else None

    async def make_key(self, label: str = "another", **given: Any) -> MadeApiKey:
        """Make a key for this API's chain, which may do everything there unless told otherwise."""
        granted = {} if {"roles", "permissions"} & set(given) else {"roles": frozenset({ADMIN_ROLE_ID})}
        new = NewApiKey(label, **{"chains": frozenset({self.chain_id}), **granted, **given})
        async with self.resources.database.session() as session:
            (made,) = await create_api_keys(session, SYSTEM, self.resources.keys, [new], now=self.clock())
        return made

    async def add_memberships(self, count: int = 1, **program: Any) -> list[str]:
        """Add a program and memberships of customers of their own; return the memberships' ids."""
        async with self.resources.database.session() as session:
            new = NewProgram(name="Harbour Circle", code=f"C{new_id().hex[-12:]}", **program)
            (made,) = await create_programs(session, SYSTEM, self.chain_id, [new], now=self.clock())
            people = [NewCustomer(last_name=f"Guest {number}") for number in range(count)]
            accounts = await create_accounts(session, SYSTEM, self.chain_id, people, now=self.clock())
            wanted = [NewMembership(account_id=account, program_id=made.id) for account in accounts]
            members = await create_memberships(session, SYSTEM, self.chain_id, wanted, now=self.clock())
        return [str(member.id) for member in members]

    def with_key(self, key: str | None) -> "Desk":
        """Return the same application asked with another key."""
        return Desk(self.app, self.resources, self.clock, self.chain_id, key)

    async def with_new_key(self, **given: Any) -> "Desk":
        """Return the same application asked with a key of its own."""
        return self.with_key((await self.make_key(**given)).text)


BuildDesk = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def outbound() -> AsyncIterator[OutboundClient]:
    """Return a client that may call this machine."""
    client = OutboundClient(allowed_networks=LOOPBACK, allow_insecure_http=True)
    yield client
    await client.close()


@pytest.fixture
def configure(
    database: Database, query_address: str, keys: KeyRing, tmp_path: Path, outbound: OutboundClient
) -> BuildDesk:
    """Return the maker of desks, each with a chain of its own and a key that may do everything in it."""

    async def furnish_one(name: str = "Harbour", **settings: Any) -> Desk:
        clock = TestClock()
        resources = Resources(Settings(data_dir=tmp_path, **settings), database, keys, JobQueue(database), clock)
        engine = SqlEngine(database, query_address, resources.settings)
        state = State({"resources": resources, "engine": engine, "client": outbound})
        app = Litestar(build_api(), state=state, openapi_config=None, logging_config=None)
        async with database.session() as session:
            (chain,) = await create_chains(session, SYSTEM, [name], now=NOON)
        desk = Desk(app, resources, clock, chain.id, None)
        return await desk.with_new_key(label=name)

    return furnish_one


@pytest.fixture
async def desk(configure: BuildDesk) -> Desk:
    """Return the API asked with a key that may do everything in one chain."""
    return await configure()


@pytest.fixture
async def root(desk: Desk) -> Desk:
    """Return the API asked with a key that may do everything in every chain."""
    return await desk.with_new_key(label="root", chains=None)


@pytest.fixture
async def stranger(configure: BuildDesk) -> Desk:
    """Return the API asked with a key of another chain."""
    return await configure("Stranger")
