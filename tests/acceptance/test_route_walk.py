"""Every page and every route of the management API, as everybody: only what is declared opens.

New pages and routes are walked as soon as they are registered. Their addresses are filled with the ids of
`tests/builders/one_of_each.py`; one that it does not know fails here.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from tests.builders.house import ACTOR, SmallHouse, make_settings, open_small_house
from tests.builders.one_of_each import INSTEAD, PASSWORD, PERSONAL, SHARED, make_one_of_each
from tests.web.conftest import Browser, open_browser

from tessera.access.chains import create_chains
from tessera.access.keys import NewApiKey, create_api_keys
from tessera.access.roles import ADMIN_ROLE_ID, AUTHOR_ROLE_ID, CSR_ROLE_ID
from tessera.access.users import NewUser, create_users
from tessera.api import build_api, build_documents
from tessera.api.management.v1.registry import ROUTES
from tessera.api.management.v1.routes import BODY, Route
from tessera.platform.actors import Actor
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing
from tessera.web import answer_failure, build_pages
from tessera.web.pages import PAGES
from tessera.web.visits import ANYONE, SIGNED_IN

PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")
NOBODY = str(UUID(int=1))
UNKNOWN = (
    "tests/builders/one_of_each.py does not know what the parameter {name} of {path} stands for: make such an object in"
    " `make_one_of_each` and return its id under that name; if it belongs to no chain, name it in SHARED, and if only"
    " its own user sees it, in PERSONAL"
)
# The run of this town made no file, and its rows show members, which not everyone may see.
FILE = "/runs/{run_id}/file", "/runs/{run_id:uuid}/file"
OPENED = range(200, 400)
STRANGER, NOTHING, OUTSIDER = "a stranger", "nothing", "another chain"
ROLES = {
    "Admin": frozenset({ADMIN_ROLE_ID}),
    "CSR": frozenset({CSR_ROLE_ID}),
    "Author": frozenset({AUTHOR_ROLE_ID}),
    NOTHING: frozenset[UUID](),
    OUTSIDER: frozenset({ADMIN_ROLE_ID}),
}


@dataclass(frozen=True)
class Walker:
    """Somebody who tries every door: with a browser to pages, with a key to the API."""

    name: str
    actor: Actor | None
    browser: Browser
    key: str | None
    token: str

    def may(self, permission: str) -> bool:
        """Say whether the door is declared open to them."""
        if permission == ANYONE:
            return True
        return self.actor is not None and (permission == SIGNED_IN or self.actor.may(permission))


@dataclass(frozen=True)
class Town:
    """One application with one object of each kind, and everybody who walks through it."""

    ids: Mapping[str, str]
    walkers: tuple[Walker, ...]

    def fill(self, path: str) -> str:
        """Return an address of the path; what is personal is somebody else's."""
        others = {name: other for part, name, other in INSTEAD if part in path}
        return PLACE.sub(lambda found: self.ids.get(others.get(found[1], found[1]), NOBODY), path)

    def belongs_to_a_chain(self, path: str) -> bool:
        """Say whether what the address names is some chain's."""
        return bool(set(PLACE.findall(path)) - SHARED - PERSONAL)


@pytest.fixture
async def town(database: Database, query_address: str, keys: KeyRing, tmp_path: Path) -> AsyncIterator[Town]:
    settings = make_settings(tmp_path)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_small_house(database, query_address, keys, settings))
        ids = await make_one_of_each(house)
        app = build_app(house)
        async with database.session() as session:
            (other,) = await create_chains(session, ACTOR, ["Elsewhere"], now=now())
        here = UUID(ids["chain_id"])
        walkers = [
            await stack.enter_async_context(make_walker(app, house, name, other.id if name == OUTSIDER else here))
            for name in ROLES
        ]
        stranger = await stack.enter_async_context(open_browser(app))
        yield Town(ids, (*walkers, Walker(STRANGER, None, stranger, None, "made up")))


def build_app(house: SmallHouse) -> Litestar:
    """Return pages and API as one application."""
    app = Litestar(
        [*build_api(), *build_pages()],
        exception_handlers={Exception: answer_failure},
        openapi_config=None,
        logging_config=None,
    )
    app.state.resources, app.state.engine, app.state.client = house.resources, house.engine, house.client
    app.state.documents = build_documents()
    return app


@asynccontextmanager
async def make_walker(app: Litestar, house: SmallHouse, name: str, chain_id: UUID) -> AsyncIterator[Walker]:
    """Make a user and a key with the same role, in one chain, and sign the user in."""
    email, chains = f"{name.replace(' ', '-').lower()}@example.com", frozenset({chain_id})
    user = NewUser(email, name, PASSWORD, chains=chains, permissions=frozenset(), roles=ROLES[name])
    key = NewApiKey(name, chains=chains, permissions=frozenset(), roles=ROLES[name])
    async with house.database.session() as session:
        (made,) = await create_users(session, ACTOR, [user])
        (made_key,) = await create_api_keys(session, ACTOR, house.resources.keys, [key], now=now())
    async with open_browser(app) as browser:
        answer = await browser.sign_in(email, PASSWORD)
        assert answer.status_code == 303, answer.text
        yield Walker(name, made.act(), browser, made_key.text, await browser.token())


