"""The Connector API: adding, changing and reading memberships over HTTP, beside the floor and a peer.

The floor of adding is PostgreSQL's bare COPY of the same rows; the peer of reading is the same operation written the
usual way. Everything runs on one machine, one after another, on the same million memberships. Every answer is checked
for its status and its number of records, a sample for its content, and in the end every balance for its movements.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console

from benchmarks.answers import check_answers
from benchmarks.bodies import ITEMS_A_CALL, PAGE, Writer
from benchmarks.copy_floor import measure_floors
from benchmarks.house import Place, Server, open_place, running_web, settle
from benchmarks.judging import Findings, judge
from benchmarks.load_client import Request
from benchmarks.loads import Timing, send, send_for, show_timings
from benchmarks.peers.environment import install_peers
from benchmarks.peers.serving import give_tokens, running_peer
from benchmarks.processes import BenchmarkError
from benchmarks.records import Chain, Counts, check_counts, create_chain, load_records
from benchmarks.tables import show_bars, write_results

WEB_PROCESSES = 2
BULK_CALLERS = 4
SINGLE_CALLERS = 64
SINGLE_IDS = 1000
PAGE_TIMES = 200
FILTER_TIMES = 100
# The page to look at lies this far down: page 900 of a thousand.
LATE = 0.9
SMALL, SMALL_SECONDS, FULL_SECONDS = 200_000, 3.0, 10.0
# With the limit on, each token makes fewer calls than it may, and there are enough tokens to go on for a while.
LIMIT, LIMITED_TOKENS, CALLS_A_TOKEN = 200, 100, 150
MOST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What is measured: the chain with its many memberships, and how many are to be added."""

    place: Place
    chain: Chain
    members: int
    added: int

    def writer(self, chain: Chain | None = None) -> Writer:
        """Return a writer of requests, with the chain's own tokens or others."""
        return Writer(self.place.database, chain or self.chain, members=self.members)

    def web(self, request_limit: int = 0) -> AbstractContextManager[Server]:
        """Run Tessera's web processes."""
        return running_web(self.place, processes=WEB_PROCESSES, request_limit=request_limit)


def measure_connector(members: int, added: int, *, with_peers: bool, moment: datetime, console: Console) -> None:
    """Measure with so many memberships there and so many to add; print and write what was found."""
    if members < 2 * PAGE or not ITEMS_A_CALL <= added <= 2 * members:
        raise BenchmarkError(
            f"Give at least {2 * PAGE:,} members, and from {ITEMS_A_CALL:,} to twice as many as them to add."
        )
    if with_peers:
        install_peers()
    with open_place() as place:
        with console.status(f"Loading {members:,} members"):
            scene = prepare(place, members, added, moment)
        found = measure(scene, with_peers=with_peers, console=console)
    show(scene, found, console)
    bars = judge(found)
    show_bars(bars, console)
    path = write_results("connector", moment, measurements=found.describe(), bars=bars)
    console.print(f"Written to benchmarks/results/{path.name}")


def prepare(place: Place, members: int, added: int, moment: datetime) -> Scene:
    """Make the chain and load it."""
    chain = asyncio.run(create_chain(place.settings, tokens=1 + LIMITED_TOKENS, now=moment))
    load_records(place.database, chain, members=members, added=added, now=moment)
    settle(place)
    return Scene(place, chain, members, added)


def measure(scene: Scene, *, with_peers: bool, console: Console) -> Findings:
    """Measure everything: reading first, then what adds and changes."""
    with console.status("Reading one membership at a time"):
        singles, limited = measure_singles(scene, with_peers=with_peers)
    with console.status("Reading pages and filters"):
        pages, filters = measure_lists(scene)
    with console.status("Copying into the same tables"):
        floors = measure_floors(scene.place.database, scene.chain, members=scene.members, added=scene.added)
        settle(scene.place)
    with console.status(f"Adding {scene.added:,} memberships, changing points"):
        add, update, megabytes = measure_changes(scene)
    return Findings(add, floors, update, pages, singles, limited, filters, megabytes)


