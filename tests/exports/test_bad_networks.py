"""Networks between us and a receiver that are late, slow, or cut connections: every run ends with true counts."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable

import psutil  # type: ignore[import-untyped]
import pytest
from tests.builders.fault_proxy import FaultProxy, Faults, run_fault_proxy
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, run_to_end
from tests.builders.receivers import Receiver, run_receiver
from tests.builders.wires import Wire, run_wires

from tessera.exports import Run, RunState, log

ROWS = 100
MEBIBYTE = 1024 * 1024
IMPATIENT = {"read_timeout_seconds": 1, "max_concurrent_requests": 8}
LONGEST_SECONDS = 60.0


async def run_through(house: SmallHouse, faults: Faults, **shape: object) -> tuple[Run, Receiver, FaultProxy]:
    """Export through the proxy, and check that the counts are true."""
    chain = await create_members(house.database, ROWS)
    async with run_receiver() as receiver, run_fault_proxy(receiver.port, faults) as proxy:
        definition = await create_export(
            house,
            chain,
            proxy.url,
            batch_size=2,
            settings=IMPATIENT,
            **shape,  # type: ignore[arg-type]
        )
        run = await asyncio.wait_for(run_to_end(house, definition), LONGEST_SECONDS)
    assert run.selected == ROWS == run.sent + run.failed + run.skipped
    return run, receiver, proxy


async def codes_of(house: SmallHouse, run: Run) -> Counter[str]:
    """Count the run's row errors by code."""
    async with house.database.session() as session:
        page = await log.list_row_errors(session, ACTOR, run.id, size=1000)
    return Counter(error.code for error in page.items)


@pytest.mark.parametrize(
    "faults",
    [Faults(latency=0.1, jitter=0.2), Faults(slow_close=0.5), Faults(bytes_per_second=20_000)],
    ids=["late", "slow close", "narrow"],
)
async def test_slow_networks_only_take_longer(house: SmallHouse, faults: Faults) -> None:
    run, receiver, _ = await run_through(house, faults)
    assert (run.state, run.sent, run.attempts) == (RunState.COMPLETED, ROWS, run.requests)
    assert len(receiver.received) == run.requests


@pytest.mark.parametrize(
    "faults", [Faults(reset_share=0.2, seed=3), Faults(half_open_share=0.1, seed=4)], ids=["reset", "half-open"]
)
async def test_cut_connections_repeat_requests_under_their_keys(house: SmallHouse, faults: Faults) -> None:
    run, receiver, proxy = await run_through(house, faults)
    assert (run.state, run.sent) == (RunState.COMPLETED, ROWS), run.error
    cut = proxy.resets + proxy.half_opens
    assert cut > 0
    assert run.attempts == len(receiver.received) == run.requests + cut
    assert len({each.key for each in receiver.received}) == run.requests
    assert len({(each.key, each.body) for each in receiver.received}) == run.requests


async def test_cut_connections_without_keys_leave_rows_unknown(house: SmallHouse) -> None:
    run, receiver, proxy = await run_through(house, Faults(reset_share=0.2, seed=3), idempotency_header=None)
    assert (run.state, run.failed) == (RunState.COMPLETED_WITH_ERRORS, 2 * proxy.resets)
    assert await codes_of(house, run) == {"outcome_unknown": run.failed}
    assert len(receiver.received) == run.requests


async def answer_garbage(wire: Wire) -> None:
    """Promise chunks, and send what is none."""
    await wire.read_request()
    junk = random.Random(5).randbytes(2000)
    await wire.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n" + junk)


async def answer_endlessly(wire: Wire) -> None:
    """Send a body of 100 MB."""
    await wire.read_request()
    await wire.say(b"HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n")
    for _ in range(1600):
        await wire.say(b"x" * 65536)


async def run_against_wire(house: SmallHouse, script: Callable[..., object], rows: int = 8, **shape: object) -> Run:
    """Export one row a request to a raw server."""
    chain = await create_members(house.database, rows)
    async with run_wires(script) as server:  # type: ignore[arg-type]
        definition = await create_export(
            house,
            chain,
            f"http://127.0.0.1:{server.port}",
            batch_size=1,
            settings=IMPATIENT,
            idempotency_header=None,
            **shape,  # type: ignore[arg-type]
        )
        run = await asyncio.wait_for(run_to_end(house, definition), LONGEST_SECONDS)
    assert run.selected == rows == run.sent + run.failed + run.skipped
    return run


async def test_garbage_for_an_answer_leaves_rows_unknown(house: SmallHouse) -> None:
    run = await run_against_wire(house, answer_garbage)
    assert (run.state, run.failed) == (RunState.FAILED, 8)
    assert await codes_of(house, run) == {"outcome_unknown": 8}


async def test_huge_answers_take_no_memory(house: SmallHouse) -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    run = await run_against_wire(house, answer_endlessly)
    assert (run.state, run.sent, run.failed) == (RunState.COMPLETED, 8, 0)
    assert process.memory_info().rss - before < 60 * MEBIBYTE