def pages_of(method: str) -> Iterator[tuple[HTTPRouteHandler, str]]:
    """Yield every page of a method with each of its paths."""
    for page in PAGES:
        if method in page.http_methods:
            yield from ((page, path) for path in sorted(page.paths))


def find_unknown(town: Town) -> list[str]:
    """Return what to add to the builder for addresses that it cannot fill."""
    paths = [*(path for page in PAGES for path in page.paths), *(route.path for route in ROUTES)]
    unknown = {
        UNKNOWN.format(name=name, path=path)
        for path in paths
        for name in PLACE.findall(path)
        if name not in town.ids and name not in PERSONAL
    }
    return sorted(unknown)


@pytest.mark.timeout(300)
async def test_only_what_is_declared_opens(town: Town) -> None:
    unknown = find_unknown(town)
    assert not unknown, "\n".join(unknown)
    faults: list[str] = []
    for walker in town.walkers:
        for page, path in pages_of("GET"):
            faults += await look(town, walker, page, path)
        for page, path in pages_of("POST"):
            faults += await send(town, walker, page, path)
        for route in ROUTES:
            faults += await ask(town, walker, route)
    assert not faults, "\n".join(faults)


async def look(town: Town, walker: Walker, page: HTTPRouteHandler, path: str) -> list[str]:
    """Open a page, and tell what is wrong with the answer."""
    permission = page.opt["permission"]
    answer = await walker.browser.get(town.fill(path))
    status, where = answer.status_code, answer.headers.get("location", "")
    if permission == ANYONE:
        right = status < 500  # Some ask for more than a look, such as the link of a mail.
    elif walker.name == STRANGER:
        right = status == 303 and where.startswith("/sign-in")
    elif not walker.may(permission):
        right = status == 403
    elif set(PLACE.findall(path)) & PERSONAL or (walker.name == OUTSIDER and town.belongs_to_a_chain(path)):
        right = status == 404
    elif path.endswith(FILE):
        right = status in {403, 404}
    else:
        right = status in OPENED and not where.startswith("/sign-in")
    return [] if right else [f"GET {path} ({permission}) answers {walker.name} with {status} {where}"]


async def send(town: Town, walker: Walker, page: HTTPRouteHandler, path: str) -> list[str]:
    """Send an empty form: without its token where it would be taken, as the outsider with it."""
    permission, address = page.opt["permission"], town.fill(path)
    if permission == ANYONE:
        return []
    foreign = walker.name == OUTSIDER and town.belongs_to_a_chain(path)
    refused = not walker.may(permission)
    fields = {"csrf_token": walker.token} if foreign or refused else {}
    answer = await walker.browser.post(address, **fields)
    status, where, text = answer.status_code, answer.headers.get("location", ""), answer.text
    if walker.name == STRANGER:
        right = status == 303 and where == "/sign-in"
    elif refused:
        right = status == 403 and "lacks the permission" in text
    elif foreign:
        right = status == 404
    else:
        # The permission was held, so that the missing token was the next thing in the way.
        right = status == 403 and "form has expired" in text
    return [] if right else [f"POST {path} ({permission}) answers {walker.name} with {status} {where}"]


async def ask(town: Town, walker: Walker, route: Route) -> list[str]:
    """Ask a route of the API: readings whole, changes with what cannot be carried out."""
    foreign = walker.name == OUTSIDER and town.belongs_to_a_chain(route.path)
    allowed, reads = walker.may(route.permission), route.method == "GET"
    address = town.fill(route.path) if reads or foreign else PLACE.sub("0", route.path)
    if allowed and not reads and not foreign and BODY not in route.reads and not route.places:
        return []  # Nothing stands between the permission and the deed.
    body = msgspec.json.encode(route.example or {}) if foreign and BODY in route.reads else b"" if reads else b"{"
    headers = {"Idempotency-Key": "walk"} | ({} if walker.key is None else {"Authorization": f"Bearer {walker.key}"})
    client = walker.browser.client
    answer = await client.request(route.method, f"/api/v1{address}", content=body, headers=headers)
    code = answer.json()["code"] if answer.status_code >= 400 else ""
    if walker.name == STRANGER:
        right = (answer.status_code, code) == (401, "key_needed")
    elif not allowed:
        right = (answer.status_code, code) == (403, "denied")
    elif foreign:
        right = answer.status_code == 404
    elif reads and route.path.endswith(FILE):
        right = answer.status_code in {403, 404}
    elif reads:
        right = answer.status_code == 200 or (answer.status_code == 409 and route.conflicts)
    else:
        right = answer.status_code in {400, 404, 422}
    told = f"{route.method} {route.path} ({route.permission}) answers {walker.name} with {answer.status_code} {code}"
    return [] if right else [told]
