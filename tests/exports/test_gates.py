"""Gates: what they find in a selection, and what becomes of a run that one of them holds or fails."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.builders.house import (
    ACTOR,
    SmallHouse,
    create_export,
    create_members,
    read_run,
    release_run,
    run_to_end,
    start_run,
)
from tests.builders.receivers import Receiver, run_receiver

from tessera import exports
from tessera.exports import Definition, Finding, GateLevel, Gates, Run, RunActiveError, RunState, log
from tessera.exports.errors import NotHeldError
from tessera.exports.gates import SelectionFacts, check_selection
from tessera.exports.runs import drop_forgotten

SAME_KEYS = "SELECT 'same' AS id, membership_number AS number, balance, first_name, last_name FROM members"
FACTS = {
    "usual": (SelectionFacts(100, earlier=(100, 90, 110)), []),
    "no row": (SelectionFacts(0), [("empty", "warn")]),
    "half": (SelectionFacts(50, earlier=(100, 100, 100)), []),
    "less than half": (SelectionFacts(49, earlier=(100, 100, 100)), [("rows", "hold")]),
    "half more": (SelectionFacts(150, earlier=(100, 100, 100)), []),
    "more than half more": (SelectionFacts(151, earlier=(100, 100, 100)), [("rows", "hold")]),
    "too few runs to compare": (SelectionFacts(1, earlier=(100, 100)), []),
    "older runs are not compared": (SelectionFacts(10, earlier=(10, 10, 10, 100, 100, 100, 100)), []),
    "one odd run among them": (SelectionFacts(100, earlier=(1, 100, 100, 100, 5000)), []),
    "none of many": (SelectionFacts(0, earlier=(9, 9, 9)), [("rows", "hold"), ("empty", "warn")]),
    "a tenth removed": (SelectionFacts(90, removed=10, known=100), []),
    "more than a tenth removed": (SelectionFacts(89, removed=11, known=100), [("removals", "hold")]),
    "an empty key": (SelectionFacts(5, empty_keys=1, first_empty=3), [("keys", "fail")]),
    "a repeated key": (SelectionFacts(5, repeated_keys=1, first_repeated=2), [("keys", "fail")]),
    "all at once": (
        SelectionFacts(0, removed=9, known=9, empty_keys=1, first_empty=1, earlier=(9, 9, 9)),
        [("keys", "fail"), ("rows", "hold"), ("removals", "hold"), ("empty", "warn")],
    ),
}


@pytest.mark.parametrize("name", FACTS)
def test_gates_find_what_is_unusual(name: str) -> None:
    facts, expected = FACTS[name]
    assert [(finding.gate, finding.level) for finding in check_selection(Gates(), facts)] == expected


def test_worst_finding_comes_first() -> None:
    gates = Gates(keys=GateLevel.WARN, rows=GateLevel.HOLD, removals=GateLevel.OFF, empty=GateLevel.FAIL)
    found = check_selection(gates, FACTS["all at once"][0])
    assert [finding.gate for finding in found] == ["empty", "rows", "keys"]


def test_gate_that_is_off_finds_nothing() -> None:
    off = Gates(rows=GateLevel.OFF, removals=GateLevel.OFF, keys=GateLevel.OFF, empty=GateLevel.OFF)
    assert check_selection(off, FACTS["all at once"][0]) == []


def test_findings_name_figures_and_rows() -> None:
    facts = SelectionFacts(
        4000,
        removed=1500,
        known=9000,
        empty_keys=2,
        first_empty=7,
        repeated_keys=1200,
        first_repeated=9,
        earlier=[9] * 3,
    )
    messages = " ".join(finding.message for finding in check_selection(Gates(), facts))
    assert "2 rows have an empty key, row 7 first; 1,200 rows have the key of the row before, row 9 first" in messages
    assert "selected 4,000 rows; 9 are usual, and 50 % more or fewer" in messages
    assert "1,500 of 9,000 rows left the selection; 10 % of them may" in messages


@pytest.mark.parametrize(("percent", "held"), [(0, True), (100, False)])
def test_percentage_is_of_what_is_usual(percent: int, held: bool) -> None:
    found = check_selection(Gates(rows_percent=percent), SelectionFacts(199, earlier=(100, 100, 100)))
    assert bool(found) is held


async def hold(house: SmallHouse, receiver: Receiver, **choices: object) -> tuple[Definition, Run]:
    """Return a run that is held after three usual ones: of ten members four are left."""
    chain = await create_members(house.database, 10)
    definition = await create_export(house, chain, receiver.url, choices=choices)
    for _ in range(3):
        assert (await run_to_end(house, definition)).state is RunState.COMPLETED
    async with house.database.session() as session:
        await session.execute(text("UPDATE memberships SET deleted_at = now() WHERE balance >= 4"))
    receiver.received.clear()
    return definition, await run_to_end(house, definition)


async def kinds_of_moments(house: SmallHouse, run: Run) -> list[str]:
    async with house.database.session() as session:
        return [moment.kind for moment in await log.list_moments(session, ACTOR, run.id)]


async def test_unusual_run_is_held_and_says_why(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition, run = await hold(house, receiver)
        await house.executor().execute(str(run.id))
        with pytest.raises(RunActiveError):
            await start_run(house, definition)
        run = await read_run(house, run.id)
    assert (run.state, run.active, run.selected, run.sent, receiver.received) == (RunState.HELD, True, 4, 0, [])
    message = "The query selected 4 rows; 10 are usual, and 50 % more or fewer allowed."
    assert run.findings == [Finding("rows", GateLevel.HOLD, message)]
    assert run.held_at is not None
    async with house.database.session() as session:
        moments = await log.list_moments(session, ACTOR, run.id)
    assert [(moment.kind, moment.message) for moment in moments][-1] == ("gate_hold", message)
    await house.executor().requeue_stalled()
    assert (await read_run(house, run.id)).state is RunState.HELD


@pytest.mark.parametrize("shards", [1, 3])
async def test_released_run_sends_what_was_selected(house: SmallHouse, shards: int) -> None:
    async with run_receiver() as receiver:
        _, run = await hold(house, receiver, shards=shards)
        released = await release_run(house, run)
        assert (released.state, released.released_by, released.held_at) == (RunState.PENDING, "test", None)
        for shard in reversed(range(shards)):
            await house.executor().execute(str(run.id), shard)
    ended = await read_run(house, run.id)
    assert (ended.state, ended.sent, ended.take_overs, len(receiver.ids())) == (RunState.COMPLETED, 4, 0, 4)
    assert ended.findings == run.findings
    kinds = await kinds_of_moments(house, run)
    assert kinds == ["started", "selected", "gate_hold", "released", "started", "completed"]


async def test_run_that_is_not_held_cannot_be_released(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        _, run = await hold(house, receiver)
        await release_run(house, run)
        with pytest.raises(NotHeldError, match="is not held"):
            await release_run(house, run)


async def test_dropped_run_sends_nothing_and_makes_way(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition, run = await hold(house, receiver)
        async with house.database.session() as session:
            dropped = await exports.cancel_run(session, ACTOR, house.resources, run_id=run.id)
        await house.executor().execute(str(run.id))
        await start_run(house, definition)
    assert (dropped.state, dropped.error_code, dropped.error) == (
        RunState.CANCELLED,
        "dropped",
        "Dropped by test while it was held.",
    )
    assert (dropped.selected, dropped.skipped, dropped.sent, receiver.received) == (4, 4, 0, [])
    assert dropped.finished_at is not None
    assert (await kinds_of_moments(house, run))[-1] == "cancelled"


async def test_forgotten_run_is_dropped_after_a_week(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        _, run = await hold(house, receiver)
    for days, state in ((timedelta(days=6, hours=23), RunState.HELD), (timedelta(days=7, hours=1), RunState.CANCELLED)):
        async with house.database.session() as session:
            await session.execute(text("UPDATE runs SET held_at = now() - :days"), {"days": days})
        assert await drop_forgotten(house.resources) == (state is RunState.CANCELLED)
        assert (await read_run(house, run.id)).state is state
    ended = await read_run(house, run.id)
    assert (ended.error_code, ended.skipped) == ("dropped", 4)
    assert "Nobody released the run for 7 days" in (ended.error or "")


@pytest.mark.parametrize("shards", [1, 3])
async def test_gate_that_fails_ends_the_run_unsent(house: SmallHouse, shards: int) -> None:
    chain = await create_members(house.database, 10)
    async with run_receiver() as receiver:
        definition = await create_export(house, chain, receiver.url, query=SAME_KEYS, choices={"shards": shards})
        run = await run_to_end(house, definition)
        await house.executor("another").execute(str(run.id))
        again = await start_run(house, definition)
    assert (run.state, run.error_code) == (RunState.FAILED, "gate_keys")
    assert run.error == ("9 rows have the key of the row before, row 2 first. Correct the query, or its key columns.")
    assert (run.selected, run.skipped, run.failed, run.requests, receiver.received) == (10, 10, 0, 0, [])
    assert [finding.gate for finding in run.findings] == ["keys"]
    assert await kinds_of_moments(house, run) == ["started", "selected", "gate_fail", "failed"]
    assert again.id != run.id


async def test_gate_that_warns_lets_the_run_go_on(house: SmallHouse) -> None:
    chain = await create_members(house.database, 10)
    async with run_receiver() as receiver:
        gates = {"gates": Gates(keys=GateLevel.WARN)}
        run = await run_to_end(house, await create_export(house, chain, receiver.url, query=SAME_KEYS, choices=gates))
    assert (run.state, run.sent) == (RunState.COMPLETED, 10)
    assert [(finding.gate, finding.level) for finding in run.findings] == [("keys", GateLevel.WARN)]
    assert await kinds_of_moments(house, run) == ["started", "selected", "gate_warn", "completed"]
