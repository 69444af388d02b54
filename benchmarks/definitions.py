"""Our exports of members: owner, query, profile, template and definition, made as a user would, and runs of them."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from benchmarks.house import Place
from benchmarks.processes import BenchmarkError, Receiver
from benchmarks.rows import COLUMNS
from tessera import connectors, exports, outbound, queries
from tessera.access.keys import NewApiKey, create_api_keys
from tessera.connectors import NewProfile
from tessera.exports import Changes, NewDefinition, Owner, Run, RunState, Selection
from tessera.outbound import NewTemplate
from tessera.platform.actors import ActorKind, system_actor
from tessera.platform.clock import now
from tessera.platform.db import Session
from tessera.platform.ids import new_id
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
POOL = 4


@dataclass(frozen=True, slots=True)
class Target:
    """What definitions share: the rows, the way out, and the owner."""

    chain_id: UUID
    query_id: UUID
    template_id: UUID
    owner: Owner


@dataclass(frozen=True, slots=True)
class Shape:
    """How a benchmark's export is cut; `profile` are more settings of the profile, such as what it allows."""

    rows_per_request: int
    concurrency: int
    query: str = QUERY
    shards: int = 1
    changes: Changes | None = None
    profile: Mapping[str, Any] = field(default_factory=dict)


@asynccontextmanager
async def opened(place: Place) -> AsyncIterator[Application]:
    """Have the rooms at hand until the block ends."""
    async with open_application(place.settings, application="tessera benchmark", pool_size=POOL) as house:
        yield house


async def create_target(house: Application, chain_id: UUID, receiver: Receiver, shape: Shape) -> Target:
    """Make owner, query, profile and template; one chain is exported several times, so each gets a name of its own."""
    keys, policy = house.resources.keys, connectors.address_policy(house.resources.settings)
    label = f"Members {new_id().hex[-12:]}"
    envelope = {"envelope": ENVELOPE, "batch_size": shape.rows_per_request} if shape.rows_per_request > 1 else {}
    template = {"method": "POST", "url_path": "/members", "body": BODY, **envelope}
    variant, access = receiver.access
    allowed = {"max_concurrent_requests": shape.concurrency, **shape.profile}
    settings = {"base_url": receiver.base_url, **access, **allowed}
    async with house.resources.database.session() as session:
        new_query = NewQuery(label, shape.query, key_columns=("id",))
        query = await queries.create_query(session, ACTOR, house.engine, chain_id=chain_id, new=new_query)
        new_profile = NewProfile("http_api", variant, label, settings=settings)
        profile = await connectors.create_profile(
            session, ACTOR, chain_id=chain_id, new=new_profile, keys=keys, policy=policy
        )
        new_template = NewTemplate(label, query.id, profile.id, outbound.read_shape(template))
        made = await outbound.create_template(session, ACTOR, chain_id=chain_id, new=new_template, keys=keys)
        return Target(chain_id, query.id, made.id, await create_owner(house, session, chain_id))


async def create_owner(house: Application, session: Session, chain_id: UUID) -> Owner:
    """Make an API key that may see the chain's members, to own what sends them."""
    new = NewApiKey("Exports", frozenset({chain_id}), frozenset({"members:read"}))
    (made,) = await create_api_keys(session, ACTOR, house.resources.keys, [new], now=now())
    return Owner(ActorKind.API_KEY, made.key.id, made.key.label)


async def define_export(house: Application, target: Target, shape: Shape) -> UUID:
    """Make a definition, with its gates as a new one has them; return its id."""
    new = NewDefinition(
        label=f"Members {new_id().hex[-12:]}",
        query_id=target.query_id,
        template_id=target.template_id,
        settings={"concurrency": shape.concurrency},
        selection=Selection(changes=shape.changes),
        shards=shape.shards,
        owner=target.owner,
    )
    async with house.resources.database.session() as session:
        definition = await exports.create_definition(
            session, ACTOR, chain_id=target.chain_id, new=new, keys=house.resources.keys, now=now()
        )
    return definition.id


async def create_export(house: Application, chain_id: UUID, receiver: Receiver, shape: Shape) -> UUID:
    """Make a definition with all that it needs; return its id."""
    return await define_export(house, await create_target(house, chain_id, receiver, shape), shape)


async def start_runs(house: Application, definition_ids: Sequence[UUID]) -> list[UUID]:
    """Start a run of each, in one transaction; return the runs."""
    async with house.resources.database.session() as session:
        return [
            (await exports.start_run(session, ACTOR, house.resources, definition_id=definition_id)).id
            for definition_id in definition_ids
        ]


async def run_once(house: Application, definition_id: UUID, most_seconds: float) -> Run:
    """Run the definition and return the run at its end."""
    (run_id,) = await start_runs(house, [definition_id])
    return await wait_for_end(house, run_id, most_seconds)


async def wait_for_end(house: Application, run_id: UUID, most_seconds: float) -> Run:
    """Look at the run until it has ended; raise when that takes too long, or waits for a person."""
    for _ in range(int(most_seconds / LOOK_SECONDS)):
        async with house.resources.database.session() as session:
            run = await exports.get_run(session, ACTOR, run_id=run_id)
        if not run.active or run.state is RunState.HELD:
            return run
        await asyncio.sleep(LOOK_SECONDS)
    raise BenchmarkError(
        f"The run was not done after {most_seconds:.0f} seconds. The worker's lines above may say why."
    )


def check_run(run: Run, sent: int) -> float:
    """Return the run's seconds as it tells them itself; raise unless it sent so many rows and completed."""
    if (run.state, run.sent) != (RunState.COMPLETED, sent):
        findings = " ".join(finding.message for finding in run.findings)
        raise BenchmarkError(
            f"The run ended as {run.state}: {run.sent:,} of {sent:,} rows sent. {run.error or findings}"
        )
    seconds = run.seconds(now())
    assert seconds is not None
    return seconds