def measure_singles(scene: Scene, *, with_peers: bool) -> tuple[list[Timing], list[Timing]]:
    """Measure calls for one membership by its id: ours, the peer's, and ours with and without the request limit."""
    seconds = SMALL_SECONDS if scene.members <= SMALL else FULL_SECONDS
    place = scene.place
    found = [measure_single(scene, scene.web(), scene.chain, seconds, "Tessera")]
    if with_peers:
        chain = give_tokens(place.database, scene.chain)
        peer = running_peer(place, processes=WEB_PROCESSES)
        found.append(measure_single(scene, peer, chain, seconds, "FastAPI, SQLAlchemy ORM (peer)"))
    limited = []
    requests = scene.writer().single("one id", LIMITED_TOKENS * CALLS_A_TOKEN, tokens=LIMITED_TOKENS)
    for limit, name in ((0, "limit off"), (LIMIT, f"limit of {LIMIT} in 30 s on")):
        with scene.web(limit) as server:
            warm = scene.writer().single("one id", SINGLE_IDS // 10, tokens=LIMITED_TOKENS)
            send_all(server, warm, callers=SINGLE_CALLERS)
            limited.append(send_all(server, requests, callers=SINGLE_CALLERS)["one id"].named(name))
    return found, limited


def measure_single(
    scene: Scene, running: AbstractContextManager[Server], chain: Chain, seconds: float, name: str
) -> Timing:
    """Measure one server, after every id was asked for once, which also warms it up."""
    requests = scene.writer(chain).single("one id", min(SINGLE_IDS, scene.members))
    with running as server:
        check_answers(scene.place.database, chain.id, server.url, requests[:10])
        found = send_all(server, requests, callers=SINGLE_CALLERS)["one id"]
        if found.records != len(requests):
            raise BenchmarkError(f"{name} found {found.records} memberships for {len(requests)} ids.")
        return send_for(server.url, requests, callers=SINGLE_CALLERS, seconds=seconds).named(name)


def measure_lists(scene: Scene) -> tuple[list[Timing], list[Timing]]:
    """Measure pages, first and late, and every filter, by a single caller."""
    late = max(2, int(scene.members / PAGE * LATE))
    writer = scene.writer()
    pages = writer.pages(PAGE_TIMES, late=late)
    filters = writer.filters(FILTER_TIMES)
    with scene.web() as server:
        samples = [*pages[:2], *{request.sort: request for request in filters}.values()]
        check_answers(scene.place.database, scene.chain.id, server.url, samples)
        found = [list(send_all(server, requests, callers=1).values()) for requests in (pages, filters)]
    return found[0], found[1]


def measure_changes(scene: Scene) -> tuple[Timing, Timing, list[float]]:
    """Measure adding, the memory it took, and changing points; count what came of it."""
    database, chain = scene.place.database, scene.chain
    writer = scene.writer()
    changed = scene.added // 2
    additions, changes = writer.additions(), writer.changes(changed)
    there, moved = scene.members + scene.added, (scene.members + scene.added) // 2
    with scene.web() as server:
        send_all(server, writer.single("one id", 100), callers=BULK_CALLERS)
        add = send_all(server, additions, callers=BULK_CALLERS)["add"]
        megabytes = server.peak_megabytes()
        check_counts(database, chain, Counts(there, moved, there))
        settle(scene.place)
        update = send_all(server, changes, callers=BULK_CALLERS)["update"]
        check_counts(database, chain, Counts(there, moved + changed, there))
    for timing, expected in ((add, scene.added), (update, changed)):
        if timing.records != expected:
            raise BenchmarkError(f"{timing.name}: {timing.records:,} memberships were answered, not {expected:,}.")
    return add, update, megabytes


def send_all(server: Server, requests: Sequence[Request], *, callers: int) -> dict[str, Timing]:
    """Make every call once; return what was found by sort."""
    return send(server.url, requests, callers=callers, most_seconds=MOST_SECONDS)


def show(scene: Scene, found: Findings, console: Console) -> None:
    """Print everything as tables."""
    there = f"{scene.members:,} there"
    title = f"{scene.added:,} memberships, {ITEMS_A_CALL:,} a call, {BULK_CALLERS} callers, {there}"
    ways = [found.floor, *(floor for floor in found.floors if floor is not found.floor)]
    show_timings(title, [*ways, found.add, found.update], console, beside=("of floor", found.floor))
    title = f"One membership by its id, {SINGLE_CALLERS} callers, {WEB_PROCESSES} processes, {there}"
    show_timings(title, found.singles, console, beside=("of ours", found.singles[0]))
    title = f"The same with {LIMITED_TOKENS} access tokens, sent by our own client"
    show_timings(title, found.limited, console, beside=("of unlimited", found.limited[0]))
    show_timings(f"Pages of {PAGE:,}, one caller, {there}", found.pages, console)
    show_timings(f"Filters, at most {PAGE:,} a page, one caller, {there}", found.filters, console)
