"""What a run leaves in the last calls of its profile: one line, and only where it says something of the profile."""

import pytest
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, run_to_end
from tests.builders.receivers import Reply, Script, run_receiver

from tessera.connectors.calls import ProfileCall, list_calls
from tessera.exports.profile_calls import call_of


async def calls_after(house: SmallHouse, script: Script, **given: object) -> list[ProfileCall]:
    """Run an export of thirty members and return the calls of its profile."""
    async with run_receiver(script) as receiver:
        chain = await create_members(house.database, 30)
        definition = await create_export(house, chain, receiver.url, **given)  # type: ignore[arg-type]
        await run_to_end(house, definition)
    async with house.database.session() as session:
        return list(await list_calls(session, ACTOR, chain, "receiver"))


async def test_run_leaves_one_line(house: SmallHouse) -> None:
    (call,) = await calls_after(house, lambda _: Reply())
    assert (call.kind, call.passed, call.code) == ("run", True, None)
    assert call.message == "Run of members_out: 30 rows sent, 0 failed."


async def test_refused_credentials_need_somebody(house: SmallHouse) -> None:
    (call,) = await calls_after(house, lambda _: Reply(401))
    assert (call.passed, call.code) == (False, "credentials_refused")


async def test_receiver_that_takes_nothing_needs_somebody(house: SmallHouse) -> None:
    (call,) = await calls_after(house, lambda _: Reply(404))
    assert (call.passed, call.code) == (False, "nothing_arrived")
    assert call.message.startswith("Run of members_out: Nothing arrived: all 30 rows")


@pytest.mark.parametrize(
    ("state", "code", "attempts"),
    [("cancelled", "cancelled", 5), ("failed", "deadline", 5), ("failed", "query_failed", 0), ("completed", None, 0)],
)
def test_other_ends_say_nothing(state: str, code: str | None, attempts: int) -> None:
    run = {"state": state, "error_code": code, "attempts": attempts}
    assert call_of(run, "x") is None
