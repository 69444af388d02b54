"""Users, roles, API keys and Connector tokens on pages, as a browser without scripts uses them."""

import re
from itertools import product
from typing import Any
from uuid import UUID

from tests.builders.house import create_members
from tests.builders.phones import code_at, read_key
from tests.web.conftest import PASSWORD, Browser, Site, open_browser

from tessera.access.chains import NewEnterprise, create_chains, create_enterprises
from tessera.access.keys import list_api_keys
from tessera.access.roles import ADMIN_ROLE_ID, CSR_ROLE_ID, NewRole, create_role, find_role, list_roles
from tessera.access.users import list_users
from tessera.platform.actors import command_line_actor
from tessera.platform.clock import now

ROOT = command_line_actor("test")
USERS, ROLES = "/admin/access/users", "/admin/access/roles"
KEYS, TOKENS = "/admin/access/api-keys", "/admin/access/connector-tokens"
ONCE = re.compile(r'data-copy="([^"]+)">Copy')
HOSTILE = ["<script>alert(1)</script>", "a\0b", "x" * 1_000_000, "", "\r\nSet-Cookie: a=b"]


async def send(browser: Browser, path: str, **fields: Any) -> Any:
    """Send a form; a list is a field that comes several times."""
    data = {"csrf_token": await browser.token(), **fields}
    return await browser.client.post(path, data=data, follow_redirects=False)


async def find_user(site: Site, email: str) -> Any:
    async with site.house.database.session() as session:
        return next((user for user in await list_users(session, ROOT) if user.email == email), None)


async def test_user_is_created_and_signs_in(site: Site, owner: Browser) -> None:
    answer = await send(
        owner, f"{USERS}/new", email="ada@example.com", name="Ada", role_ids=[str(CSR_ROLE_ID)], every_chain="true"
    )
    assert answer.status_code == 200
    found = ONCE.search(answer.text)
    assert found
    user = await find_user(site, "ada@example.com")
    assert [role.id for role in user.roles] == [CSR_ROLE_ID]
    assert found[1] not in (await owner.get(f"{USERS}/{user.id}")).text
    async with open_browser(site.app) as browser:
        assert (await browser.sign_in("ada@example.com", found[1])).status_code == 303
        assert (await browser.get(USERS)).status_code == 403


