"""Two web processes on one database: a limit is a limit, and a revoked token is refused by both."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.builders.servers import web_process

from tessera.access.chains import NewEnterprise, create_chains, create_enterprises
from tessera.access.keys import NewAccessToken, create_access_tokens, create_client_tokens, revoke_token
from tessera.platform.actors import system_actor
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing

SYSTEM = system_actor("tests")
LIMIT = 40


@pytest.fixture
async def tokens(database: Database, keys: KeyRing) -> tuple[dict[str, str], UUID]:
    """Return the credentials of a client, and the id of its access token."""
    async with database.session() as session:
        (chain,) = await create_chains(session, SYSTEM, ["Harbour"], now=now())
        (one,) = await create_enterprises(session, SYSTEM, chain.id, [NewEnterprise(name="One")], now=now())
        (client,) = await create_client_tokens(session, SYSTEM, keys, ["CRM"], now=now())
        wanted = NewAccessToken(client_token_id=client.id, label="One", enterprise_ids=[one.id])
        (access,) = await create_access_tokens(session, SYSTEM, keys, [wanted], now=now())
    return {"ClientToken": client.text, "AccessToken": access.text, "Client": "Tests 1.0"}, access.id


@pytest.fixture
def ports(admin_address: str, keys_file: Path, keys: KeyRing, tmp_path: Path) -> Iterator[list[int]]:
    """Run two web processes."""
    limit = {"TESSERA_CONNECTOR_REQUEST_LIMIT": str(LIMIT)}
    with (
        web_process(admin_address, keys_file, tmp_path, **limit) as first,
        web_process(admin_address, keys_file, tmp_path, **limit) as second,
    ):
        yield [first, second]


async def ask(client: httpx.AsyncClient, port: int, body: dict[str, Any]) -> httpx.Response:
    for _ in range(200):
        try:
            return await client.post(f"http://127.0.0.1:{port}/api/connector/v1/configuration/get", json=body)
        except httpx.ConnectError:
            await asyncio.sleep(0.05)
    raise AssertionError("the web process does not listen")


async def test_limit_is_exact_over_processes(tokens: tuple[dict[str, str], UUID], ports: list[int]) -> None:
    body, _ = tokens
    async with httpx.AsyncClient(timeout=30) as client:
        await asyncio.gather(*(ask(client, port, {**body, "AccessToken": "wrong"}) for port in ports))
        replies = await asyncio.gather(*(ask(client, ports[n % 2], body) for n in range(2 * LIMIT)))

    assert Counter(reply.status_code for reply in replies) == {200: LIMIT, 429: LIMIT}
    waits = {int(reply.headers["retry-after"]) for reply in replies if reply.status_code == 429}
    assert waits <= set(range(1, 31))


async def test_revoked_token_is_refused_by_every_process(
    database: Database, tokens: tuple[dict[str, str], UUID], ports: list[int]
) -> None:
    body, token_id = tokens
    async with httpx.AsyncClient(timeout=30) as client:
        for port in ports:
            assert (await ask(client, port, body)).status_code == 200
        async with database.session() as session:
            await revoke_token(session, SYSTEM, token_id, now=now())
        # For how long a process remembers a token, tests/api/test_credentials.py says; this test waits for any time.
        async with asyncio.timeout(60):
            for port in ports:
                while (await ask(client, port, body)).status_code != 401:  # noqa: ASYNC110 - processes of their own
                    await asyncio.sleep(0.2)
        for port in ports:
            assert (await ask(client, port, body)).status_code == 401
