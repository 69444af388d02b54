"""The pages on a real database, asked in process as a browser would ask."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State
from tests.builders.house import SmallHouse, make_settings, open_small_house

from tessera.access.roles import ADMIN_ROLE_ID
from tessera.access.users import NewUser, create_users
from tessera.platform.actors import command_line_actor
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import Settings
from tessera.web import answer_failure, build_pages

PASSWORD = "a quiet sentence"
TOKEN = re.compile(r'name="(?:csrf_token|form_token)" value="([^"]+)"')


@dataclass
class Browser:
    """One browser: it keeps cookies, follows no redirects, and sends forms with the token the page shows."""

    client: httpx.AsyncClient

    async def get(self, path: str, **headers: str) -> Any:
        return await self.client.get(path, headers=headers, follow_redirects=False)

    async def post(self, path: str, **fields: str) -> Any:
        return await self.client.post(path, data=fields, follow_redirects=False)

    async def token(self, path: str = "/") -> str:
        found = TOKEN.search((await self.get(path)).text)
        assert found is not None
        return found[1]

    async def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> Any:
        token = await self.token("/sign-in")
        return await self.post("/sign-in", email=email, password=password, form_token=token, **fields)


@asynccontextmanager
async def open_browser(app: Litestar, address: str = "http://tessera.test") -> AsyncIterator[Browser]:
    """Open a browser that reaches the application without a network."""
    application: Any = app  # the two libraries spell the same protocol differently
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=address) as client:
        yield Browser(client)


@dataclass
class Site:
    """The pages and who may visit them."""

    house: SmallHouse
    app: Litestar

    async def add_user(self, email: str, **given: Any) -> None:
        async with self.house.database.session() as session:
            granted: dict[str, Any] = (
                {} if {"roles", "permissions"} & set(given) else {"roles": frozenset({ADMIN_ROLE_ID})}
            )
            new = NewUser(email, email.partition("@")[0].title(), PASSWORD, **granted, **given)
            await create_users(session, command_line_actor("test"), [new])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path)


@pytest.fixture
async def house(database: Database, query_address: str, keys: KeyRing, settings: Settings) -> AsyncIterator[SmallHouse]:
    async with open_small_house(database, query_address, keys, settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def pages() -> Litestar:
    """Build the pages once; only their state differs between tests."""
    return build_application()


@pytest.fixture
async def site(house: SmallHouse, pages: Litestar) -> Site:
    pages.state = state_of(house)
    return Site(house, pages)


def build_site(house: SmallHouse, **changed: Any) -> Litestar:
    """Return the pages as an application of their own; `changed` are other resources."""
    app = build_application()
    app.state = state_of(house, **changed)
    return app


def build_application() -> Litestar:
    """Return the pages without what they work with."""
    return Litestar(
        build_pages(),
        exception_handlers={Exception: answer_failure},
        openapi_config=None,
        logging_config=None,
    )


def state_of(house: SmallHouse, **changed: Any) -> State:
    """Return what the pages work with."""
    resources = replace(house.resources, **changed)
    return State({"resources": resources, "engine": house.engine, "client": house.client})


@pytest.fixture
async def stranger(site: Site) -> AsyncIterator[Browser]:
    """Somebody who is not signed in."""
    async with open_browser(site.app) as browser:
        yield browser


@pytest.fixture
async def owner(site: Site) -> AsyncIterator[Browser]:
    """Somebody who may do everything."""
    await site.add_user("owner@example.com")
    async with open_browser(site.app) as browser:
        await browser.sign_in("owner@example.com")
        yield browser


@pytest.fixture
async def reader(site: Site) -> AsyncIterator[Browser]:
    """Somebody who may look at exports and change nothing."""
    await site.add_user("reader@example.com", permissions=frozenset({"exports:read"}))
    async with open_browser(site.app) as browser:
        await browser.sign_in("reader@example.com")
        yield browser


@pytest.fixture
async def outsider(site: Site) -> AsyncIterator[Browser]:
    """Charlie, who works for another chain and must see nothing of ours."""
    await site.add_user("charlie@example.com", chains=frozenset({UUID(int=7)}))
    async with open_browser(site.app) as browser:
        await browser.sign_in("charlie@example.com")
        yield browser
