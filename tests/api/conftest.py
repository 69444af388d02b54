"""A Connector API on a real database, asked in process with the exact bytes of a request."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from litestar.datastructures import State

from tessera.access.chains import NewEnterprise, create_chains, create_enterprises
from tessera.access.keys import NewAccessToken, create_access_tokens, create_client_tokens, list_tokens
from tessera.api import build_api
from tessera.loyalty import NewCustomer, create_accounts
from tessera.platform.actors import system_actor
from tessera.platform.db import Database
from tessera.platform.jobs import JobQueue
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import Settings

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SYSTEM = system_actor("tests")


@dataclass
class TestClock:
    """A clock that stands until it is moved."""

    __test__ = False
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def message(self) -> str:
        return str(self.data["Message"])


@dataclass
class Api:
    """The application, and whoever asks it."""

    app: Any
    name: str
    clock: TestClock
    chain_id: UUID
    enterprise_id: UUID
    account_ids: list[str]
    client_token: str
    access_token: str
    database: Database
    keys: KeyRing

    async def send(
        self,
        path: str,
        body: bytes,
        *,
        method: str = "POST",
        headers: dict[str, str] | None = None,
        chunks: int = 1,
    ) -> Reply:
        """Ask with exactly these bytes, below the API's address unless the path is a whole one."""
        path = path if path.startswith("/") else f"/api/connector/v1/{path}"
        size = max(1, -(-len(body) // chunks))
        parts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
        events = [
            {"type": "http.request", "body": part, "more_body": place < len(parts) - 1}
            for place, part in enumerate(parts)
        ]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return events.pop(0) if events else {"type": "http.disconnect"}

        async def keep(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 80),
            "extensions": {},
            "state": {},
        }
        await self.app(scope, receive, keep)
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], found, b"".join(part.get("body", b"") for part in sent[1:]))

    async def call(self, path: str, *, headers: dict[str, str] | None = None, **members: Any) -> Reply:
        """Ask with credentials and these members."""
        given = {"ClientToken": self.client_token, "AccessToken": self.access_token, "Client": "Tests 1.0"}
        return await self.send(path, msgspec.json.encode({**given, **members}), headers=headers)

    async def good(self, path: str, **members: Any) -> Any:
        """Ask, and expect success."""
        reply = await self.call(path, **members)
        assert reply.status == 200, reply.body
        return reply.data

    async def add_program(self, code: str = "PC01", **members: Any) -> str:
        """Add a program and return its id."""
        item = {"Name": "Harbour Circle", "Code": code, "Type": "Hotel", "Subscription": "Free"}
        data = await self.good("loyaltyPrograms/add", LoyaltyPrograms=[{**item, **members}])
        return str(data["LoyaltyPrograms"][0]["Id"])

    async def add_tier(self, program_id: str, code: str = "GOLD", **members: Any) -> str:
        """Add a tier and return its id."""
        item = {"LoyaltyProgramId": program_id, "Name": "Gold", "Code": code, "Ordering": 1}
        data = await self.good("loyaltyTiers/add", LoyaltyTiers=[{**item, **members}])
        return str(data["LoyaltyTiers"][0]["Id"])

    async def add_memberships(self, *items: dict[str, Any]) -> list[dict[str, Any]]:
        """Add memberships and return them."""
        data = await self.good("loyaltyMemberships/add", LoyaltyMemberships=list(items))
        return list(data["LoyaltyMemberships"])

    def with_tokens(self, client_token: str, access_token: str) -> "Api":
        """Return the same application asked with other tokens."""
        return Api(**{**self.__dict__, "client_token": client_token, "access_token": access_token})


BuildApi = Callable[..., Awaitable[Api]]


@pytest.fixture
def build(database: Database, keys: KeyRing, tmp_path: Any) -> BuildApi:
    """Return the maker of APIs: each with a chain, an enterprise, customers and tokens of its own."""

    async def build_one(*, name: str = "Harbour", customers: int = 5, **settings: Any) -> Api:
        given = {"connector_request_limit": 0, "data_dir": tmp_path, **settings}
        clock = TestClock()
        resources = Resources(Settings(**given), database, keys, JobQueue(database), clock)
        app = Litestar(build_api(), state=State({"resources": resources}), openapi_config=None)
        async with database.session() as session:
            (chain,) = await create_chains(session, SYSTEM, [name], now=NOON)
            (enterprise,) = await create_enterprises(session, SYSTEM, chain.id, [NewEnterprise(name=name)], now=NOON)
            people = [NewCustomer(last_name=f"Guest {number}") for number in range(customers)]
            accounts = await create_accounts(session, SYSTEM, chain.id, people, now=NOON) if people else []
            (client,) = await create_client_tokens(session, SYSTEM, keys, [name], now=NOON)
            wanted = NewAccessToken(client_token_id=client.id, label=name, enterprise_ids=[enterprise.id])
            (access,) = await create_access_tokens(session, SYSTEM, keys, [wanted], now=NOON)
        return Api(
            app=app,
            name=name,
            clock=clock,
            chain_id=chain.id,
            enterprise_id=enterprise.id,
            account_ids=[str(account) for account in accounts],
            client_token=client.text,
            access_token=access.text,
            database=database,
            keys=keys,
        )

    return build_one


@pytest.fixture
async def other(build: BuildApi) -> Api:
    """Return the API as a stranger of another chain sees it."""
    return await build(name="Stranger")


async def add_token(api: Api, **members: Any) -> Api:
    """Return the API asked with one more access token of the same application."""
    async with api.database.session() as session:
        tokens = await list_tokens(session, SYSTEM)
        (client,) = [one for one in tokens if one.client_token_id is None and one.label == api.name]
        given = {"client_token_id": client.id, "label": "another", "enterprise_ids": [api.enterprise_id], **members}
        (made,) = await create_access_tokens(session, SYSTEM, api.keys, [NewAccessToken(**given)], now=NOON)
    return api.with_tokens(api.client_token, made.text)


@pytest.fixture
async def portfolio(api: Api, other: Api) -> Api:
    """Return the API asked with a token for both chains."""
    return await add_token(api, portfolio=True, enterprise_ids=[api.enterprise_id, other.enterprise_id])


@pytest.fixture
async def api(build: BuildApi) -> Api:
    """Return an API without a request limit."""
    return await build()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
async def port(api: Api) -> AsyncIterator[int]:
    """Serve the API on a free port."""
    chosen = free_port()
    server = Server(api.app, address="127.0.0.1", port=chosen, interface=Interfaces.ASGI, log_enabled=False)
    task = asyncio.create_task(server.serve())
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", chosen)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            break
    yield chosen
    server.stop()  # type: ignore[no-untyped-call]
    await task
