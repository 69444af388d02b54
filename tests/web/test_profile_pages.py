"""Connectors, the lists behind their tiles, and a profile's page and pop-up, as a browser without scripts uses them."""

import re
from typing import Any
from uuid import UUID

import pytest
from tests.builders.house import ACTOR, TOKEN, create_export, create_members
from tests.builders.receivers import Reply, run_receiver
from tests.web.conftest import Browser, Site

from tessera import connectors
from tessera.connectors import NewProfile, Profile, ProfileFilter, address_policy
from tessera.connectors.calls import CallKind, NewCall, record_call
from tessera.connectors.discovery import keep_discovered
from tessera.connectors.opened_profiles import open_profile

CONNECTORS = "/admin/integrations/connectors"
HTTP = f"{CONNECTORS}/http_api"
TEAM = {"name": "X-Team", "value": "blue"}
KEY = {"name": "X-Key", "value": "blue-moon-42", "secret": True}


@pytest.fixture
async def chain(site: Site) -> UUID:
    return await create_members(site.house.database, 0)


async def make(site: Site, chain: UUID, label: str = "CRM", *, kind: str = "http_api", **given: Any) -> Profile:
    """Make a profile that calls nobody."""
    plain: dict[str, Any] = {"variant": "none", "settings": {"base_url": "https://crm.example.com"}}
    new = NewProfile(kind, label=label, **(plain | given))
    resources = site.house.resources
    async with resources.database.session() as session:
        return await connectors.create_profile(
            session, ACTOR, chain_id=chain, new=new, keys=resources.keys, policy=address_policy(resources.settings)
        )


async def read(site: Site, profile: Profile) -> Profile:
    """Return the profile as it is stored now."""
    async with site.house.database.session() as session:
        return await connectors.get_profile(session, ACTOR, profile.chain_id, profile.id)


async def labels_of(site: Site) -> list[str]:
    """Return the labels of all profiles."""
    async with site.house.database.session() as session:
        return [each.label for each in (await connectors.list_profiles(session, ACTOR, ProfileFilter())).items]


async def send(browser: Browser, path: str, **fields: str) -> Any:
    """Send a form with the session's token."""
    return await browser.post(path, csrf_token=await browser.token(), **fields)


def path_of(profile: Profile) -> str:
    return f"/admin/integrations/profiles/{profile.chain_id}/{profile.id}"


def shown_labels(page: str) -> list[str]:
    return re.findall(r'<td class="lead"><a [^>]+>([^<]+)</a>', page)


async def test_tile_tells_of_its_profiles(site: Site, chain: UUID, owner: Browser) -> None:
    assert "No profile yet" in (await owner.get(CONNECTORS)).text
    await make(site, chain)
    assert "Not tried yet" in (await owner.get(CONNECTORS)).text
    await make(site, chain, settings={}, draft=True)
    page = (await owner.get(CONNECTORS)).text
    assert f'href="{HTTP}"' in page
    assert "1 incomplete" in page
    assert "2 profiles" in page


async def test_pages_without_a_chain_say_what_to_do(owner: Browser) -> None:
    assert (await owner.get(CONNECTORS)).status_code == 200
    answer = await owner.get(HTTP)
    assert answer.status_code == 409
    assert "no chain" in answer.text


async def test_list_offers_the_first_step(chain: UUID, owner: Browser) -> None:
    page = (await owner.get(HTTP)).text
    assert "<h1>Connection Profiles</h1>" in page
    assert "No connection profiles yet" in page
    for label in ("Display Name", "No Auth", "Basic Authentication", "Bearer Token"):
        assert label in page
    assert f'href="{HTTP}/templates"' in page


async def test_list_is_searched_sorted_and_paged(site: Site, chain: UUID, owner: Browser) -> None:
    for number in range(52):
        await make(site, chain, f"Profile {number:02}")
    page = (await owner.get(f"{HTTP}?sort=-label")).text
    assert shown_labels(page)[:2] == ["Profile 51", "Profile 50"]
    assert "1 to 50 of 52" in page
    assert shown_labels((await owner.get(f"{HTTP}?page=2")).text) == ["Profile 50", "Profile 51"]
    assert shown_labels((await owner.get(f"{HTTP}?q=FILE+07")).text) == ["Profile 07"]
    assert shown_labels((await owner.get(f"{HTTP}?sort=-created&q=profile_2")).text)[0] == "Profile 29"
    assert "Nothing matches" in (await owner.get(f"{HTTP}?q=%25")).text
    assert "There is no such page" in (await owner.get(f"{HTTP}?page=9")).text
    for odd in ("q=%00", f"q={'x' * 5000}", "sort=;--", "page=-1", "q=%3Cscript%3E"):
        answer = await owner.get(f"{HTTP}?{odd}")
        assert answer.status_code == 200
        assert "<script>" not in answer.text.replace('<script type="module"', "")


