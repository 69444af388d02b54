"""Changes only: what was accepted is not sent again, what was refused is, and what left the selection is known."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.builders.house import SmallHouse, create_export, create_members, run_to_end
from tests.builders.receivers import Received, Receiver, Reply, run_receiver

from tessera.exports import Changes, Definition, FirstRun, GateLevel, Gates, Run, RunOptions, RunState, Selection

BODY = {"number": "{{ number }}", "balance": "{{ balance }}", "how": "{{ change }}"}
OPEN = Gates(rows=GateLevel.OFF, removals=GateLevel.OFF)


async def create_changes(house: SmallHouse, chain_id: UUID, receiver: Receiver, **given: Any) -> Definition:
    """Create a definition that sends changes only, ten rows a request."""
    return await create_export(
        house,
        chain_id,
        receiver.url,
        body=BODY,
        choices={"selection": Selection(changes=Changes(**given)), "gates": OPEN},
    )


def take_rows(receiver: Receiver) -> dict[str, tuple[int | None, str]]:
    """Return balance and change by number of all that came since, and forget it."""
    bodies: Sequence[Received] = [*receiver.received]
    receiver.received.clear()
    rows = [row for each in bodies for row in each.rows]
    found = {row["number"]: (row["balance"], row["how"]) for row in rows}
    assert len(found) == len(rows)
    return found


async def change_members(house: SmallHouse, statement: str) -> None:
    """Change memberships past all rules: only what an export selects matters here."""
    async with house.database.session() as session:
        await session.execute(text(statement))


def counts(run: Run) -> dict[str, int | None]:
    """Return the counts that must add up, after checking that they do."""
    assert run.selected is not None
    assert run.selected + run.removed == run.sent + run.unchanged + run.failed + run.skipped
    names = ("selected", "removed", "sent", "unchanged", "failed", "skipped")
    return {name: getattr(run, name) for name in names if getattr(run, name)}


async def test_only_changed_rows_are_sent_again(house: SmallHouse) -> None:
    chain = await create_members(house.database, 30)
    async with run_receiver() as receiver:
        definition = await create_changes(house, chain, receiver)
        assert counts(await run_to_end(house, definition)) == {"selected": 30, "sent": 30}
        assert set(take_rows(receiver).values()) == {(number, "added") for number in range(30)}
        assert counts(await run_to_end(house, definition)) == {"selected": 30, "unchanged": 30}
        await rename(house, "000007")
        assert counts(await run_to_end(house, definition)) == {"selected": 30, "sent": 1, "unchanged": 29}
        assert take_rows(receiver) == {"000007x": (7, "changed")}


async def rename(house: SmallHouse, number: str) -> None:
    """Change the number of one membership."""
    await change_members(
        house, f"UPDATE memberships SET membership_number = '{number}x' WHERE membership_number = '{number}'"
    )


async def test_baseline_sends_nothing_and_remembers_all(house: SmallHouse) -> None:
    chain = await create_members(house.database, 300)
    async with run_receiver() as receiver:
        definition = await create_changes(house, chain, receiver, first_run=FirstRun.BASELINE)
        first = await run_to_end(house, definition)
        assert (first.state, counts(first)) == (RunState.COMPLETED, {"selected": 300, "unchanged": 300})
        await rename(house, "000299")
        assert counts(await run_to_end(house, definition)) == {"selected": 300, "sent": 1, "unchanged": 299}
        assert take_rows(receiver) == {"000299x": (299, "changed")}


async def test_full_refresh_sends_everything_again(house: SmallHouse) -> None:
    chain = await create_members(house.database, 12)
    async with run_receiver() as receiver:
        definition = await create_changes(house, chain, receiver)
        await run_to_end(house, definition)
        take_rows(receiver)
        assert counts(await run_to_end(house, definition, options=RunOptions(full_refresh=True))) == {
            "selected": 12,
            "sent": 12,
        }
        assert {how for _, how in take_rows(receiver).values()} == {"changed"}


@pytest.mark.parametrize("sent", [True, False])
async def test_rows_that_left_are_sent_or_forgotten(house: SmallHouse, sent: bool) -> None:
    chain = await create_members(house.database, 20)
    async with run_receiver() as receiver:
        definition = await create_changes(house, chain, receiver, removals=sent)
        await run_to_end(house, definition)
        take_rows(receiver)
        await change_members(house, "UPDATE memberships SET deleted_at = now() WHERE membership_number < '000003'")
        run = await run_to_end(house, definition)
        gone = {"sent": 3} if sent else {"skipped": 3}
        assert counts(run) == {"selected": 17, "removed": 3, "unchanged": 17, **gone}
        if sent:
            rows = [row for each in receiver.received for row in each.rows]
            assert rows == [{"number": None, "balance": None, "how": "removed"}] * 3
        await change_members(house, "UPDATE memberships SET deleted_at = NULL")
        take_nothing = await run_to_end(house, definition)
        assert counts(take_nothing) == {"selected": 20, "sent": 3, "unchanged": 17}


async def test_refused_row_is_parked_until_it_changes(house: SmallHouse) -> None:
    chain = await create_members(house.database, 10)

    def refuse_five(received: Received) -> Reply:
        return Reply(422 if any(row["number"] == "000005" for row in received.rows) else 200)

    async with run_receiver(refuse_five) as receiver:
        definition = await create_changes(house, chain, receiver, most_refusals=2)
        assert counts(await run_to_end(house, definition)) == {"selected": 10, "sent": 9, "failed": 1}
        again = await run_to_end(house, definition)
        assert (again.state, counts(again)) == (RunState.FAILED, {"selected": 10, "unchanged": 9, "failed": 1})
        parked = await run_to_end(house, definition)
        assert (parked.state, counts(parked)) == (
            RunState.COMPLETED,
            {"selected": 10, "unchanged": 9, "skipped": 1},
        )
        await rename(house, "000005")
        assert counts(await run_to_end(house, definition)) == {"selected": 10, "sent": 1, "unchanged": 9}
