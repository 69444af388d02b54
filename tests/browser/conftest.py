"""Pages in a real browser: a server on loopback, headless Chromium, and silence on its console."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from playwright.async_api import Browser, Page, async_playwright
from tests.builders.house import SmallHouse, make_settings, open_small_house

from tessera.access.roles import ADMIN_ROLE_ID
from tessera.access.users import NewUser, create_users
from tessera.platform.actors import command_line_actor
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing
from tessera.web import answer_failure, build_pages

EMAIL, PASSWORD = "ada@example.com", "a quiet sentence"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Site:
    """A running site and the house behind it."""

    address: str
    house: SmallHouse
    app: Litestar


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of Chromium; without one these tests are skipped, but not where everything is required."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and os.environ.get("TESSERA_REQUIRE_ALL") == "1":
        pytest.fail("Chromium is missing, and TESSERA_REQUIRE_ALL=1 asks for every test")
    return found or pytest.skip("Chromium is missing")


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """Start the browser once."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield running
        await running.close()


@asynccontextmanager
async def serve_site(
    database: Database, query_address: str, keys: KeyRing, folder: Path, *, routes: Sequence[Any] = ()
) -> AsyncIterator[Site]:
    """Serve the pages, and further `routes`, with one user for this while."""
    async with open_small_house(database, query_address, keys, make_settings(folder)) as house:
        async with database.session() as session:
            await create_users(
                session,
                command_line_actor("test"),
                [NewUser(EMAIL, "Ada Lovelace", PASSWORD, roles=frozenset({ADMIN_ROLE_ID}))],
            )
        app = build_app(*routes)
        app.state.resources, app.state.engine, app.state.client = house.resources, house.engine, house.client
        port = free_port()
        attended = Attended(app)
        server = Server(attended, port=port, interface=Interfaces.ASGI, log_enabled=False)
        serving = asyncio.create_task(server.serve())
        await wait_until_open(port)
        yield Site(f"http://127.0.0.1:{port}", house, app)
        server.stop()  # type: ignore[no-untyped-call]
        await serving
        await asyncio.wait_for(attended.idle.wait(), 10)


@cache
def build_app(*routes: Any) -> Litestar:
    """Build the pages once; only their state differs between tests."""
    return Litestar([*build_pages(), *routes], exception_handlers={Exception: answer_failure}, openapi_config=None)


class Attended:
    """An application, and whether it is at rest: a tab that closes leaves requests behind."""

    def __init__(self, app: Litestar) -> None:
        self.app = app
        self.running = 0
        self.idle = asyncio.Event()
        self.idle.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request."""
        self.running += 1
        self.idle.clear()
        try:
            await self.app(scope, receive, send)
        finally:
            self.running -= 1
            if not self.running:
                self.idle.set()


@pytest.fixture
async def site(database: Database, query_address: str, keys: KeyRing, tmp_path: Path) -> AsyncIterator[Site]:
    """Serve the pages on the test's own database."""
    async with serve_site(database, query_address, keys, tmp_path) as served:
        yield served


@asynccontextmanager
async def open_tab(browser: Browser, site: Site, **shape: Any) -> AsyncIterator[Page]:
    """Give a tab; whatever it complains about fails the test, a breach of the security policy above all."""
    context = await browser.new_context(base_url=site.address, **shape)
    context.set_default_timeout(15_000)
    tab = await context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab
    await context.close()
    assert complaints == []


async def sign_in(tab: Page) -> None:
    """Sign the site's user in."""
    await tab.goto("/sign-in")
    await tab.get_by_label("E-mail address").fill(EMAIL)
    await tab.get_by_label("Password").fill(PASSWORD)
    await tab.get_by_role("button", name="Sign in").click()
    await tab.get_by_role("heading", name="Home").wait_for()


@pytest.fixture
async def page(browser: Browser, site: Site) -> AsyncIterator[Page]:
    """Give a tab that nobody has signed in from."""
    async with open_tab(browser, site) as tab:
        yield tab


@pytest.fixture
async def signed_in(page: Page) -> Page:
    """Give a tab whose user has signed in."""
    await sign_in(page)
    return page


def free_port() -> int:
    """Return a port that nobody listens on."""
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def wait_until_open(port: int) -> None:
    """Wait until the server accepts connections."""
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            await writer.wait_closed()
            return
    raise TimeoutError(f"nobody listens on {port}")
