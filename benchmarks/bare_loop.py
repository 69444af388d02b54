"""The ceiling: the same rows, client and concurrency as an export, with nothing written down.

Rows come from PostgreSQL as finished JSON, are joined to bodies, and are sent; no spool, no template, no log, no retry.
It runs in a process of its own, so that its memory can be compared.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from datetime import timedelta

import psycopg
from pyreqwest.client import Client, ClientBuilder

from benchmarks.rows import JSON_ROWS
from tessera.platform.signals import leave_at_once

DATABASE_VARIABLE = "BENCHMARK_DATABASE"
TOKEN_VARIABLE = "BENCHMARK_TOKEN"
REQUESTS_PER_FETCH = 16


class BareLoop:
    """Bodies in at one end of a short queue, calls at the other."""

    def __init__(self, url: str, *, rows_per_request: int, concurrency: int) -> None:
        self._url = url
        self._rows_per_request = rows_per_request
        self._concurrency = concurrency
        self._bodies: asyncio.Queue[bytes | None] = asyncio.Queue(2 * concurrency)
        self.rows = 0
        self.requests = 0

    async def run(self, database: str, token: str) -> None:
        """Send every row."""
        client = ClientBuilder().no_proxy().follow_redirects(False).timeout(timedelta(seconds=30)).build()
        async with client, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(database))
            for _ in range(self._concurrency):
                tasks.create_task(self._send(client, token))

    async def _read(self, database: str) -> None:
        async with (
            await psycopg.AsyncConnection.connect(database) as connection,
            connection.cursor("rows") as cursor,
        ):
            await cursor.execute(JSON_ROWS)
            while found := await cursor.fetchmany(self._rows_per_request * REQUESTS_PER_FETCH):
                texts = [text for (text,) in found]
                for start in range(0, len(texts), self._rows_per_request):
                    part = texts[start : start + self._rows_per_request]
                    await self._bodies.put(f'{{"members":[{",".join(part)}]}}'.encode())
                self.rows += len(texts)
        for _ in range(self._concurrency):
            await self._bodies.put(None)

    async def _send(self, client: Client, token: str) -> None:
        while body := await self._bodies.get():
            request = client.post(self._url).bearer_auth(token).header("Content-Type", "application/json")
            answer = await request.body_bytes(body).build().send()
            await answer.bytes()
            if answer.status != 200:
                raise RuntimeError(f"the receiver answered {answer.status}")
            self.requests += 1


def main() -> None:
    """Run the loop; database and token are in the environment. Print one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_loop", description=main.__doc__)
    parser.add_argument("url")
    parser.add_argument("--rows-per-request", type=int, default=100)
    parser.add_argument("--concurrency", type=int, default=16)
    given = parser.parse_args()
    loop = BareLoop(given.url, rows_per_request=given.rows_per_request, concurrency=given.concurrency)
    begun = time.monotonic()
    asyncio.run(loop.run(os.environ[DATABASE_VARIABLE], os.environ[TOKEN_VARIABLE]))
    json.dump({"rows": loop.rows, "requests": loop.requests, "seconds": time.monotonic() - begun}, sys.stdout)
    leave_at_once()


if __name__ == "__main__":
    main()
