"""A chain with things happening in it, somebody who wants to know, and a worker's dispatcher with a clock to move."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.builders.house import make_settings
from tests.builders.receivers import Received, Receiver, run_receiver

from tessera import notifications
from tessera.access.chains import create_chains
from tessera.notifications import Delivery, DeliveryState, Dispatcher, MadeSubscription, NewSubscription, Subscription
from tessera.platform.actors import Actor, ActorKind, system_actor
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.events import Event, record_events
from tessera.platform.http import OutboundClient
from tessera.platform.ids import new_id, new_ids
from tessera.platform.jobs import JobQueue
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

SYSTEM = system_actor("tests")
NAME = "membership.created"


@dataclass
class MovableClock:
    """The real moment at first, and then what the test says."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


@dataclass(frozen=True)
class Post:
    """A deployment with one chain."""

    resources: Resources
    clock: MovableClock
    client: OutboundClient
    dispatcher: Dispatcher
    chain_id: UUID
    actor: Actor

    @property
    def database(self) -> Database:
        return self.resources.database

    async def subscribe(
        self, url: str, *, actor: Actor | None = None, chain_id: UUID | None = None, **given: Any
    ) -> MadeSubscription:
        """Make a subscription."""
        new = NewSubscription(**{"label": "CRM", "url": url, **given})
        async with self.database.session() as session:
            (made,) = await notifications.create_subscriptions(
                session, actor or self.actor, self.resources, chain_id or self.chain_id, [new], now=self.clock()
            )
        return made

    async def happen(self, count: int = 1, *, name: str = NAME, chain_id: UUID | None = None) -> list[UUID]:
        """Let something happen; return to what."""
        subjects = new_ids(count)
        async with self.database.session() as session:
            events = [Event(chain_id or self.chain_id, name, one, {"n": n}) for n, one in enumerate(subjects)]
            await record_events(session, events)
        return subjects

    async def work(self) -> int:
        """Do what a worker does once; return how many attempts were made."""
        await self.dispatcher.dispatch()
        return await self.dispatcher.send_due()

    async def get(self, subscription_id: UUID) -> Subscription:
        async with self.database.session() as session:
            return await notifications.get_subscription(session, SYSTEM, subscription_id)

    async def deliveries(self, subscription_id: UUID, state: DeliveryState | None = None) -> Sequence[Delivery]:
        async with self.database.session() as session:
            return await notifications.list_deliveries(session, SYSTEM, subscription_id, state=state, count=100_000)

    async def states(self, subscription_id: UUID) -> list[DeliveryState]:
        """Return the states of a subscription's deliveries, oldest first."""
        return [one.state for one in reversed(await self.deliveries(subscription_id))]


@asynccontextmanager
async def open_post(
    database: Database, keys: KeyRing, folder: Path, chain_id: UUID, **settings: Any
) -> AsyncIterator[Post]:
    clock = MovableClock(now())
    given = make_settings(folder, **settings)
    resources = Resources(given, database, keys, JobQueue(database), clock)
    client = OutboundClient(allowed_networks=given.allowed_networks, allow_insecure_http=given.allow_insecure_http)
    actor = Actor(ActorKind.API_KEY, new_id(), "CRM", frozenset({chain_id}))
    try:
        yield Post(resources, clock, client, Dispatcher(resources, client), chain_id, actor)
    finally:
        await client.close()


@pytest.fixture
async def chains(database: Database) -> list[UUID]:
    """Return two chains that must not know of each other."""
    async with database.session() as session:
        made = await create_chains(session, SYSTEM, ["Harbour", "Stranger"], now=now())
    return [chain.id for chain in made]


@pytest.fixture
async def post(database: Database, keys: KeyRing, tmp_path: Path, chains: list[UUID]) -> AsyncIterator[Post]:
    async with open_post(database, keys, tmp_path, chains[0]) as opened:
        yield opened


@pytest.fixture
async def stranger(post: Post, chains: list[UUID]) -> Actor:
    """Return somebody who sees the other chain only."""
    return Actor(ActorKind.API_KEY, new_id(), "Stranger", frozenset({chains[1]}))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with run_receiver() as running:
        yield running


async def until(happened: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Return as soon as it has happened."""
    async with asyncio.timeout(seconds):
        while True:
            if await happened():
                return
            await asyncio.sleep(0.05)


def subjects_of(received: Sequence[Received]) -> list[UUID]:
    """Return the subjects in the order in which they arrived."""
    return [UUID(one.rows[0]["data"]["subject_id"]) for one in received]
