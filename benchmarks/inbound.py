"""Messages from mParticle: eight senders, shuffled, a tenth of them twice, while a worker applies them.

Every message must be applied once, in order for each member, and the answers must come within a tenth of a second.
"""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from rich.console import Console

from benchmarks.house import Place, open_place, running_web, running_worker
from benchmarks.load_client import Request
from benchmarks.loads import Timing, send, show_timings
from benchmarks.processes import BenchmarkError
from benchmarks.tables import Bar, show_bars, write_results
from tessera import connectors
from tessera.access import chains as access_chains
from tessera.connectors import NewProfile, address_policy
from tessera.platform.actors import command_line_actor
from tessera.wiring import open_application

SENDERS, WEB_PROCESSES = 8, 2
MEMBERS, REPEATED = 1_000, 10
MOST_MILLISECONDS = 100.0
MOST_SECONDS = 900.0
LOOK_SECONDS = 0.2
FIRST = 1_700_000_000_000
ACTOR = command_line_actor("benchmark")
MAPPING = {
    "user_profiles": {
        "lookup_by": "integration_id",
        "user_attributes": {"customer": "integration_id", "email": "email", "$FirstName": "first_name"},
    }
}
STATES = "SELECT state, count(*), sum(duplicates) AS duplicates FROM inbound_messages GROUP BY state"
LAST = "SELECT external_id, first_name FROM accounts WHERE deleted_at IS NULL"
EVENTS = "SELECT name, count(*) FROM events WHERE name LIKE 'customer.%' GROUP BY name"


@dataclass(frozen=True, slots=True)
class Door:
    """The profile that takes the messages, and what opens it."""

    chain_id: UUID
    path: str
    token: str


def measure_inbound(messages: int, *, moment: datetime, console: Console) -> None:
    """Measure with so many different messages; print and write what was found."""
    if messages < MEMBERS:
        raise BenchmarkError(f"Give at least {MEMBERS:,} messages.")
    with open_place() as place:
        door = asyncio.run(open_door(place, moment))
        requests = make_requests(door, messages)
        with running_web(place, processes=WEB_PROCESSES) as server, running_worker(place):
            begun = time.perf_counter()
            with console.status(f"Sending {len(requests):,} messages"):
                found = send(
                    server.url,
                    requests,
                    callers=SENDERS,
                    most_seconds=MOST_SECONDS,
                    authorization=f"Token {door.token}",
                )["message"]
            with console.status("Waiting until all are applied"):
                wait_until_applied(place)
            seconds = time.perf_counter() - begun
        wrong = count_wrong(place, messages, len(requests) - messages)
    show(found, messages=messages, seconds=seconds, wrong=wrong, moment=moment, console=console)


async def open_door(place: Place, moment: datetime) -> Door:
    """Make a chain and its inbound profile."""
    async with open_application(place.settings, application="benchmark") as house:
        resources = house.resources
        async with resources.database.session() as session:
            (chain,) = await access_chains.create_chains(session, ACTOR, ["Harbour"], now=moment)
            new = NewProfile("mparticle_inbound", "standard", "CRM", settings={"extra_settings": MAPPING})
            made = await connectors.create_profile(
                session,
                ACTOR,
                chain_id=chain.id,
                new=new,
                keys=resources.keys,
                policy=address_policy(resources.settings),
            )
    assert made.token is not None
    return Door(chain.id, f"/integrations/mparticle/inbound/{made.internal_name}", made.token)


def make_requests(door: Door, count: int) -> list[Request]:
    """Return the messages in no order, a tenth of all that are sent being repetitions."""
    bodies = [json.dumps(make_message(number)).encode() for number in range(count)]
    chance = random.Random(7)
    bodies += chance.sample(bodies, count // (REPEATED - 1))
    chance.shuffle(bodies)
    return [Request("message", door.path, body) for body in bodies]


def make_message(number: int) -> dict[str, Any]:
    """Return one message; a member's later ones have higher numbers."""
    member = number % MEMBERS
    return {
        "type": "event_processing_request",
        "id": f"message-{number}",
        "timestamp_ms": FIRST + number,
        "firehose_version": "2.1.0",
        "account": {"account_id": 42, "account_settings": {}},
        "user_identities": [
            {"type": "customer", "encoding": "raw", "value": f"u-{member}"},
            {"type": "email", "encoding": "raw", "value": f"u{member}@example.com"},
        ],
        "user_attributes": {"$FirstName": f"{number:08}"},
        "events": [{"type": "custom_event", "id": f"event-{number}", "timestamp_ms": FIRST + number, "name": "Seen"}],
        "mpid": str(member),
    }


def wait_until_applied(place: Place) -> None:
    """Return once no message waits."""
    until = time.perf_counter() + MOST_SECONDS
    while time.perf_counter() < until:
        if "waiting" not in {row["state"] for row in ask(place, STATES)}:
            return
        time.sleep(LOOK_SECONDS)
    raise BenchmarkError("The worker did not apply all messages in time.")


def count_wrong(place: Place, messages: int, repeated: int) -> int:
    """Return how many things are not as they must be: states, repetitions, last values, and changes told of."""
    states = {row["state"]: row for row in ask(place, STATES)}
    told = {row["name"]: row["count"] for row in ask(place, EVENTS)}
    last = {row["external_id"]: row["first_name"] for row in ask(place, LAST)}
    wanted = {f"u-{number % MEMBERS}": f"{number:08}" for number in range(messages - MEMBERS, messages)}
    changed = states["updated"]["count"] if "updated" in states else 0
    return sum(
        (
            sum(last.get(name) != value for name, value in wanted.items()),
            abs(len(last) - MEMBERS),
            abs(sum(row["count"] for row in states.values()) - messages),
            abs(sum(row["duplicates"] for row in states.values()) - repeated),
            abs(told.get("customer.created", 0) - MEMBERS),
            # Changes that went together are told of once.
            max(0, told.get("customer.updated", 0) - changed),
            sum(row["count"] for state, row in states.items() if state in ("rejected", "ignored")),
        )
    )


def ask(place: Place, statement: str) -> Sequence[dict[str, Any]]:
    """Return what a statement finds."""
    with psycopg.connect(place.database, row_factory=dict_row, options="-c search_path=tessera") as connection:
        return connection.execute(statement.encode()).fetchall()


def show(found: Timing, *, messages: int, seconds: float, wrong: int, moment: datetime, console: Console) -> None:
    """Print the answers' times, the bars, and write both."""
    show_timings(f"{messages:,} messages from mParticle, {SENDERS} senders", [found], console)
    console.print(f"All applied {seconds:.1f} s after the first was sent, by one worker: {messages / seconds:,.0f}/s")
    bars = [
        Bar("each applied once, in order", f"{wrong} wrong", "none", wrong == 0),
        Bar(
            "the answer",
            f"p95 {found.p95:.1f} ms",
            f"p95 at most {MOST_MILLISECONDS:g} ms",
            found.p95 <= MOST_MILLISECONDS,
        ),
    ]
    show_bars(bars, console)
    applied = {"part": "applied", "messages": messages, "seconds": seconds, "wrong": wrong}
    path = write_results("inbound", moment, measurements=[found.describe(), applied], bars=bars)
    console.print(f"Written to benchmarks/results/{path.name}")