async def test_list_shows_the_chosen_chain(site: Site, chain: UUID, owner: Browser) -> None:
    other = await create_members(site.house.database, 0, chain="Alpine Lodges")
    await make(site, other, "Alpine CRM")
    await make(site, chain, "Harbour CRM")
    owner.client.cookies.set("tessera_chain", str(chain))
    assert shown_labels((await owner.get(HTTP)).text) == ["Harbour CRM"]
    owner.client.cookies.set("tessera_chain", str(other))
    assert shown_labels((await owner.get(HTTP)).text) == ["Alpine CRM"]


async def test_unknown_connector_is_not_found(chain: UUID, owner: Browser) -> None:
    for path in (f"{CONNECTORS}/fax", f"{HTTP}/fax"):
        assert (await owner.get(path)).status_code == 404
        assert (await send(owner, path, label="x")).status_code == 404


async def test_create_opens_the_pop_up_and_stores_nothing(site: Site, chain: UUID, owner: Browser) -> None:
    answer = await send(owner, HTTP, label="Harbour CRM", variant="bearer")
    assert answer.status_code == 303
    page = (await owner.get(answer.headers["location"])).text
    assert '<h2 id="popup-title">Connection Profile</h2>' in page
    assert 'value="Harbour CRM"' in page
    assert "Base URL" in page
    assert "secret_token" in page
    assert "secret_password" not in page
    assert await labels_of(site) == []

    new, variant = answer.headers["location"].partition("?")[0], "bearer"
    refused = await send(owner, new, label="Harbour CRM", variant=variant, p_base_url="crm.example.com")
    assert (refused.status_code, 'value="crm.example.com"' in refused.text) == (422, True)
    assert 'class="field-error" id="p_base_url-words"' in refused.text
    assert await labels_of(site) == []

    saved = await send(
        owner, new, label="Harbour CRM", variant=variant, p_base_url="https://crm.example.com", secret_token=TOKEN
    )
    assert saved.status_code == 303
    shown = (await owner.get(saved.headers["location"])).text
    assert "Enabled" in shown
    assert TOKEN not in shown
    assert await labels_of(site) == ["Harbour CRM"]


async def test_profile_of_no_such_type_cannot_begin(chain: UUID, owner: Browser) -> None:
    new = f"/admin/integrations/profiles/{chain}/new"
    asked = (
        f"{new}/fax",
        f"{new}/http_api?variant=kerberos",
        f"/admin/integrations/profiles/{UUID(int=1)}/new/http_api",
    )
    assert [(await owner.get(path)).status_code for path in asked] == [404, 404, 404]


async def test_enabled_profile_that_fails_says_so(site: Site, chain: UUID, owner: Browser) -> None:
    profile = await make(site, chain, settings={"base_url": "https://crm.example.com"})
    call = NewCall(CallKind.TEST, passed=False, message="Connection refused.")
    async with site.house.database.session() as session:
        await record_call(session, profile.id, call)
    for path in (path_of(profile), HTTP):
        assert "Enabled, failing" in (await owner.get(path)).text


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"label": "", "variant": "none"}, "label-words"),
        ({"label": "   ", "variant": "none"}, "label-words"),
        ({"label": "x" * 256, "variant": "none"}, "label-words"),
        ({"label": "a\0b", "variant": "none"}, "label-words"),
        ({"label": "a", "variant": ""}, "variant-words"),
        ({"label": "a"}, "variant-words"),
        ({"label": "a", "variant": "kerberos"}, "variant-words"),
    ],
)
async def test_refused_creation_marks_the_field(
    site: Site, chain: UUID, owner: Browser, fields: dict[str, str], fault: str
) -> None:
    answer = await send(owner, HTTP, **fields)
    assert answer.status_code == 422
    assert f'class="field-error" id="{fault}"' in answer.text
    assert await labels_of(site) == []


