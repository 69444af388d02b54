"""The list pages of a large deployment: how long a browser waits for the first byte."""

import asyncio
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import httpx
import psycopg
from rich.console import Console

from benchmarks.house import Place, open_place, running_web, settle
from benchmarks.large_chain import CHAIN, PROGRAM, SEED, SIZES
from benchmarks.processes import BenchmarkError
from benchmarks.tables import Bar, make_table, show_bars, write_results
from tessera.access.roles import ADMIN_ROLE_ID
from tessera.access.users import NewUser, create_users
from tessera.platform.actors import command_line_actor
from tessera.platform.db import Database
from tessera.platform.db.roles import app_address
from tessera.platform.secrets import load_keys
from tessera.web.pages import PAGES

EMAIL, PASSWORD = "bench@tessera.example", "a sentence for the benchmark"
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
MOST_MILLISECONDS = 150.0
# Enough for the 95th in a hundred to be one that was seen, few enough for thirty pages to take a minute.
TRIES = 40
FLOOR = "/healthz"
# Beside every list as it opens: what people do with one.
SEARCHES = (
    "/loyalty/memberships?q=00512",
    "/loyalty/memberships?q=smith",
    "/loyalty/memberships?q=guest70",
    f"/loyalty/memberships?program={PROGRAM}",
    f"/loyalty/memberships?program={PROGRAM}&state=Pending",
    "/loyalty/memberships?state=Canceled",
    "/loyalty/memberships?page=200",
    "/loyalty/accounts?q=miller",
    "/loyalty/accounts?q=guest70",
    "/loyalty/accounts?page=200",
    "/admin/integrations/connectors/http_api?q=crm",
    "/admin/integrations/connectors/http_api?sort=-updated",
    "/admin/integrations/connectors/http_api?page=150",
    "/admin/audit?page=200",
    "/admin/audit?action=updated",
    "/admin/audit?kind=connection_profile",
    f"/admin/audit?chain={CHAIN}",
    "/admin/audit?actor=Ada",
)


@dataclass(frozen=True, slots=True)
class Wait:
    """How long one address took to begin to answer, in milliseconds."""

    address: str
    median: float
    p95: float
    kilobytes: float


def measure_pages(moment: datetime, console: Console) -> None:
    """Fill a deployment, open every list, and hold each against the bar."""
    with open_place() as place:
        fill(place, console)
        asyncio.run(add_user(place))
        with running_web(place, processes=1) as server:
            waits = asyncio.run(open_lists(server.url))
    floor, lists = waits[0], waits[1:]
    show_waits(floor, lists, console)
    slowest = max(lists, key=lambda wait: wait.p95)
    bar = Bar(
        f"first byte of every list, p95 over {TRIES} ({SIZES})",
        f"{slowest.p95:.0f} ms at {slowest.address}",
        f"at most {MOST_MILLISECONDS:.0f} ms",
        slowest.p95 <= MOST_MILLISECONDS,
    )
    show_bars([bar], console)
    described = [{"address": w.address, "median_ms": w.median, "p95_ms": w.p95} for w in waits]
    console.print(f"Written to {write_results('pages', moment, measurements=described, bars=[bar])}", soft_wrap=True)


def fill(place: Place, console: Console) -> None:
    """Write the rows straight into the tables, as a restored database would have them."""
    with psycopg.connect(place.database, autocommit=True) as connection:
        connection.execute("SET search_path TO tessera")
        # What the triggers would check holds by construction.
        connection.execute("SET session_replication_role TO replica")
        for title, statement in SEED:
            started = time.monotonic()
            connection.execute(statement.encode())
            console.print(f"{title} in {time.monotonic() - started:.0f} s")
    settle(place)


async def add_user(place: Place) -> None:
    """Add the user who looks at the pages."""
    database = Database(app_address(place.database, load_keys(place.settings.keys_file)))
    try:
        async with database.session() as session:
            await create_users(
                session,
                command_line_actor("benchmark"),
                [NewUser(EMAIL, "Bench", PASSWORD, roles=frozenset({ADMIN_ROLE_ID}))],
            )
    finally:
        await database.close()


async def open_lists(url: str) -> list[Wait]:
    """Return the wait for the floor and for every list."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        token = TOKEN.search((await client.get("/sign-in")).text)
        if token is None:
            raise BenchmarkError("The sign-in page shows no form.")
        fields = {"email": EMAIL, "password": PASSWORD, "form_token": token[1]}
        if (await client.post("/sign-in", data=fields)).status_code != 303:
            raise BenchmarkError("The benchmark's user cannot sign in.")
        addresses = (FLOOR, *sorted({*list_addresses(), *SEARCHES}))
        return [wait for address in addresses if (wait := await measure(client, address)) is not None]


def list_addresses() -> Iterator[str]:
    """Yield every page that stands by itself: lists, and what else a menu leads to."""
    for page in PAGES:
        if "GET" not in page.http_methods or page.opt["permission"] == "anyone":
            continue
        yield from (path for path in page.paths if "{" not in path)
    yield from (f"/admin/integrations/connectors/{tile}" for tile in ("http_api", "mparticle", "sftp", "s3"))


async def measure(client: httpx.AsyncClient, address: str) -> Wait | None:
    """Open one address again and again; None for one that only leads elsewhere."""
    waits, size = [], 0
    for _ in range(TRIES):
        started = time.perf_counter()
        async with client.stream("GET", address) as answer:
            waits.append((time.perf_counter() - started) * 1000)
            size = len(await answer.aread())
            if answer.status_code == 303:
                return None
            if answer.status_code != 200:
                raise BenchmarkError(f"{address} answered {answer.status_code}.")
    return Wait(address, statistics.median(waits), statistics.quantiles(waits, n=20)[-1], size / 1000)


def show_waits(floor: Wait, lists: list[Wait], console: Console) -> None:
    """Print every address, the slowest first, with what an answer without any page costs."""
    table = make_table("First byte of list pages")
    for heading in ("page", "median ms", "p95 ms", "kB"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    for wait in (*sorted(lists, key=lambda wait: -wait.p95), floor):
        name = f"{wait.address} (the floor)" if wait is floor else wait.address
        table.add_row(name, f"{wait.median:.1f}", f"{wait.p95:.1f}", f"{wait.kilobytes:,.0f}")
    console.print(table)
