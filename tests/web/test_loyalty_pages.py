"""Loyalty's pages: members are found, enrolled, changed and given points; programs, tiers and chains are kept."""

import re
from uuid import UUID

import pytest
from tests.builders.house import create_members
from tests.web.conftest import Browser, Site, open_browser

HOSTILE = ["<script>alert(1)</script>", "{{ 7 * 7 }}", "a\0b", "x" * 1_000_000, "a\r\nb", "' OR 1=1 --"]


@pytest.fixture
async def chain(site: Site) -> UUID:
    return await create_members(site.house.database, 60)


async def follow(browser: Browser, path: str, pattern: str) -> str:
    """Return the first link of a page that fits."""
    found = re.search(rf'href="({pattern})"', (await browser.get(path)).text)
    assert found is not None, pattern
    return found[1]


async def send(browser: Browser, path: str, **fields: str) -> str:
    """Send a form that is in order; return where it leads."""
    answer = await browser.post(path, csrf_token=await browser.token("/"), **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def refuse(browser: Browser, path: str, **fields: str) -> str:
    """Send a form that is not in order, or that a rule forbids; return the page with its faults."""
    answer = await browser.post(path, csrf_token=await browser.token("/"), **fields)
    assert answer.status_code in (409, 422), answer.status_code
    return str(answer.text)


def member_path(chain: UUID) -> str:
    return rf"/loyalty/memberships/{chain}/[0-9a-f-]+"


async def test_members_are_searched_and_paged(chain: UUID, owner: Browser) -> None:
    first = (await owner.get("/loyalty/memberships")).text
    assert "Memberships 1 to 50 of 60" in first
    assert "Memberships 51 to 60 of 60" in (await owner.get("/loyalty/memberships?page=2")).text
    found = (await owner.get("/loyalty/memberships?q=000007")).text
    assert "Ada7 O&#39;Neil 7" in found
    assert "Ada8" not in found
    assert "Nothing matches" in (await owner.get("/loyalty/memberships?q=nobody")).text
    assert "There is no such page" in (await owner.get("/loyalty/memberships?page=99")).text
    assert (await owner.get("/loyalty/memberships?q=%00&page=1e9&program=x&state=Odd")).status_code == 200


async def test_points_are_moved_once_for_a_form(chain: UUID, owner: Browser) -> None:
    path = await follow(owner, "/loyalty/memberships?q=000007", member_path(chain))
    key = re.search(r'name="key" value="([^"]+)"', (await owner.get(f"{path}/points")).text)
    assert key is not None
    for _ in range(2):
        await send(owner, f"{path}/points", deed="earn", points="1,000", reason="A stay", key=key[1])
    page = (await owner.get(path)).text
    assert page.count("A stay") == 1
    assert "1,007" in page
    sequence = re.search(r"/movements/(\d+)/reverse", page)
    assert sequence is not None
    await send(owner, f"{path}/movements/{sequence[1]}/reverse")
    page = (await owner.get(path)).text
    assert "Reversed by Owner" in page
    assert f"/movements/{sequence[1]}/reverse" not in page


async def test_more_than_there_is_cannot_be_spent(chain: UUID, owner: Browser) -> None:
    path = await follow(owner, "/loyalty/memberships?q=000007", member_path(chain))
    answer = await owner.post(f"{path}/points", csrf_token=await owner.token(), deed="burn", points="123456", key="one")
    assert answer.status_code == 409
    assert "Only 7 points can be spent" in answer.text
    assert 'value="123456"' in answer.text
    assert "123456" not in (await owner.get(path)).text


async def test_membership_is_changed(chain: UUID, owner: Browser) -> None:
    path = await follow(owner, "/loyalty/memberships?q=000007", member_path(chain))
    await send(owner, f"{path}/edit", state="Canceled", membership_number="77-A", expires_at="2031-05-01T12:00")
    page = (await owner.get(path)).text
    assert "Canceled" in page
    assert "77-A" in page
    taken = await refuse(owner, f"{path}/edit", state="Enrolled", membership_number="000008")
    assert "already belongs" in taken
    assert 'value="000008"' in taken
    assert "Choose one of the list" in await refuse(owner, f"{path}/edit", state="Odd")
    account = await send(owner, f"{path}/delete")
    assert "No membership yet" in (await owner.get(account)).text
    assert (await owner.get(path)).status_code == 404


async def test_customer_is_created_changed_and_enrolled(chain: UUID, owner: Browser) -> None:
    path = await send(owner, "/loyalty/accounts/new", last_name="Zulu", first_name="Zoe", email="zoe@example.com")
    await send(owner, f"{path}/edit", last_name="Zulu", first_name="Zoe", email="zoe@example.com", title="Miss")
    assert "Miss" in (await owner.get(path)).text
    program = re.search(r'<option value="([0-9a-f-]{36})"', (await owner.get(f"{path}/enrol")).text)
    assert program is not None
    member = await send(owner, f"{path}/enrol", program_id=program[1], membership_number="Z1", points="40")
    assert "Z1" in (await owner.get(member)).text
    again = await refuse(owner, f"{path}/enrol", program_id=program[1], membership_number="Z2")
    assert "already has an active membership" in again
    assert "already exists" in await refuse(owner, "/loyalty/accounts/new", last_name="Z", email="ZOE@example.com")
    assert "Required" in await refuse(owner, "/loyalty/accounts/new", last_name=" ")


async def test_programs_and_tiers_are_kept(chain: UUID, owner: Browser) -> None:
    path = await send(owner, "/loyalty/programs/new", name="Summit", code="SUM", type="Hotel", subscription="Paid")
    assert "already exists" in await refuse(owner, "/loyalty/programs/new", name="Other", code="SUM")
    await send(owner, f"{path}/edit", name="Summit Club", type="Unknown", subscription="Free", allows_overdraft="true")
    await send(owner, f"{path}/tiers/new", name="Gold", code="G", ordering="2")
    assert "already exists" in await refuse(owner, f"{path}/tiers/new", name="Gilt", code="G", ordering="3")
    page = (await owner.get(path)).text
    assert "Summit Club" in page
    assert "allowed" in page
    edit = await follow(owner, path, rf"{path}/tiers/[0-9a-f-]+/edit")
    await send(owner, edit, name="Golden", code="G", ordering="1")
    assert "Golden" in (await owner.get("/loyalty/tiers?q=summit&sort=-name")).text
    await send(owner, edit.replace("/edit", "/delete"))
    assert "No tiers yet" in (await owner.get(path)).text
    assert await send(owner, f"{path}/delete") == "/loyalty/programs"


async def test_program_with_members_is_not_deleted(chain: UUID, owner: Browser) -> None:
    path = await follow(owner, "/loyalty/programs", rf"/loyalty/programs/{chain}/[0-9a-f-]+")
    answer = await owner.post(f"{path}/delete", csrf_token=await owner.token())
    assert answer.status_code == 409
    assert "active memberships" in answer.text


async def test_chains_and_enterprises_are_created(owner: Browser) -> None:
    assert "No chain yet" in (await owner.get("/loyalty/memberships")).text
    path = await send(owner, "/admin/chains", name="Hill Hotels")
    await send(owner, f"{path}/enterprises", name="Hill House", time_zone="Europe/Paris")
    assert "Europe/Paris" in (await owner.get(path)).text
    assert "no time zone Mars/North" in await refuse(owner, f"{path}/enterprises", name="Hill", time_zone="Mars/North")
    assert "Hill Hotels" in (await owner.get("/admin/chains?q=hill&sort=-created")).text
    assert "an enterprise Hill House already" in await refuse(owner, f"{path}/enterprises", name="hill house")
    assert "a chain Hill Hotels already" in await refuse(owner, "/admin/chains", name="HILL HOTELS")


async def test_who_sees_some_chains_creates_none(site: Site, chain: UUID) -> None:
    permissions = frozenset({"chains:read", "chains:write"})
    await site.add_user("desk@example.com", permissions=permissions, chains=frozenset({chain}))
    async with open_browser(site.app) as desk:
        await desk.sign_in("desk@example.com")
        page = await desk.get("/admin/chains")
        assert (page.status_code, "Create chain" in page.text) == (200, False)
        answer = await desk.post("/admin/chains", csrf_token=await desk.token(), name="Mine")
        assert (answer.status_code, "sees only some chains" in answer.text) == (403, True)


async def test_a_chain_is_renamed(owner: Browser) -> None:
    await send(owner, "/admin/chains", name="Lake Hotels")
    path = await send(owner, "/admin/chains", name="Hill Hotels")
    await send(owner, f"{path}/rename", chain_name="Hill & Dale")
    assert "Hill &amp; Dale" in (await owner.get(path)).text
    assert "a chain Lake Hotels already" in await refuse(owner, f"{path}/rename", chain_name="lake hotels")


async def test_chosen_chain_decides_what_is_listed(site: Site, owner: Browser) -> None:
    await create_members(site.house.database, 1, chain="Alder Hotels")
    second = await create_members(site.house.database, 2, chain="Birch Hotels")
    assert "of Alder Hotels" in (await owner.get("/loyalty/memberships")).text
    await send(owner, "/chain", chain=str(second))
    page = (await owner.get("/loyalty/memberships")).text
    assert "of Birch Hotels" in page
    assert "Ada1" in page


async def test_outsider_finds_none_of_it(site: Site, chain: UUID, owner: Browser, outsider: Browser) -> None:
    member = await follow(owner, "/loyalty/memberships", member_path(chain))
    account = await follow(owner, member, rf"/loyalty/accounts/{chain}/[0-9a-f-]+")
    program = await follow(owner, member, rf"/loyalty/programs/{chain}/[0-9a-f-]+")
    token = await outsider.token()
    for path in (member, account, program, f"/admin/chains/{chain}"):
        assert (await outsider.get(path)).status_code == 404, path
    for path in (f"{member}/edit", f"{member}/points", f"{account}/edit", f"{account}/enrol", f"{program}/edit"):
        assert (await outsider.get(path)).status_code == 404, path
        assert (await outsider.post(path, csrf_token=token)).status_code == 404, path
    for path in (f"{member}/delete", f"{program}/delete", f"{program}/tiers/new", f"/admin/chains/{chain}/enterprises"):
        assert (await outsider.post(path, csrf_token=token, name="x")).status_code == 404, path


async def test_reader_of_members_changes_nothing(site: Site, chain: UUID) -> None:
    await site.add_user("desk@example.com", permissions=frozenset({"members:read"}), chains=frozenset({chain}))
    async with open_browser(site.app) as desk:
        await desk.sign_in("desk@example.com")
        path = await follow(desk, "/loyalty/memberships", member_path(chain))
        page = (await desk.get(path)).text
        assert "points:read" in page
        assert "/edit" not in page
        for action in ("edit", "delete", "points"):
            answer = await desk.post(f"{path}/{action}", csrf_token=await desk.token())
            assert answer.status_code == 403, action


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_input_is_refused_or_shown_as_text(chain: UUID, owner: Browser, text: str) -> None:
    member = await follow(owner, "/loyalty/memberships?q=000007", member_path(chain))
    account = await follow(owner, member, rf"/loyalty/accounts/{chain}/[0-9a-f-]+")
    program = await follow(owner, member, rf"/loyalty/programs/{chain}/[0-9a-f-]+")
    forms = {
        f"{member}/edit": ("state", "tier_id", "membership_number", "provider_membership_id", "expires_at", "url"),
        f"{member}/points": ("deed", "points", "reason", "key", "expires_at"),
        f"{account}/edit": ("last_name", "first_name", "email", "phone", "birth_date", "title", "notes"),
        f"{account}/enrol": ("program_id", "state", "membership_number", "points"),
        f"{program}/edit": ("name", "type", "subscription"),
        f"{program}/tiers/new": ("name", "code", "ordering"),
        "/loyalty/programs/new": ("name", "code", "type"),
        "/admin/chains": ("name",),
        f"/admin/chains/{chain}/enterprises": ("name", "time_zone"),
    }
    token = await owner.token()
    for path, names in forms.items():
        for name in names:
            answer = await owner.post(path, csrf_token=token, **{name: text})
            assert answer.status_code in (303, 422), (path, name, answer.status_code)
            assert "<script>alert" not in answer.text, (path, name)
    assert (await owner.get(f"/loyalty/memberships?q={text[:200].encode().hex()}")).status_code == 200
