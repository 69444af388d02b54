"""Callers who hang up: what they asked for ends in the database too."""

import asyncio
import json

import psycopg
from tests.api.management.conftest import Desk
from tests.api.management.test_fuzzing import address

__all__ = ["address"]
RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'tessera_query' AND datname = current_database()"
JOINED = ", ".join(f"members m{number}" for number in range(12))


async def test_count_ends_when_its_caller_hangs_up(root: Desk, address: str, admin_address: str) -> None:
    await root.add_memberships(20)
    body = {"chain_id": str(root.chain_id), "label": "Endless", "text": f"SELECT count(*) AS n FROM {JOINED}"}
    query = await root.good("POST", "/queries", status=201, **body)
    port = int(address.partition("127.0.0.1:")[2].partition("/")[0])
    for deed in ("count", "preview"):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        sent = json.dumps({"parameters": {}})
        head = f"POST /api/v1/queries/{query['id']}/{deed} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {root.key}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n{sent}".encode())
        assert await running(admin_address, until=1) == 1
        writer.close()
        assert await running(admin_address, until=0) == 0


async def running(admin_address: str, *, until: int) -> int:
    """Return how many queries run, as soon as there are as many as expected."""
    count = -1
    with psycopg.connect(admin_address, autocommit=True) as connection:
        for _ in range(200):
            count = next(connection.execute(RUNNING))[0]
            if count == until:
                break
            await asyncio.sleep(0.05)
    return count
