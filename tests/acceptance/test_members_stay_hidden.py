"""Members stay hidden from those who may not see them: not one door shows a member's e-mail, name or number."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.acceptance.test_route_walk import Town, Walker, build_app, pages_of
from tests.builders.house import ACTOR, SmallHouse, create_export, make_settings, open_small_house, run_to_end
from tests.builders.mparticle import encode, firehose
from tests.builders.one_of_each import PASSWORD, PERSONAL, make_one_of_each
from tests.builders.receivers import Received, Receiver, Reply, run_receiver
from tests.web.conftest import open_browser

from tessera import connectors, inbound, loyalty, outbound
from tessera.access.keys import NewApiKey, create_api_keys
from tessera.access.roles import ADMIN_ROLE_ID, AUTHOR_ROLE_ID
from tessera.access.users import NewUser, create_users
from tessera.api.management.v1.registry import ROUTES
from tessera.inbound import MessageQuery
from tessera.loyalty import MembershipChange, NewCustomer, NewMembership
from tessera.outbound import open_trial, send_test
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing
from tessera.web.exports.run import View
from tessera.web.pages import PAGES

EMAIL, FIRST, LAST, NUMBER, OLD_NUMBER = "kestrel@canary.example", "Kestrelina", "Windhover", "KSTRL77", "KSTRL66"
CANARIES = (EMAIL, FIRST, LAST, NUMBER, OLD_NUMBER, "canary.example", "kestrel%40")
QUERY = """SELECT membership_id AS id, membership_number AS number, email, first_name, last_name
FROM members WHERE email > ''"""
BODY = {"id": "{{ id }}", "number": "{{ number }}", "email": "{{ email }}", "name": "{{ first_name }} {{ last_name }}"}
REFUSED_ROWS = {"items": "/errors", "index": "/index", "message": "/message"}
AUTHOR, REST, ALL = "Author", "all but members", "Admin"


def echo(request: Received) -> Reply:
    """Refuse every row, and repeat what it held."""
    text = f"{request.path} {request.body.decode()}"
    errors = [{"index": index, "message": f"refused {text}"} for index in range(50)]
    return Reply(400, {"X-Echo": request.path}, json.dumps({"errors": errors, "error": text}).encode())


def all_but_members() -> frozenset[str]:
    """Return every permission that a page or a route asks for, those on members aside."""
    asked = {route.permission for route in ROUTES} | {page.opt["permission"] for page in PAGES}
    return frozenset(each for each in asked if ":" in each and not each.startswith("members:"))


@dataclass(frozen=True)
class Aviary:
    """A deployment in which a member was exported, refused, tried, renumbered and sent in; and who looks at it."""

    town: Town
    chain_id: str

    @property
    def walkers(self) -> dict[str, Walker]:
        return {walker.name: walker for walker in self.town.walkers}


@pytest.fixture
async def aviary(database: Database, query_address: str, keys: KeyRing, tmp_path: Path) -> AsyncIterator[Aviary]:
    settings = make_settings(tmp_path)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_small_house(database, query_address, keys, settings))
        receiver = await stack.enter_async_context(run_receiver(echo))
        ids = await make_one_of_each(house)
        ids |= await make_member(house, ids)
        ids |= await send_member_out(house, receiver, UUID(ids["chain_id"]))
        ids |= await send_member_in(house, UUID(ids["inbound_id"]))
        app = build_app(house)
        walkers = []
        for name, roles, permissions in (
            (AUTHOR, {AUTHOR_ROLE_ID}, frozenset()),
            (REST, set(), all_but_members()),
            (ALL, {ADMIN_ROLE_ID}, frozenset()),
        ):
            email, chains = f"{name.replace(' ', '-').lower()}@example.com", frozenset({UUID(ids["chain_id"])})
            grants: dict[str, Any] = {"chains": chains, "permissions": permissions, "roles": frozenset(roles)}
            async with database.session() as session:
                (user,) = await create_users(session, ACTOR, [NewUser(email, name, PASSWORD, **grants)])
                (key,) = await create_api_keys(session, ACTOR, keys, [NewApiKey(name, **grants)], now=now())
            browser = await stack.enter_async_context(open_browser(app))
            assert (await browser.sign_in(email, PASSWORD)).status_code == 303
            walkers.append(Walker(name, user.act(), browser, key.text, await browser.token()))
        yield Aviary(Town(ids, tuple(walkers)), ids["chain_id"])


async def make_member(house: SmallHouse, ids: dict[str, str]) -> dict[str, str]:
    """Make the canary, and give it another number."""
    chain_id = UUID(ids["chain_id"])
    async with house.database.session() as session:
        new = NewCustomer(first_name=FIRST, last_name=LAST, email=EMAIL)
        (account,) = await loyalty.create_accounts(session, ACTOR, chain_id, [new], now=now())
        membership = NewMembership(
            account_id=account, program_id=UUID(ids["program_id"]), membership_number=OLD_NUMBER, points=5
        )
        (made,) = await loyalty.create_memberships(session, ACTOR, chain_id, [membership], now=now())
    async with house.database.session() as session:
        change = MembershipChange(id=made.id, membership_number=NUMBER)
        await loyalty.update_memberships(session, ACTOR, chain_id, [change], now=now())
    return {"account_id": str(account), "membership_id": str(made.id)}


async def send_member_out(house: SmallHouse, receiver: Receiver, chain_id: UUID) -> dict[str, str]:
    """Export the members to a receiver that refuses and repeats all it is sent, and send a test."""
    definition = await create_export(
        house,
        chain_id,
        receiver.url,
        query=QUERY,
        body=BODY,
        url_path="members/{{ email }}",
        batch_size=1,
        error_path=REFUSED_ROWS,
    )
    run = await run_to_end(house, definition)
    assert run.failed
    assert definition.template_id is not None
    async with house.database.session() as session:
        template = await outbound.get_template(session, ACTOR, chain_id, definition.template_id)
        trial = await open_trial(session, ACTOR, template, keys=house.resources.keys)
    assert trial
    sent = await send_test(house.resources, house.engine, house.client, ACTOR, trial)
    assert "refused" in sent.answer
    return {
        "definition_id": str(definition.id),
        "run_id": str(run.id),
        "query_id": str(definition.query_id),
        "query_ref": str(definition.query_id),
        "template_id": str(template.id),
        "template": str(template.id),
        "profile_id": str(template.profile_id),
        "profile": str(template.profile_id),
    }


async def send_member_in(house: SmallHouse, profile_id: UUID) -> dict[str, str]:
    """Let a message about the member come in, with values that cannot be taken."""
    resources = house.resources
    async with house.database.session() as session:
        token = await inbound.rotate_inbound_token(session, ACTOR, resources.keys, profile_id, now=now())
        profile = await connectors.get_profile(session, ACTOR, None, profile_id)
    inlet = await inbound.find_inbound(
        house.database.reader, resources.keys, name=profile.internal_name, token=token, now=now()
    )
    assert inlet
    message = firehose(EMAIL, email=EMAIL, attributes={"$FirstName": FIRST, "$LastName": [LAST], "code": NUMBER})
    messages, _ = inbound.read_messages("mparticle_inbound", encode(message))
    async with house.database.session() as session:
        await inbound.receive_messages(session, resources.keys, inlet, messages, now=now())
    await inbound.apply_due_messages(resources)
    async with house.database.session() as session:
        page = await inbound.list_inbound_messages(session, ACTOR, profile_id, MessageQuery())
    return {"message_id": str(page.items[0].id)}


@pytest.mark.timeout(300)
async def test_members_stay_hidden_behind_every_door(aviary: Aviary) -> None:
    leaks: list[str] = []
    for name in (AUTHOR, REST):
        walker = aviary.walkers[name]
        async for where, text in everything(aviary.town, walker):
            leaks += [f"{where} shows {name} {canary}" for canary in CANARIES if canary in text]
    assert not leaks, "\n".join(sorted(set(leaks)))


@pytest.mark.timeout(300)
async def test_whoever_may_see_members_sees_them(aviary: Aviary) -> None:
    walker, shown = aviary.walkers[ALL], set()
    async for where, text in readings(aviary.town, walker):
        if any(canary in text for canary in CANARIES):
            shown.add(where)
    run = "/admin/exports/runs/{run_id:uuid}"
    assert {f"GET {run}/requests/{{number:int}}", f"GET {run}?view=rows"} <= shown
    assert {"GET /runs/{run_id}/requests", "GET /memberships/{membership_id}"} <= shown
    assert "GET /runs/{run_id}/errors as CSV" in shown


async def everything(town: Town, walker: Walker) -> AsyncIterator[tuple[str, str]]:
    """Yield what every door answers: first what reads, then looks at texts that were typed, then all that acts."""
    async for found in readings(town, walker):
        yield found
    typed = {"text": QUERY, "label": "Typed", "csrf_token": walker.token, "body": json.dumps(BODY), "method": "POST"}
    for _, path in pages_of("POST"):
        previews = path.endswith(("/edit/preview", "/new/preview"))
        for asked in ("check", "preview", "count", "test") if previews else ("",):
            if not path.startswith(("/account", "/sign")):
                answer = await walker.browser.post(town.fill(path), **typed, do=asked)
                yield f"POST {path} {asked}", answer.text
    for route in ROUTES:
        if route.method == "POST":
            for body in (b"{}", json.dumps(dict(route.example or {})).encode()):
                headers = {"Authorization": f"Bearer {walker.key}", "Idempotency-Key": f"{route.path}{len(body)}"}
                path = f"/api/v1{town.fill(route.path)}"
                answer = await walker.browser.client.post(path, content=body, headers=headers)
                yield f"POST {route.path}", answer.text


async def readings(town: Town, walker: Walker) -> AsyncIterator[tuple[str, str]]:
    """Yield what every page shows, in each of its views, and what every route of the API reads."""
    for path in addresses():
        answer = await walker.browser.get(town.fill(path))
        yield f"GET {path}", answer.text
    for route in ROUTES:
        if route.method == "GET":
            query = "?limit=100" if route.path == "/events" else ""
            headers = {"Authorization": f"Bearer {walker.key}"}
            for kind in ("application/json", "text/csv") if route.gives_csv else ("application/json",):
                path = f"/api/v1{town.fill(route.path)}{query}"
                answer = await walker.browser.client.get(path, headers={**headers, "Accept": kind})
                yield f"GET {route.path}{' as CSV' if kind == 'text/csv' else ''}", answer.text


def addresses() -> Iterator[str]:
    """Yield the paths of all pages; a run's page has several views."""
    for _, path in pages_of("GET"):
        # Signing out would end the walk.
        if not set(PERSONAL) & set(path.split("/")) and not path.startswith("/sign-out"):
            yield path
        if path == "/admin/exports/runs/{run_id:uuid}":
            yield from (f"{path}?view={view}" for view in View)
