"""Eight senders, shuffled and repeated messages, and workers that are killed: each applied once, in order, quickly."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.builders.mparticle import FIRST, encode, firehose
from tests.builders.servers import web_process
from tests.builders.workers import worker_processes

from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing

from .conftest import DOOR, Inlet, open_inlet

SENDERS, MEMBERS, MESSAGES = 8, 40, 900
MOST_MILLISECONDS = 3_000


@pytest.fixture
async def inlet(database: Database, keys: KeyRing, tmp_path: Path) -> AsyncIterator[Inlet]:
    async with open_inlet(database, keys, tmp_path) as opened:
        yield opened


def shuffled(count: int) -> list[dict[str, Any]]:
    """Return messages of several members, a tenth of them twice, in no order; a member's last one has its number."""
    made = [
        firehose(f"u-{number % MEMBERS}", at=FIRST + number, attributes={"$FirstName": f"{number:06}"})
        for number in range(count)
    ]
    chance = random.Random(7)
    repeated = [*made, *chance.sample(made, count // 9)]
    chance.shuffle(repeated)
    return repeated


async def until_ready(port: int) -> None:
    """Return once the web process answers."""
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)


async def send_all(port: int, token: str, documents: Sequence[Any]) -> list[float]:
    """Deliver the documents over HTTP by eight senders; return the milliseconds of every answer."""
    waits: list[float] = []
    left = list(documents)

    async def send() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            while left:
                body = encode(left.pop())
                begun = time.perf_counter()
                answer = await client.post(f"{DOOR}/crm", content=body, headers={"Authorization": f"Token {token}"})
                waits.append(1000 * (time.perf_counter() - begun))
                assert answer.status_code == 202, answer.content

    await asyncio.gather(*(send() for _ in range(SENDERS)))
    return waits


async def until_applied(inlet: Inlet, left: int = 0) -> None:
    """Return once no more than so many messages wait."""
    async with asyncio.timeout(90):
        while True:
            (row,) = await inlet.rows("SELECT count(*) AS count FROM inbound_messages WHERE state = 'waiting'")
            if row["count"] <= left:
                return
            await asyncio.sleep(0.05)


async def check(inlet: Inlet, count: int) -> None:
    """Every message was applied once, and each member has the values of its newest one."""
    members = await inlet.members()
    assert len(members) == MEMBERS
    assert {member.external_id: member.first_name for member in members} == {
        f"u-{number % MEMBERS}": f"{number:06}" for number in range(count - MEMBERS, count)
    }
    states = {
        row["state"]: row["count"]
        for row in await inlet.rows("SELECT state, count(*) AS count FROM inbound_messages GROUP BY 1")
    }
    assert sum(states.values()) == count
    assert states["registered"] == MEMBERS
    events = {
        row["name"]: row["count"] for row in await inlet.rows("SELECT name, count(*) AS count FROM events GROUP BY 1")
    }
    assert events["customer.created"] == MEMBERS
    # Changes that went together are told of once.
    assert 0 < events["customer.updated"] <= states["updated"]


async def test_eight_senders_and_two_workers(inlet: Inlet, admin_address: str, keys_file: Path, tmp_path: Path) -> None:
    documents = shuffled(MESSAGES)
    with (
        web_process(admin_address, keys_file, tmp_path) as port,
        worker_processes(admin_address, keys_file, tmp_path) as workers,
    ):
        await until_ready(port)
        workers.start()
        workers.start()
        waits = sorted(await send_all(port, inlet.token, documents))
        await until_applied(inlet)
    await check(inlet, MESSAGES)
    assert len(waits) == len(documents) == 1000
    # The bar is the benchmark's; this machine may be busy with other tests.
    assert waits[int(len(waits) * 0.95)] <= MOST_MILLISECONDS


async def test_killed_worker_applies_nothing_twice(
    inlet: Inlet, admin_address: str, keys_file: Path, tmp_path: Path
) -> None:
    count = 240
    for document in shuffled(count):
        await inlet.post(document)
    with worker_processes(admin_address, keys_file, tmp_path) as workers:
        for left in (180, 120, 60):
            pid = workers.start()
            await until_applied(inlet, left)
            workers.kill(pid)
        workers.start()
        await until_applied(inlet)
    await check(inlet, count)