async def test_user_is_changed(site: Site, owner: Browser) -> None:
    await site.add_user("ada@example.com", permissions=frozenset({"exports:read", "members:read"}))
    user = await find_user(site, "ada@example.com")
    path = f"{USERS}/{user.id}"
    form = (await owner.get(f"{path}/edit")).text
    assert 'value="ada@example.com"' in form
    fields = {
        "email": "ada@example.com",
        "name": "Ada L.",
        "version": "1",
        "own": ["members:read"],
        "every_chain": "true",
    }
    answer = await send(owner, f"{path}/edit", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    user = await find_user(site, "ada@example.com")
    assert (user.name, user.own, user.enabled) == ("Ada L.", frozenset({"members:read"}), False)
    late = await send(owner, f"{path}/edit", **fields)
    assert late.status_code == 409
    assert "changed by another user" in late.text


async def test_new_password_is_shown_once_and_ends_sessions(site: Site, owner: Browser) -> None:
    await site.add_user("ada@example.com")
    user = await find_user(site, "ada@example.com")
    async with open_browser(site.app) as ada:
        await ada.sign_in("ada@example.com")
        answer = await send(owner, f"{USERS}/{user.id}/password")
        found = ONCE.search(answer.text)
        assert found
        assert (await ada.get("/")).headers["location"].startswith("/sign-in")
        assert (await ada.sign_in("ada@example.com", PASSWORD)).status_code == 422
        assert (await ada.sign_in("ada@example.com", found[1])).status_code == 303
        assert (await send(owner, f"{USERS}/{user.id}/end-sessions")).status_code == 303
        assert (await ada.get("/")).headers["location"].startswith("/sign-in")
    assert (await send(owner, f"{USERS}/{user.id}/delete")).headers["location"] == USERS
    assert (await owner.get(f"{USERS}/{user.id}")).status_code == 404


async def test_last_administrator_is_told_so(site: Site, owner: Browser) -> None:
    user = await find_user(site, "owner@example.com")
    path = f"{USERS}/{user.id}"
    answer = await send(owner, f"{path}/delete")
    assert answer.status_code == 409
    assert "last enabled user" in answer.text
    fields = {
        "email": user.email,
        "name": user.name,
        "role_ids": [str(CSR_ROLE_ID)],
        "every_chain": "1",
        "enabled": "1",
    }
    assert "last enabled user" in (await send(owner, f"{path}/edit", **fields)).text


async def test_hostile_user_is_told_beside_the_field(site: Site, owner: Browser) -> None:
    for field, value in product(("email", "name", "role_ids", "chain_ids"), HOSTILE):
        fields = {"email": "ada@example.com", "name": "Ada", "every_chain": "true", field: value}
        if field == "chain_ids":
            del fields["every_chain"]
        if field == "name" and value.strip().isprintable() and 0 < len(value) < 255:
            continue  # A name may look like anything that can be printed.
        answer = await send(owner, f"{USERS}/new", **fields)
        assert answer.status_code == 422, (field, value[:30])
        assert f'id="{field}-words"' in answer.text, (field, value[:30])
        assert "<script>alert" not in answer.text
    assert await find_user(site, "ada@example.com") is None


async def test_user_without_a_role_is_refused_beside_the_field(site: Site, owner: Browser) -> None:
    answer = await send(owner, f"{USERS}/new", email="ada@example.com", name="Ada", every_chain="true")

    assert (answer.status_code, 'id="role_ids-words"' in answer.text) == (422, True)
    assert await find_user(site, "ada@example.com") is None


async def test_list_instead_of_one_value_is_no_fault_of_ours(owner: Browser) -> None:
    many = ["ada@example.com", "ben@example.com"]
    answer = await send(
        owner, f"{USERS}/new", email=many, name=["A", "B"], role_ids=[str(UUID(int=5))], every_chain="1"
    )
    assert answer.status_code == 422
    assert "There is no role" in answer.text


async def test_role_is_created_copied_changed_and_deleted(site: Site, owner: Browser) -> None:
    grants = {"grant.members": "read", "grant.points": "write", "grant.users": ""}
    answer = await send(owner, f"{ROLES}/new", label="Night desk", description="At night.", **grants)
    path = answer.headers["location"]
    assert "Night desk" in (await owner.get(path)).text
    copy = (await owner.get(f"{ROLES}/new?copy={path.rpartition('/')[2]}")).text
    assert 'value="Night desk (copy)"' in copy
    assert re.search(r'name="grant\.points" value="write"[^>]* checked', copy)
    fields = {"label": "Night desk", "internal_name": "night_desk", "version": "1"}
    assert (await send(owner, f"{path}/edit", **fields, **{"grant.exports": "admin"})).status_code == 303
    async with site.house.database.session() as session:
        (role,) = [role for role in await list_roles(session, ROOT) if not role.built_in]
    assert role.permissions == frozenset({"exports:admin"})
    assert (await send(owner, f"{path}/edit", **fields)).status_code == 409
    await site.add_user("ada@example.com", roles=frozenset({role.id}))
    held = await send(owner, f"{path}/delete")
    assert held.status_code == 409
    assert "held by ada@example.com" in held.text
    user = await find_user(site, "ada@example.com")
    await send(owner, f"{USERS}/{user.id}/delete")
    assert (await send(owner, f"{path}/delete")).headers["location"] == ROLES


async def test_built_in_role_offers_a_copy_only(owner: Browser) -> None:
    page = (await owner.get(f"{ROLES}/{ADMIN_ROLE_ID}")).text
    assert "Everything, also what later versions add." in page
    assert f"{ROLES}/new?copy={ADMIN_ROLE_ID}" in page
    assert f"{ROLES}/{ADMIN_ROLE_ID}/edit" not in page
    answer = await send(owner, f"{ROLES}/{ADMIN_ROLE_ID}/edit", label="Mine", internal_name="admin")
    assert answer.status_code == 409
    assert "built in" in answer.text


ROLE_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"label": "a\0b"}, "label"),
    ({"label": "x" * 1_000_000}, "label"),
    ({"label": " "}, "label"),
    ({"label": "Role", "internal_name": "<script>"}, "internal_name"),
    ({"label": "Role", "description": "x" * 1_000_000}, "description"),
    ({"label": "Role", "grant.members": "<script>alert(1)</script>"}, "permissions"),
    ({"label": "Role", "grant.nothing": "read"}, "permissions"),
    ({"label": "Role", "grant.members": ["read", "admin"]}, "permissions"),
]


