"""The pages of an inbound profile: its token shown once, its messages, and playing them again."""

import json
import re
from typing import Any

import pytest
from tests.builders.mparticle import encode, firehose
from tests.inbound.conftest import create_inbound
from tests.web.conftest import Browser, Site

from tessera import connectors, inbound
from tessera.connectors import Profile
from tessera.connectors.contract import connector_types
from tessera.platform.actors import command_line_actor
from tessera.platform.clock import now
from tessera.web.integrations.tiles import find_tile

OWNER = command_line_actor("test")
TOKEN = re.compile(r"tsi_[A-Za-z0-9_-]{43}")


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
async def profile(site: Site) -> Profile:
    _, made = await create_inbound(site.house.resources, "Harbour")
    return made


async def receive(site: Site, profile: Profile, *documents: Any) -> None:
    """Let messages come in, and apply them."""
    resources = site.house.resources
    assert profile.token is not None
    found = await inbound.find_inbound(
        resources.database.reader, resources.keys, name=profile.internal_name, token=profile.token, now=now()
    )
    assert found is not None
    for document in documents:
        messages, _ = inbound.read_messages("mparticle_inbound", encode(document))
        async with resources.database.session() as session:
            await inbound.receive_messages(session, resources.keys, found, messages, now=now())
    await inbound.apply_due_messages(resources)


def path_of(profile: Profile) -> str:
    return f"/admin/integrations/profiles/{profile.chain_id}/{profile.id}"


async def test_token_is_shown_once_when_the_profile_is_saved(site: Site, owner: Browser, profile: Profile) -> None:
    async with site.house.database.session() as session:
        await connectors.delete_profile(session, OWNER, profile.chain_id, profile.id)
    tile = find_tile("mparticle")
    assert tile is not None
    path = tile.path_of(connector_types()["mparticle_inbound"])
    token = await owner.token(path)
    asked = await owner.post(path, csrf_token=token, label="CRM")
    popup = await owner.get(asked.headers["location"])
    assert "lookup_by" in popup.text
    new = asked.headers["location"].partition("?")[0]
    fields = {
        f"p_{name}": value if isinstance(value, str) else json.dumps(value)
        for name, value in profile.settings.items()
        if value not in (None, False)
    }
    answer = await owner.post(new, csrf_token=token, label="CRM", variant=profile.variant, **fields)
    assert answer.status_code == 200
    assert TOKEN.search(answer.text)
    own = re.search(r"/admin/integrations/profiles/[0-9a-f-]{36}/[0-9a-f-]{36}", answer.text)
    assert own is not None
    for later in (own[0], f"{own[0]}/edit", path):
        assert TOKEN.search((await owner.get(later)).text) is None
    assert "this one exists already" in words((await owner.get(path)).text)
    refused = await owner.post(path, csrf_token=await owner.token(own[0]), label="Second")
    assert refused.status_code == 422


async def test_profile_page_shows_facts(site: Site, owner: Browser, profile: Profile) -> None:
    await receive(site, profile, firehose("u-1"), firehose(None))
    page = (await owner.get(path_of(profile))).text
    assert re.search(r'data-copy="https?://[^"/]+/\S*integrations/mparticle/inbound/crm"', page)
    assert "2 received, 0 repeated, 1 registered, 0 updated, 1 rejected" in words(page)
    assert TOKEN.search(page) is None
    assert "Copy</button></form>" not in page


async def test_rotated_token_is_shown_once(site: Site, owner: Browser, profile: Profile) -> None:
    path = path_of(profile)
    answer = await owner.post(f"{path}/rotate-token", csrf_token=await owner.token(path))
    assert answer.status_code == 200
    assert TOKEN.search(answer.text)
    assert TOKEN.search((await owner.get(path)).text) is None
    assert "The previous one works until" in words((await owner.get(path)).text)


async def test_messages_are_listed_filtered_and_opened(site: Site, owner: Browser, profile: Profile) -> None:
    path = f"{path_of(profile)}/messages"
    assert "No messages yet" in words((await owner.get(path)).text)
    hostile = firehose("u-2", message_id="<b>7</b>", attributes={"x": "<script>alert(1)</script>"})
    await receive(site, profile, firehose(None), hostile)
    page = (await owner.get(path)).text
    assert "no_lookup_value" in page
    assert "&lt;b&gt;7&lt;/b&gt;" in page
    rejected = (await owner.get(f"{path}?state=rejected&sort=-state")).text
    assert "Registered</span>" not in rejected
    assert "Nothing matches" in (await owner.get(f"{path}?q=nothing")).text
    assert (await owner.get(f"{path}?q=%00&page=9&state=nonsense&sort=x")).status_code == 200
    found = re.findall(rf'href="({path}/[0-9a-f-]{{36}})"', page)
    assert len(found) == 2
    body = (await owner.get(found[0])).text
    assert "&lt;script&gt;" in body
    assert "canary-of-settings" not in body


async def test_rejected_message_is_replayed(site: Site, owner: Browser, profile: Profile) -> None:
    await receive(site, profile, firehose(None), firehose(None))
    path = f"{path_of(profile)}/messages"
    page = await owner.get(path)
    (first, _) = re.findall(rf'href="({path}/[0-9a-f-]{{36}})"', page.text)
    answer = await owner.post(f"{first}/replay", csrf_token=await owner.token(path))
    assert answer.headers["location"] == first
    assert "Waiting" in words((await owner.get(first)).text)
    assert (await owner.post(f"{first}/replay", csrf_token=await owner.token(path))).status_code == 409
    answer = await owner.post(f"{path}/replay", csrf_token=await owner.token(path))
    assert answer.headers["location"] == path
    assert await inbound.apply_due_messages(site.house.resources) == 2


async def test_outsider_finds_nothing(site: Site, outsider: Browser, profile: Profile) -> None:
    await receive(site, profile, firehose(None))
    token = await outsider.token()
    path = path_of(profile)
    assert (await outsider.get(f"{path}/messages")).status_code == 404
    assert (await outsider.post(f"{path}/messages/replay", csrf_token=token)).status_code == 404
    assert (await outsider.post(f"{path}/rotate-token", csrf_token=token)).status_code == 404


async def test_body_is_hidden_from_who_may_not_read_members(site: Site, profile: Profile, stranger: Browser) -> None:
    await receive(site, profile, firehose("u-1", email="canary@example.com"))
    await site.add_user("clerk@example.com", permissions=frozenset({"connection-profiles:read"}))
    await stranger.sign_in("clerk@example.com")
    path = f"{path_of(profile)}/messages"
    page = (await stranger.get(path)).text
    (found,) = re.findall(rf'href="({path}/[0-9a-f-]{{36}})"', page)
    detail = (await stranger.get(found)).text
    assert "canary" not in detail
    assert "only users who may read members" in detail
