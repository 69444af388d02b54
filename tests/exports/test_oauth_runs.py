"""Runs through OAuth 2.0 profiles: tokens renewed and replaced on the way, and what ends a run."""

import pytest
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, run_to_end
from tests.builders.receivers import Reply
from tests.builders.token_servers import OAuthPair, run_oauth_pair

from tessera.connectors.calls import Health, profile_health
from tessera.exports import Run, RunState


async def run_through(house: SmallHouse, pair: OAuthPair, *, rows: int = 100) -> Run:
    """Export so many members, ten a request."""
    chain = await create_members(house.database, rows)
    return await run_to_end(
        house, await create_export(house, chain, pair.resource_receiver.url, settings=pair.settings())
    )


async def test_run_gets_a_token_and_sends(house: SmallHouse) -> None:
    async with run_oauth_pair() as pair:
        run = await run_through(house, pair)
    assert (run.state, run.sent, run.requests) == (RunState.COMPLETED, 100, 10)
    assert len(pair.tokens.asked) == 1


async def test_revoked_token_costs_no_row_and_no_attempt(house: SmallHouse) -> None:
    async with run_oauth_pair() as pair:
        resource = pair.resource

        def revoke_after_three(request: object) -> Reply:
            if resource.taken.total() == 3:
                pair.tokens.revoked.add("token-1")
            return resource(request)  # type: ignore[arg-type]

        pair.resource_receiver.script = revoke_after_three
        run = await run_through(house, pair)
    assert (run.state, run.sent, run.attempts) == (RunState.COMPLETED, 100, 10)
    assert len(pair.tokens.asked) == 2
    assert max(resource.refused.values()) == 1


async def test_unknown_client_ends_the_run_with_a_clear_message(house: SmallHouse) -> None:
    async with run_oauth_pair() as pair:
        pair.tokens.answer = lambda _: Reply(401, body=b'{"error": "invalid_client"}')
        run = await run_through(house, pair)
    assert (run.state, run.error_code, run.sent) == (RunState.FAILED, "oauth_invalid_client", 0)
    assert run.error is not None
    assert "Correct the client id, the client secret" in run.error
    assert pair.resource_receiver.received == []
    async with house.database.session() as session:
        (health,) = (await profile_health(session, ACTOR)).values()
    assert health.health is Health.NEEDS_YOU
    assert health.call is not None
    assert health.call.code == "oauth_invalid_client"


@pytest.mark.parametrize("reply", [Reply(503), Reply(429, {"retry-after": "1"}), Reply(reset=True)])
async def test_token_server_in_trouble_is_asked_again(house: SmallHouse, reply: Reply) -> None:
    async with run_oauth_pair() as pair:
        pair.tokens.answer = lambda _: reply if len(pair.tokens.asked) == 1 else None
        run = await run_through(house, pair, rows=20)
    assert (run.state, run.sent) == (RunState.COMPLETED, 20)