async def test_hostile_role_is_told_beside_the_field(owner: Browser) -> None:
    for fields, field in ROLE_FAULTS:
        answer = await send(owner, f"{ROLES}/new", **fields)
        assert answer.status_code == 422, fields
        assert f'id="{field}-words"' in answer.text
        assert "<script>alert" not in answer.text


async def test_script_in_a_label_is_only_text(owner: Browser) -> None:
    answer = await send(owner, f"{ROLES}/new", label="<script>alert(1)</script>")
    for path in (answer.headers["location"], ROLES, f"{USERS}/new", f"{KEYS}/new"):
        page = (await owner.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page, path


async def test_nobody_grants_more_on_pages(site: Site, stranger: Browser) -> None:
    await site.add_user(
        "keeper@example.com", permissions=frozenset({"users:admin", "roles:admin", "api-keys:admin", "members:read"})
    )
    await stranger.sign_in("keeper@example.com")
    answer = await send(
        stranger, f"{USERS}/new", email="a@b.example", name="A", role_ids=[str(ADMIN_ROLE_ID)], every_chain="1"
    )
    assert answer.status_code == 403
    assert 'id="role_ids-words"' in answer.text
    answer = await send(stranger, f"{ROLES}/new", label="Wide", **{"grant.points": "write"})
    assert (answer.status_code, 'id="permissions-words"' in answer.text) == (403, True)
    answer = await send(stranger, f"{KEYS}/new", label="Wide", role_ids=[str(ADMIN_ROLE_ID)], every_chain="1")
    assert (answer.status_code, 'id="role_ids-words"' in answer.text) == (403, True)
    await site.add_user("root@example.com")
    user = await find_user(site, "root@example.com")
    for action in ("password", "end-sessions", "delete"):
        assert f'action="{USERS}/{user.id}/{action}"' not in (await stranger.get(f"{USERS}/{user.id}")).text
        answer = await send(stranger, f"{USERS}/{user.id}/{action}")
        assert (answer.status_code, "does not" in answer.text) == (403, True), action


async def test_nobody_ends_a_key_or_role_with_more_on_pages(site: Site, owner: Browser, stranger: Browser) -> None:
    await send(owner, f"{KEYS}/new", label="Sync", role_ids=[str(CSR_ROLE_ID)], every_chain="1")
    await send(owner, f"{ROLES}/new", label="Night desk", **{"grant.points": "write"})
    async with site.house.database.session() as session:
        (key,) = await list_api_keys(session, ROOT)
        role = await find_role(session, ROOT, "night_desk")
    await site.add_user("keeper@example.com", permissions=frozenset({"api-keys:admin", "roles:admin"}))
    await stranger.sign_in("keeper@example.com")
    for path in (f"{KEYS}/{key.id}/disable", f"{KEYS}/{key.id}/revoke", f"{ROLES}/{role.id}/delete"):
        shown = path.rpartition("/")[0]
        assert f'action="{path}"' in (await owner.get(shown)).text
        assert f'action="{path}"' not in (await stranger.get(shown)).text
        answer = await send(stranger, path)
        assert (answer.status_code, "does not" in answer.text) == (403, True), path
    answer = await send(stranger, f"{ROLES}/{role.id}/edit", label="Mine", internal_name="mine")
    assert answer.status_code == 403


async def test_key_is_shown_once_switched_and_revoked(site: Site, owner: Browser) -> None:
    answer = await send(
        owner, f"{KEYS}/new", label="Sync", role_ids=[str(CSR_ROLE_ID)], every_chain="1", expires_on="2099-12-31"
    )
    found = ONCE.search(answer.text)
    assert found
    assert found[1].startswith("tsr_")
    async with site.house.database.session() as session:
        (key,) = await list_api_keys(session, ROOT)
    assert key.expires_at is not None
    assert key.expires_at.isoformat() == "2100-01-01T00:00:00+00:00"
    path = f"{KEYS}/{key.id}"
    assert found[1] not in (await owner.get(path)).text
    assert "Sync" in (await owner.get(KEYS)).text
    await send(owner, f"{path}/disable")
    assert "Switched off" in (await owner.get(path)).text
    await send(owner, f"{path}/enable")
    assert "Enabled" in (await owner.get(path)).text
    await send(owner, f"{path}/revoke")
    assert "Revoked" in (await owner.get(path)).text
    assert (await send(owner, f"{path}/enable")).status_code == 409


KEY_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"label": ""}, "label"),
    ({"label": "a\0b"}, "label"),
    ({"role_ids": []}, "role_ids"),
    ({"role_ids": ["nobody"]}, "role_ids"),
    ({"grant.members": "all"}, "permissions"),
    ({"expires_on": "tomorrow"}, "expires_on"),
    ({"expires_on": "9999-12-31"}, "expires_on"),
    ({"expires_on": "2001-01-01"}, "expires_on"),
    ({"every_chain": [], "chain_ids": "x"}, "chain_ids"),
    ({"every_chain": []}, "chain_ids"),
]


