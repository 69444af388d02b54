"""Our export of the members: query, profile, template and definition, made as a user would, and one run of it."""

import asyncio
import json
from uuid import UUID

from benchmarks.processes import BenchmarkError, Receiver
from benchmarks.rows import COLUMNS
from tessera import connectors, exports, outbound, queries
from tessera.access import keys as access_keys
from tessera.access.keys import NewApiKey
from tessera.connectors import NewProfile
from tessera.exports import NewDefinition, Owner, Run, RunState
from tessera.outbound import NewTemplate
from tessera.platform.actors import ActorKind, system_actor
from tessera.platform.clock import now
from tessera.platform.ids import new_id
from tessera.platform.settings import Settings
from tessera.queries import NewQuery
from tessera.wiring import Application, open_application

QUERY = """
SELECT membership_id AS id, membership_number, email, first_name, last_name, tier_name AS tier, state, balance AS points
FROM members
"""
BODY = json.dumps({name: f"{{{{ {name} }}}}" for name in COLUMNS})
ENVELOPE = json.dumps({"members": "{{ records }}"})
LOOK_SECONDS = 0.25
ACTOR = system_actor("benchmark")


async def export_members(
    settings: Settings,
    chain_id: UUID,
    receiver: Receiver,
    *,
    rows: int,
    rows_per_request: int,
    concurrency: int,
    most_seconds: float,
) -> float:
    """Export all members of the chain to the receiver; return the run's seconds as the run itself tells them."""
    async with open_application(settings, application="tessera benchmark", pool_size=2) as house:
        definition_id = await define_export(
            house, chain_id, receiver, rows_per_request=rows_per_request, concurrency=concurrency
        )
        async with house.resources.database.session() as session:
            started = await exports.start_run(session, ACTOR, house.resources, definition_id=definition_id)
        run = await wait_for_end(house, started.id, most_seconds)
    if (run.state, run.selected, run.sent) != (RunState.COMPLETED, rows, rows):
        raise BenchmarkError(
            f"The run ended as {run.state}: {run.sent:,} of {run.selected} rows sent. {run.error or ''}"
        )
    seconds = run.seconds(now())
    assert seconds is not None
    return seconds


async def define_export(
    house: Application, chain_id: UUID, receiver: Receiver, *, rows_per_request: int, concurrency: int
) -> UUID:
    """Make query, profile, template and definition; return the definition."""
    keys, policy = house.resources.keys, connectors.address_policy(house.resources.settings)
    # One chain is exported several times: every definition gets a name of its own.
    label = f"Members {new_id().hex[-12:]}"
    shape = {
        "method": "POST",
        "url_path": "/members",
        "body": BODY,
        "envelope": ENVELOPE,
        "batch_size": rows_per_request,
    }
    variant, access = receiver.access
    settings = {"base_url": receiver.base_url, **access, "max_concurrent_requests": concurrency}
    async with house.resources.database.session() as session:
        query = await queries.create_query(
            session, ACTOR, house.engine, chain_id=chain_id, new=NewQuery(label, QUERY, key_columns=("id",))
        )
        new_profile = NewProfile("http_api", variant, label, settings=settings)
        profile = await connectors.create_profile(
            session, ACTOR, chain_id=chain_id, new=new_profile, keys=keys, policy=policy
        )
        new_template = NewTemplate(label, query.id, profile.id, outbound.read_shape(shape))
        template = await outbound.create_template(session, ACTOR, chain_id=chain_id, new=new_template, keys=keys)
        new_key = NewApiKey(label, frozenset({chain_id}), frozenset({"members:read"}))
        (owner,) = await access_keys.create_api_keys(session, ACTOR, keys, [new_key], now=now())
        new = NewDefinition(
            label=label,
            query_id=query.id,
            template_id=template.id,
            settings={"concurrency": concurrency},
            owner=Owner(ActorKind.API_KEY, owner.key.id, owner.key.label),
        )
        definition = await exports.create_definition(session, ACTOR, chain_id=chain_id, new=new, keys=keys, now=now())
    return definition.id


async def wait_for_end(house: Application, run_id: UUID, most_seconds: float) -> Run:
    """Look at the run until it has ended; raise when that takes too long."""
    for _ in range(int(most_seconds / LOOK_SECONDS)):
        async with house.resources.database.session() as session:
            run = await exports.get_run(session, ACTOR, run_id=run_id)
        if not run.active:
            return run
        await asyncio.sleep(LOOK_SECONDS)
    raise BenchmarkError(
        f"The run was not done after {most_seconds:.0f} seconds. The worker's lines above may say why."
    )