async def test_saved_profile_shows_all_but_its_secrets(site: Site, chain: UUID, owner: Browser) -> None:
    settings = {"base_url": "https://crm.example.com/v1", "token": TOKEN, "static_headers": [TEAM, KEY]}
    path = path_of(await make(site, chain, variant="bearer", settings=settings))
    for page in ((await owner.get(path)).text, (await owner.get(f"{path}/edit")).text):
        assert "https://crm.example.com/v1" in page
        assert "X-Team" in page
        assert "blue" in page
        assert re.search(r"[Ss]et <time", page)
        assert TOKEN not in page
        assert "blue-moon-42" not in page


async def test_form_saves_every_kind_of_field(site: Site, chain: UUID, owner: Browser) -> None:
    draft = await make(site, chain, variant="bearer", settings={}, draft=True)
    fields = {
        "label": "Harbour CRM",
        "version": "1",
        "p_base_url": "https://crm.example.com/v1",
        "secret_token": TOKEN,
        "p_read_timeout_seconds": "60",
        "p_max_requests_per_second": "",
        "p_static_headers-0-name": "X-Team",
        "p_static_headers-0-value": "blue",
        "p_static_headers-3-name": "X-Key",
        "p_static_headers-3-value": "blue-moon-42",
        "p_static_headers-3-secret": "true",
        "p_static_headers-1-name": "",
        "p_static_headers-1-value": "",
    }
    answer = await send(owner, f"{path_of(draft)}/edit?new=1", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, path_of(draft))
    saved = await read(site, draft)
    assert (saved.ready, saved.label, saved.settings["read_timeout_seconds"]) == (True, "Harbour CRM", 60)
    assert (saved.settings["connect_timeout_seconds"], saved.settings["max_requests_per_second"]) == (10, None)
    assert saved.settings["static_headers"] == [TEAM | {"secret": False}, KEY | {"value": None}]
    assert set(saved.secrets) == {"token", "static_headers:x-key"}
    assert "The connection profile is saved" in (await owner.get(path_of(draft))).text

    kept = await send(
        owner,
        f"{path_of(draft)}/edit",
        label="CRM",
        version="2",
        p_base_url="https://crm.example.com/v1",
        **{"p_static_headers-0-name": "X-Key", "p_static_headers-0-secret": "true"},
    )
    assert kept.status_code == 303
    again = await read(site, draft)
    assert again.secrets == saved.secrets
    assert [header["name"] for header in again.settings["static_headers"]] == ["X-Key"]


async def test_faults_stand_beside_fields_and_on_top(site: Site, chain: UUID, owner: Browser) -> None:
    profile = await make(site, chain, variant="bearer", settings={"base_url": "https://x.example", "token": TOKEN})
    typed = {"label": "Typed", "p_base_url": "ftp://old.example", "p_read_timeout_seconds": "soon", "version": "1"}
    answer = await send(owner, f"{path_of(profile)}/edit", **typed, secret_token="not a token")
    assert answer.status_code == 422
    for name in ("p_base_url", "p_read_timeout_seconds", "secret_token"):
        assert f'class="field-error" id="{name}-words"' in answer.text
        assert f'href="#{name}"' in answer.text
    for value in ("Typed", "ftp://old.example", "soon"):
        assert f'value="{value}"' in answer.text
    assert "not a token" not in answer.text
    assert (await read(site, profile)).version == 1


async def test_secret_does_not_follow_to_another_host(site: Site, chain: UUID, owner: Browser) -> None:
    profile = await make(site, chain, variant="bearer", settings={"base_url": "https://x.example", "token": TOKEN})
    path = f"{path_of(profile)}/edit"
    typed = {"label": "CRM", "p_base_url": "https://elsewhere.example.net", "version": "1"}
    refused = await send(owner, path, **typed)
    assert (refused.status_code, 'id="secret_token-words"' in refused.text) == (422, True)
    assert "does not follow" in refused.text
    assert (await send(owner, path, **typed, secret_token=TOKEN)).status_code == 303


async def test_internal_name_changes_only_when_ticked(site: Site, chain: UUID, owner: Browser) -> None:
    profile = await make(site, chain)
    fields = {"label": "CRM", "p_base_url": "https://x.example", "internal_name": "Crm_2"}
    await send(owner, f"{path_of(profile)}/edit", version="1", **fields)
    assert (await read(site, profile)).internal_name == "crm"
    await send(owner, f"{path_of(profile)}/edit", version="2", edit_internal_name="true", **fields)
    assert (await read(site, profile)).internal_name == "Crm_2"