async def test_hostile_key_is_told_beside_the_field(owner: Browser) -> None:
    good = {"label": "Sync", "role_ids": [str(CSR_ROLE_ID)], "every_chain": "1"}
    for fields, field in KEY_FAULTS:
        answer = await send(owner, f"{KEYS}/new", **{**good, **fields})
        assert answer.status_code == 422, fields
        assert f'id="{field}-words"' in answer.text


async def add_enterprise(site: Site) -> tuple[UUID, UUID]:
    async with site.house.database.session() as session:
        (chain,) = await create_chains(session, ROOT, ["Harbour"], now=now())
        (house,) = await create_enterprises(session, ROOT, chain.id, [NewEnterprise(name="Harbour House")], now=now())
    return chain.id, house.id


async def test_tokens_are_shown_once_and_switched(site: Site, owner: Browser, outsider: Browser) -> None:
    _, house = await add_enterprise(site)
    answer = await send(owner, f"{TOKENS}/new-client", label="CRM")
    found = re.search(r"new-access\?client=([0-9a-f-]+)", answer.text)
    assert found
    assert ONCE.search(answer.text)
    client = found[1]
    assert f'value="{client}" selected' in (await owner.get(f"{TOKENS}/new-access?client={client}")).text
    answer = await send(
        owner,
        f"{TOKENS}/new-access",
        label="CRM at Harbour House",
        client_token_id=client,
        enterprise_ids=[str(house)],
        permissions=["members:read"],
        strict="strict",
    )
    shown = ONCE.search(answer.text)
    assert shown
    assert "Harbour House" in answer.text
    listed = (await owner.get(TOKENS)).text
    token = re.search(rf'{TOKENS}/([0-9a-f-]{{36}})">CRM at', listed)
    assert token
    assert "CRM" in (await owner.get(f"{TOKENS}?kind=client")).text
    for one in (client, token[1]):
        assert (await outsider.get(f"{TOKENS}/{one}")).status_code == 404
        for action in ("disable", "enable", "revoke"):
            assert (await send(outsider, f"{TOKENS}/{one}/{action}")).status_code == 404
            assert (await send(owner, f"{TOKENS}/{one}/{action}")).status_code == 303
        assert "Revoked" in (await owner.get(f"{TOKENS}/{one}")).text


async def test_nobody_ends_a_token_with_more_on_pages(site: Site, owner: Browser, stranger: Browser) -> None:
    _, house = await add_enterprise(site)
    made = await send(owner, f"{TOKENS}/new-client", label="CRM")
    client = re.findall(r"new-access\?client=([0-9a-f-]+)", made.text)[0]
    fields = {"label": "House", "client_token_id": client, "enterprise_ids": [str(house)]}
    await send(owner, f"{TOKENS}/new-access", **fields, permissions=["members:read"])
    access = re.findall(rf'{TOKENS}/([0-9a-f-]{{36}})">House', (await owner.get(TOKENS)).text)[0]
    await site.add_user("keeper@example.com", permissions=frozenset({"connector-tokens:admin"}))
    await stranger.sign_in("keeper@example.com")
    for one, action in product((client, access), ("disable", "revoke")):
        path = f"{TOKENS}/{one}/{action}"
        assert f'action="{path}"' in (await owner.get(f"{TOKENS}/{one}")).text
        assert f'action="{path}"' not in (await stranger.get(f"{TOKENS}/{one}")).text
        assert (await send(stranger, path)).status_code == 403


