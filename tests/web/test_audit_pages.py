"""The audit log on pages: filters, what differs, and who sees which entries."""

import re
from dataclasses import replace
from itertools import product
from typing import Any

from tests.builders.house import create_members
from tests.web.conftest import Browser, Site

from tessera.access.roles import NewRole, RoleChange, create_role, update_role
from tessera.platform.actors import command_line_actor
from tessera.platform.audit import Entry, KeptEntry, TrailFilter, list_entries, record_entries
from tessera.platform.clock import now
from tessera.platform.ids import new_id
from tessera.web.audit.links import PATHS, link_of
from tessera.web.pages import PAGES

ROOT = command_line_actor("test")
PATH = "/admin/audit"


async def change_a_role(site: Site) -> KeptEntry:
    async with site.house.database.session() as session:
        role = await create_role(session, ROOT, NewRole("Night <desk>", frozenset({"members:read"})), now=now())
        change = RoleChange(permissions=frozenset({"points:read", "points:write"}))
        await update_role(session, ROOT, role.id, change, version=None, now=now())
        return (await list_entries(session, ROOT, TrailFilter(), count=1))[0]


async def test_entry_shows_both_sides_and_leads_to_its_object(site: Site, owner: Browser) -> None:
    entry = await change_a_role(site)
    listed = (await owner.get(PATH)).text
    assert f"{PATH}/{entry.id}" in listed
    assert "Night &lt;desk&gt;" in listed
    page = (await owner.get(f"{PATH}/{entry.id}")).text
    assert re.search(r"members:read</pre>.*points:read\npoints:write</pre>", page, re.DOTALL)
    path = f"/admin/access/roles/{entry.object_id}"
    assert f'href="{path}"' in page
    assert (await owner.get(path)).status_code == 200


async def test_page_says_how_long_entries_are_kept(site: Site, owner: Browser) -> None:
    site.app.state.resources = replace(
        site.app.state.resources, settings=site.house.resources.settings.model_copy(update={"audit_days": 1234})
    )
    assert "kept for at least 1,234 days" in (await owner.get(PATH)).text


async def test_kinds_are_words(site: Site, owner: Browser) -> None:
    async with site.house.database.session() as session:
        await record_entries(session, ROOT, [Entry("created", "api_key", new_id(), "Sync")])
        await record_entries(session, ROOT, [Entry("created", "membership", None, "60 memberships")])
    page = (await owner.get(PATH)).text
    assert '<span class="quiet">API key</span> ' in page
    assert '<span class="quiet">membership</span>' not in page


FILTERS = (
    ("kind=role", True),
    ("kind=thing", False),
    ("action=updated", True),
    ("action=nothing", False),
    ("actor=TEST", True),
    ("actor=nobody", False),
    ("object={object_id}", True),
    ("object=0190b3c4-5d6e-7f80-9123-456789abcdef", False),
    ("from=2020-01-01&to=2199-01-01", True),
    ("to=2020-01-01", False),
    ("from=2199-01-01", False),
    ("chain_id=0190b3c4-5d6e-7f80-9123-456789abcdef", False),
    ("kind=role&action=updated&actor=test&object={object_id}&from=2020-01-01", True),
)


async def test_trail_is_filtered(site: Site, owner: Browser) -> None:
    entry = await change_a_role(site)
    for query, shown in FILTERS:
        page = (await owner.get(f"{PATH}?{query.format(object_id=entry.object_id)}")).text
        assert (f"{PATH}/{entry.id}" in page) == shown, query
        assert ("Nothing matches" in page) != shown, query


async def test_hostile_filter_is_no_fault(owner: Browser) -> None:
    names = ("kind", "action", "actor", "object", "chain_id", "actor_id", "from", "to", "after")
    values = ("%00", "%3Cscript%3Ealert(1)", "x" * 5000, "9" * 30, "-1")
    for name, value in product(names, values):
        answer = await owner.get(f"{PATH}?{name}={value}")
        assert answer.status_code == 200, (name, value)
        assert "<script>alert" not in answer.text


async def test_trail_is_paged_from_entry_to_entry(site: Site, owner: Browser) -> None:
    async with site.house.database.session() as session:
        await record_entries(session, ROOT, [Entry("called", "thing", new_id(), f"t{n:03}") for n in range(120)])
    seen: list[str] = []
    path = f"{PATH}?kind=thing"
    for _ in range(3):
        page = (await owner.get(path)).text
        seen += re.findall(r"t\d{3}", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older[1].replace("&amp;", "&") if older else ""
    assert seen == [f"t{n:03}" for n in reversed(range(120))]
    assert path == ""


async def test_outsider_sees_only_entries_of_own_chains(site: Site, owner: Browser, outsider: Browser) -> None:
    entry = await change_a_role(site)
    await create_members(site.house.database, 1)
    page = await outsider.get(PATH)
    assert "Nothing has happened yet" in page.text
    assert (await outsider.get(f"{PATH}/{entry.id}")).status_code == 404
    assert (await outsider.get(f"{PATH}?after={entry.id}")).status_code == 404
    assert (await owner.get(f"{PATH}/999999")).status_code == 404


async def test_user_of_two_chains_sees_both_in_order(site: Site, stranger: Browser) -> None:
    first = await create_members(site.house.database, 1)
    second = await create_members(site.house.database, 1, chain="Alpine")
    await site.add_user("both@example.com", chains=frozenset({first, second}))
    await stranger.sign_in("both@example.com")
    page = (await stranger.get(PATH)).text
    ids = [int(found) for found in re.findall(rf"{PATH}/(\d+)", page)]
    assert ids == sorted(ids, reverse=True)
    assert "Harbour Hotels" in page
    assert "Alpine" in page


def test_links_lead_to_pages() -> None:
    known = {re.sub(r"\{\w+:\w+\}", "*", path) for page in PAGES if "GET" in page.http_methods for path in page.paths}
    assert {re.sub(r"\{\w+\}", "*", path) for path in PATHS.values()} <= known


def test_what_is_gone_has_no_link() -> None:
    values: dict[str, Any] = dict.fromkeys(KeptEntry.__slots__)
    assert link_of(KeptEntry(**{**values, "object_kind": "role", "action": "deleted", "object_id": new_id()})) is None
    assert link_of(KeptEntry(**{**values, "object_kind": "query", "action": "updated", "object_id": new_id()})) is None
    assert link_of(KeptEntry(**{**values, "object_kind": "dream", "action": "updated", "object_id": new_id()})) is None