@pytest.mark.parametrize("name", ["a b", "a-b", "é", "", "taken", "x" * 101])
async def test_internal_name_is_checked(site: Site, chain: UUID, owner: Browser, name: str) -> None:
    profile = await make(site, chain)
    await make(site, chain, "Taken")
    fields = {"label": "CRM", "version": "1", "edit_internal_name": "true", "internal_name": name}
    answer = await send(owner, f"{path_of(profile)}/edit", **fields, p_base_url="https://x.example")
    assert answer.status_code == (409 if name == "taken" else 422)
    assert 'class="field-error" id="internal_name-words"' in answer.text
    assert (await read(site, profile)).internal_name == "crm"


async def test_copy_opens_on_its_own_page(site: Site, chain: UUID, owner: Browser) -> None:
    profile = await make(site, chain, variant="bearer", settings={"base_url": "https://x.example", "token": TOKEN})
    answer = await send(owner, f"{path_of(profile)}/copy")
    assert answer.status_code == 303
    page = (await owner.get(answer.headers["location"])).text
    assert "<h1>CRM (1)</h1>" in page
    assert "crm_1" in page
    assert answer.headers["location"] != path_of(profile)


async def test_second_of_two_edits_keeps_what_was_typed(site: Site, chain: UUID, owner: Browser) -> None:
    profile = await make(site, chain)
    path = f"{path_of(profile)}/edit"
    await send(owner, path, label="First", version="1", p_base_url="https://first.example")
    answer = await send(owner, path, label="Second", version="1", p_base_url="https://second.example")
    assert answer.status_code == 409
    assert "was changed while you typed" in answer.text
    assert re.search(r"Label: <del>CRM</del> → <ins>First</ins>", answer.text)
    assert 'value="https://second.example"' in answer.text
    assert (await read(site, profile)).label == "First"
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert version is not None
    await send(owner, path, label="Second", version=version[1], p_base_url="https://second.example")
    assert (await read(site, profile)).label == "Second"


async def test_host_key_discovered_meanwhile_is_shown_before_a_form_clears_it(
    site: Site, chain: UUID, owner: Browser
) -> None:
    resources, discovered = site.house.resources, {"host_key_fingerprint": f"SHA256:{'A' * 43}"}
    given = {"host": "sftp.example.com", "port": 22, "username": "tessera", "password": TOKEN}
    profile = await make(site, chain, kind="sftp", variant="standard", settings=given)
    path, typed = f"{path_of(profile)}/edit", {f"p_{key}": str(value) for key, value in given.items()}
    await send(owner, path, **typed, label="Partner", version="1", p_auth_type="password")
    async with resources.database.session() as session:
        row = await connectors.find_row(session, ACTOR, chain, profile.id)
        opened = await open_profile(session, row, resources.keys)
        assert await keep_discovered(session, ACTOR, opened, discovered)
    answer = await send(owner, path, **typed, label="Partner 2", version="2", p_auth_type="password")
    assert answer.status_code == 409
    notice = answer.text.partition("was changed while you typed")[2].partition("</section>")[0]
    assert re.search(r"Host key fingerprint: <del>empty</del> → <ins>SHA256:A{43}</ins>", notice)
    assert "<ins>Partner</ins>" not in notice
    assert (await read(site, profile)).settings["host_key_fingerprint"] == discovered["host_key_fingerprint"]


async def test_form_without_a_version_overwrites_nothing(site: Site, chain: UUID, owner: Browser) -> None:
    profile = await make(site, chain)
    for version in ("", "x", "9" * 400):
        answer = await send(
            owner, f"{path_of(profile)}/edit", label="X", version=version, p_base_url="https://x.example"
        )
        assert answer.status_code in (409, 422)
    assert (await read(site, profile)).label == "CRM"


async def test_same_label_is_told(site: Site, chain: UUID, owner: Browser) -> None:
    await make(site, chain, "Other")
    profile = await make(site, chain)
    await send(owner, f"{path_of(profile)}/edit", label="Other", version="1", p_base_url="https://x.example")
    assert "Another profile of this connector has the same label" in (await owner.get(path_of(profile))).text


async def test_profile_is_switched_off_and_on(site: Site, chain: UUID, owner: Browser) -> None:
    profile = await make(site, chain)
    await send(owner, f"{path_of(profile)}/switch", enabled="false")
    assert not (await read(site, profile)).enabled
    assert ">Disabled<" in (await owner.get(HTTP)).text
    await send(owner, f"{path_of(profile)}/switch", enabled="true")
    assert (await read(site, profile)).enabled