TOKEN_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"label": "a\0b"}, "label"),
    ({"client_token_id": "x"}, "client_token_id"),
    ({"client_token_id": str(UUID(int=5))}, "client_token_id"),
    ({"enterprise_ids": []}, "enterprise_ids"),
    ({"enterprise_ids": [str(UUID(int=5))]}, "enterprise_ids"),
    ({"permissions": []}, "permissions"),
    ({"permissions": ["users:admin"]}, "permissions"),
    ({"strict": "maybe"}, "strict"),
    ({"expires_on": "0"}, "expires_on"),
]


async def test_hostile_token_is_told_beside_the_field(site: Site, owner: Browser) -> None:
    _, house = await add_enterprise(site)
    made = await send(owner, f"{TOKENS}/new-client", label="CRM")
    client = re.findall(r"new-access\?client=([0-9a-f-]+)", made.text)[0]
    good = {"label": "A", "client_token_id": client, "enterprise_ids": [str(house)], "permissions": ["members:read"]}
    for fields, field in TOKEN_FAULTS:
        answer = await send(owner, f"{TOKENS}/new-access", **{**good, **fields})
        assert answer.status_code == 422, fields
        assert f'id="{field}-words"' in answer.text


async def test_lists_are_searched_sorted_and_paged(site: Site, owner: Browser) -> None:
    await create_members(site.house.database, 1)
    async with site.house.database.session() as session:
        for number in range(60):
            await create_role(session, ROOT, NewRole(f"Role {number:02}", frozenset()), now=now())
    first = (await owner.get(ROLES)).text
    assert "Roles 1 to 50 of 63" in first
    assert "Role 59" in (await owner.get(f"{ROLES}?page=2")).text
    assert "There is no such page" in (await owner.get(f"{ROLES}?page=99")).text
    assert "Nothing matches" in (await owner.get(f"{ROLES}?q=%00%3Cscript%3Enobody")).text
    assert "Nothing matches" in (await owner.get(f"{USERS}?q=nobody")).text
    for path in (USERS, ROLES, KEYS, TOKENS):
        for query in ("sort=-label", "sort=nonsense", "q=%00", "page=-1", "page=x", "role=x", "kind=x"):
            assert (await owner.get(f"{path}?{query}")).status_code == 200, (path, query)


async def test_outsider_sees_no_user_and_no_key(site: Site, owner: Browser, outsider: Browser) -> None:
    answer = await send(owner, f"{KEYS}/new", label="Sync", role_ids=[str(CSR_ROLE_ID)], every_chain="1")
    assert answer.status_code == 200
    async with site.house.database.session() as session:
        (key,) = await list_api_keys(session, ROOT)
    user = await find_user(site, "owner@example.com")
    assert "owner@example.com" not in (await outsider.get(USERS)).text
    assert "Sync" not in (await outsider.get(KEYS)).text
    for path in (f"{USERS}/{user.id}", f"{USERS}/{user.id}/edit", f"{KEYS}/{key.id}"):
        assert (await outsider.get(path)).status_code == 404
    for path in (f"{USERS}/{user.id}/delete", f"{USERS}/{user.id}/password", f"{KEYS}/{key.id}/revoke"):
        assert (await send(outsider, path)).status_code == 404
    assert (await send(outsider, f"{ROLES}/new", label="Mine")).status_code == 403


async def test_administrator_unlocks_and_removes_a_second_factor(site: Site, owner: Browser) -> None:
    await site.add_user("ada@example.com")
    user = await find_user(site, "ada@example.com")
    path = f"{USERS}/{user.id}"
    assert "<dd>none</dd>" in (await owner.get(path)).text
    async with open_browser(site.app) as ada:
        await ada.sign_in("ada@example.com")
        await send(ada, "/account/second-factor/begin")
        key = read_key((await ada.get("/account/second-factor")).text)
        assert (await send(ada, "/account/second-factor/confirm", code=code_at(key, now()))).status_code == 200
    async with open_browser(site.app) as thief:
        for _ in range(12):
            await thief.sign_in("ada@example.com", "a wrong guess")
    page = (await owner.get(path)).text
    assert "<dd>set up</dd>" in page
    assert "Locked" in page

    assert (await send(owner, f"{path}/unlock")).headers["location"] == path
    assert (await send(owner, f"{path}/remove-factor")).headers["location"] == path
    page = (await owner.get(path)).text
    assert "<dd>none</dd>" in page
    assert "Locked" not in page
    async with open_browser(site.app) as ada:
        assert (await ada.sign_in("ada@example.com")).headers["location"] == "/"
