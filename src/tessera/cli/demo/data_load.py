"""The demo's people, loaded: accounts with the room's bulk function, the rest over the real Connector API."""

import asyncio
import http.client
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from tessera import loyalty
from tessera.access.chains import Address
from tessera.cli.context import CommandContext
from tessera.cli.demo.people import PROGRAMS, Person, is_chosen, make_batches, make_people
from tessera.loyalty import NewCustomer
from tessera.platform.errors import UnavailableError

BATCH = 1000
CALLERS = 3

# The first pair of published tokens: only a server with demo data accepts them.
DEMO_CLIENT_TOKEN = "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D"  # noqa: S105
DEMO_ACCESS_TOKEN = "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D"  # noqa: S105


class LoadError(UnavailableError):
    """The Connector API did not take what the demo sent."""

    code = "demo_load_failed"


@dataclass(slots=True)
class Loaded:
    """What was loaded, and how long the Connector API took for memberships."""

    accounts: int = 0
    programs: int = 0
    tiers: int = 0
    memberships: int = 0
    chosen: int = 0
    seconds: float = 0.0
    program_ids: list[UUID] = field(default_factory=list)
    tier_ids: list[list[UUID]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Memberships a second."""
        return self.memberships / self.seconds if self.seconds else 0.0


class ConnectorClient:
    """A client of the Connector API as a partner could write one: plain HTTP, credentials in the body."""

    def __init__(self, url: str, client_token: str, access_token: str) -> None:
        address = urlsplit(url)
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
        self.credentials = {"ClientToken": client_token, "AccessToken": access_token, "Client": "Tessera demo 1.0"}

    def call(self, operation: str, **body: Any) -> Any:
        """Make one call and return its answer."""
        text = msgspec.json.encode({**self.credentials, **body})
        self.connection.request(
            "POST", f"/api/connector/v1/{operation}", text, {"Content-Type": "application/json; charset=utf-8"}
        )
        answer = self.connection.getresponse()
        said = answer.read()
        if answer.status != http.client.OK:
            raise LoadError(
                f"The Connector API answered {answer.status} to {operation}: {said[:300].decode(errors='replace')}"
            )
        return msgspec.json.decode(said)


def connect_clients(url: str) -> list[ConnectorClient]:
    """Return clients with the first pair of published tokens, as many as call at once."""
    return [ConnectorClient(url, DEMO_CLIENT_TOKEN, DEMO_ACCESS_TOKEN) for _ in range(CALLERS)]


async def load_people(
    context: CommandContext,
    clients: Sequence[ConnectorClient],
    *,
    chain_id: UUID,
    rows: int,
    seed: int,
    advance: Callable[[int], None],
) -> Loaded:
    """Load programs, tiers, accounts and memberships; never hold more than a few batches of them."""
    loaded = Loaded()
    await asyncio.to_thread(load_programs, clients[0], loaded)
    waiting: asyncio.Queue[tuple[list[Person], list[UUID]] | None] = asyncio.Queue(maxsize=len(clients))
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        group.create_task(
            create_accounts(context, waiting, chain_id=chain_id, rows=rows, seed=seed, readers=len(clients))
        )
        for client in clients:
            group.create_task(load_memberships(client, waiting, loaded, advance))
    loaded.seconds = time.perf_counter() - begun
    loaded.accounts = rows
    return loaded


async def create_accounts(
    context: CommandContext,
    waiting: "asyncio.Queue[tuple[list[Person], list[UUID]] | None]",
    *,
    chain_id: UUID,
    rows: int,
    seed: int,
    readers: int,
) -> None:
    """Write the people as customers, a batch a transaction, and pass each batch on."""
    now = context.now()
    for batch in make_batches(make_people(rows, seed=seed, today=now.date()), BATCH):
        items = [make_customer(person) for person in batch]
        async with context.session() as session:
            ids = await loyalty.create_accounts(session, context.actor, chain_id, items, now=now)
        await waiting.put((batch, ids))
    for _ in range(readers):
        await waiting.put(None)


async def load_memberships(
    client: ConnectorClient,
    waiting: "asyncio.Queue[tuple[list[Person], list[UUID]] | None]",
    loaded: Loaded,
    advance: Callable[[int], None],
) -> None:
    """Send batches of memberships until there are no more."""
    while (item := await waiting.get()) is not None:
        people, ids = item
        body = [make_membership(person, account, loaded) for person, account in zip(people, ids, strict=True)]
        await asyncio.to_thread(client.call, "loyaltyMemberships/add", LoyaltyMemberships=body)
        loaded.memberships += len(body)
        loaded.chosen += sum(map(is_chosen, people))
        advance(len(body))


def load_programs(client: ConnectorClient, loaded: Loaded) -> None:
    """Add the programs and their tiers."""
    programs = [{"Name": plan.name, "Code": plan.code, "Type": "Hotel", "Subscription": "Free"} for plan in PROGRAMS]
    answer = client.call("loyaltyPrograms/add", LoyaltyPrograms=programs)
    loaded.program_ids = [UUID(program["Id"]) for program in answer["LoyaltyPrograms"]]
    for plan, program_id in zip(PROGRAMS, loaded.program_ids, strict=True):
        tiers = [
            {"LoyaltyProgramId": program_id, "Name": tier.name, "Code": tier.code, "Ordering": place}
            for place, tier in enumerate(plan.tiers, 1)
        ]
        answer = client.call("loyaltyTiers/add", LoyaltyTiers=tiers)
        loaded.tier_ids.append([UUID(tier["Id"]) for tier in answer["LoyaltyTiers"]])
    loaded.programs = len(loaded.program_ids)
    loaded.tiers = sum(map(len, loaded.tier_ids))


def make_customer(person: Person) -> NewCustomer:
    """Return the account to create."""
    return NewCustomer(
        first_name=person.given_name,
        last_name=person.family_name,
        email=person.email,
        birth_date=person.birth_date,
        nationality_code=person.country,
        preferred_language_code=person.language,
        external_id=f"demo-{person.number}",
        address=Address(country_code=person.country),
    )


def make_membership(person: Person, account_id: UUID, loaded: Loaded) -> dict[str, Any]:
    """Return the membership as the Connector API wants it."""
    return {
        "AccountId": account_id,
        "LoyaltyProgramId": loaded.program_ids[person.program],
        "LoyaltyTierId": loaded.tier_ids[person.program][person.tier],
        "IsPrimary": True,
        "State": person.state,
        "MembershipNumber": person.membership_number,
        "Points": person.points,
        "ExpirationDate": datetime(person.expires_on.year, 12, 31).strftime("%Y-%m-%dT00:00:00Z"),  # noqa: DTZ001
    }