async def test_delete_asks_before(site: Site, chain: UUID, owner: Browser) -> None:
    profile = await make(site, chain)
    asked = await send(owner, f"{path_of(profile)}/delete")
    assert asked.status_code == 200
    assert "Delete CRM?" in asked.text
    assert await labels_of(site) == ["CRM"]
    answer = await send(owner, f"{path_of(profile)}/delete", confirmed="yes")
    assert (answer.status_code, answer.headers["location"]) == (303, HTTP)
    assert await labels_of(site) == []


async def test_used_profile_stays(site: Site, owner: Browser) -> None:
    chain = await create_members(site.house.database, 1)
    definition = await create_export(site.house, chain, "https://crm.example.com")
    async with site.house.database.session() as session:
        (profile,) = (await connectors.list_profiles(session, ACTOR)).items
    answer = await send(owner, f"{path_of(profile)}/delete", confirmed="yes")
    assert answer.status_code == 409
    assert "is used by Members" in answer.text
    assert f"/admin/integrations/templates/{chain}/{definition.template_id}" in answer.text
    assert await labels_of(site) == ["Receiver"]


async def test_connection_is_tested_for_real(site: Site, chain: UUID, owner: Browser) -> None:
    async with run_receiver(lambda _: Reply(403)) as receiver:
        settings = {"base_url": receiver.url, "token": TOKEN}
        profile = await make(site, chain, variant="bearer", settings=settings)
        page = (await send(owner, f"{path_of(profile)}/test")).text
    assert "The connection does not work" in page
    assert "403" in page
    assert TOKEN not in page
    assert "failing" in (await owner.get(CONNECTORS)).text
    shown = (await owner.get(path_of(profile))).text
    assert "Last calls" in shown
    assert "Test connection" in shown
    assert (await send(owner, f"{path_of(profile)}/test", option="burn")).status_code == 422


async def test_draft_has_no_test(site: Site, chain: UUID, owner: Browser) -> None:
    draft = await make(site, chain, settings={}, draft=True)
    assert "Test connection" not in (await owner.get(path_of(draft))).text
    assert (await send(owner, f"{path_of(draft)}/test")).status_code == 409


async def test_changes_are_for_those_who_may_read_the_trail(site: Site, chain: UUID, stranger: Browser) -> None:
    profile = await make(site, chain)
    await site.add_user("auditor@example.com", permissions=frozenset({"connection-profiles:read", "audit:read"}))
    await stranger.sign_in("auditor@example.com")
    assert "<h2>Changes</h2>" in (await stranger.get(path_of(profile))).text


async def test_reader_changes_nothing(site: Site, chain: UUID, stranger: Browser) -> None:
    profile = await make(site, chain)
    await site.add_user("viewer@example.com", permissions=frozenset({"connection-profiles:read"}))
    await stranger.sign_in("viewer@example.com")
    assert "Display Name" not in (await stranger.get(HTTP)).text
    page = (await stranger.get(path_of(profile))).text
    assert "<h2>Changes</h2>" not in page
    assert f"{path_of(profile)}/copy" not in page
    assert (await stranger.get(f"{path_of(profile)}/edit")).status_code == 403
    for action in ("edit", "copy", "switch", "delete", "test"):
        assert (await send(stranger, f"{path_of(profile)}/{action}", confirmed="yes")).status_code == 403
    assert (await send(stranger, HTTP, label="x", variant="none")).status_code == 403


async def test_writer_deletes_nothing(site: Site, chain: UUID, stranger: Browser) -> None:
    profile = await make(site, chain)
    await site.add_user("writer@example.com", permissions=frozenset({"connection-profiles:write"}))
    await stranger.sign_in("writer@example.com")
    assert "/delete" not in (await stranger.get(f"{path_of(profile)}/edit")).text
    assert (await send(stranger, f"{path_of(profile)}/delete", confirmed="yes")).status_code == 403


async def test_outsider_finds_no_profile(site: Site, chain: UUID, outsider: Browser) -> None:
    profile = await make(site, chain)
    for path in (path_of(profile), f"{path_of(profile)}/edit"):
        assert (await outsider.get(path)).status_code == 404
    for action in ("edit", "copy", "switch", "delete", "test"):
        answer = await send(outsider, f"{path_of(profile)}/{action}", confirmed="yes", label="x", version="1")
        assert answer.status_code == 404, action
    assert "CRM" not in (await outsider.get(CONNECTORS)).text
    assert await labels_of(site) == ["CRM"]


async def test_old_list_leads_to_the_connectors(owner: Browser) -> None:
    answer = await owner.get("/admin/integrations/profiles")
    assert (answer.status_code, answer.headers["location"]) == (303, CONNECTORS)
