"""Points over the API: each movement once, bulk calls all or none, and the ledger to read."""

import asyncio
from typing import Any

import pytest
from tests.api.management.conftest import Desk


async def test_points_come_and_go(desk: Desk) -> None:
    (member,) = await desk.add_memberships()
    place = f"/memberships/{member}"

    earned = await desk.good("POST", f"{place}/points/earn", points=300, reason="Stay", idempotency_key="a")
    burned = await desk.good("POST", f"{place}/points/burn", points=100, idempotency_key="b")
    adjusted = await desk.good("POST", f"{place}/points/adjust", points=-20, reason="Counted twice")
    undone = await desk.good("POST", f"{place}/points/reverse", sequence=burned["sequence"], reason="Cancelled")

    assert [one["balance"] for one in (earned, burned, adjusted, undone)] == [300, 200, 180, 280]
    assert (undone["kind"], undone["reverses"]) == ("reverse", burned["sequence"])
    assert (earned["source"], earned["idempotency_key"], earned["origin"]) == ("api_key", "a", None)
    listed = await desk.good("GET", f"{place}/points-movements")
    assert listed == {"items": [undone, adjusted, burned, earned], "next": None}
    balance = await desk.good("GET", f"{place}/balance")
    assert (balance["balance"], balance["spendable"], balance["pending"]) == (280, 280, 0)
    assert (await desk.good("GET", place))["balance"] == 280


async def test_repeated_call_pays_once(desk: Desk) -> None:
    (member,) = await desk.add_memberships()
    place = f"/memberships/{member}/points/earn"

    first = await desk.good("POST", place, points=300, idempotency_key="a")
    again = await desk.good("POST", place, points=300, idempotency_key="a")
    other = await desk.call("POST", place, points=301, idempotency_key="a")

    assert again == first
    assert (other.status, other.data["code"]) == (409, "idempotency_key_reused")


@pytest.mark.parametrize("key", [None, "", " ", "a b", "ä", "x" * 251])
async def test_key_is_required(desk: Desk, key: str | None) -> None:
    (member,) = await desk.add_memberships()

    for path, members in (
        (f"/memberships/{member}/points/earn", {"points": 1}),
        (f"/memberships/{member}/points/burn", {"points": 1}),
        ("/points/earn", {"items": [{"membership_id": member, "points": 1}]}),
        ("/points/transfers", {"from_membership_id": member, "to_membership_id": member, "points": 1}),
    ):
        reply = await desk.call("POST", path, idempotency_key=key, **members)
        assert (reply.status, reply.data["code"]) == (422, "request_invalid")
        assert reply.data["errors"][0]["parameter"] == "Idempotency-Key"


async def test_burn_beyond_the_balance_is_refused(desk: Desk) -> None:
    (member,) = await desk.add_memberships()
    await desk.good("POST", f"/memberships/{member}/points/earn", points=10, idempotency_key="a")

    replies = await asyncio.gather(
        *(desk.call("POST", f"/memberships/{member}/points/burn", points=6, idempotency_key=f"b{n}") for n in range(5))
    )

    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409, 409]
    assert {reply.data["code"] for reply in replies if reply.status == 409} == {"balance_too_low"}


async def test_points_pass_on(desk: Desk) -> None:
    giver, receiver = await desk.add_memberships(2)
    await desk.good("POST", f"/memberships/{giver}/points/earn", points=50, idempotency_key="a")
    members: dict[str, Any] = {"from_membership_id": giver, "to_membership_id": receiver, "points": 20}

    moved = await desk.good("POST", "/points/transfers", idempotency_key="t", **members)
    again = await desk.good("POST", "/points/transfers", idempotency_key="t", **members)

    assert [(one["kind"], one["points"], one["balance"]) for one in moved["items"]] == [
        ("burn", -20, 30),
        ("earn", 20, 20),
    ]
    assert again == moved


@pytest.mark.parametrize("kind", ["earn", "burn", "adjust"])
async def test_bulk_is_all_or_none(desk: Desk, kind: str) -> None:
    members = await desk.add_memberships(3)
    for member in members:
        await desk.good("POST", f"/memberships/{member}/points/earn", points=10, idempotency_key="a")
    items = [{"membership_id": member, "points": 5, "reason": "Spring"} for member in members]
    unknown = {"membership_id": "0190b3c4-5d6e-7f80-9123-456789abcdef", "points": 5, "reason": "Spring"}

    refused = await desk.call("POST", f"/points/{kind}", idempotency_key="k", items=[*items, unknown])
    done = await desk.good("POST", f"/points/{kind}", idempotency_key="k", items=items)
    again = await desk.good("POST", f"/points/{kind}", idempotency_key="k", items=items[::-1])

    assert (refused.status, refused.data["code"]) == (404, "membership_not_found")
    after = 5 if kind == "burn" else 15
    assert [(one["membership_id"], one["balance"]) for one in done["items"]] == [(member, after) for member in members]
    assert again["items"] == done["items"][::-1]


async def test_one_membership_may_come_twice(desk: Desk) -> None:
    (member,) = await desk.add_memberships()
    items = [{"membership_id": member, "points": 5}] * 2

    done = await desk.good("POST", "/points/earn", idempotency_key="k", items=items)
    await desk.good("POST", "/points/earn", idempotency_key="k", items=items)

    assert [(one["balance"], one["idempotency_key"]) for one in done["items"]] == [(5, "k"), (10, "k/2")]
    assert (await desk.good("GET", f"/memberships/{member}"))["balance"] == 10


async def test_bulk_has_a_limit(desk: Desk) -> None:
    (member,) = await desk.add_memberships()
    item: dict[str, Any] = {"membership_id": member, "points": 1}

    over = await desk.call("POST", "/points/earn", idempotency_key="k", items=[item] * 1001)
    none = await desk.call("POST", "/points/earn", idempotency_key="k", items=[])

    assert [(reply.status, reply.data["errors"][0]["pointer"]) for reply in (over, none)] == [(422, "/items")] * 2


async def test_bulk_stays_in_one_chain(desk: Desk, stranger: Desk, root: Desk) -> None:
    items = [{"membership_id": (await one.add_memberships())[0], "points": 1} for one in (desk, stranger)]

    mixed = await root.call("POST", "/points/earn", idempotency_key="k", items=items)
    foreign = await desk.call("POST", "/points/earn", idempotency_key="k", items=items)

    assert (mixed.status, mixed.data["code"]) == (422, "several_chains")
    assert (foreign.status, foreign.data["code"]) == (404, "membership_not_found")


async def test_overdraft_is_the_programs_choice(desk: Desk) -> None:
    (member,) = await desk.add_memberships()
    program_id = (await desk.good("GET", f"/memberships/{member}"))["program_id"]
    assert (await desk.call("POST", f"/memberships/{member}/points/burn", points=5, idempotency_key="a")).status == 409

    changed = await desk.good("PATCH", f"/programs/{program_id}", allows_overdraft=True)
    burned = await desk.good("POST", f"/memberships/{member}/points/burn", points=5, idempotency_key="a")

    assert changed["allows_overdraft"] is True
    assert burned["balance"] == -5


async def test_movements_are_paged(desk: Desk) -> None:
    (member,) = await desk.add_memberships()
    for number in range(5):
        await desk.good("POST", f"/memberships/{member}/points/earn", points=1, idempotency_key=str(number))

    seen, place = [], f"/memberships/{member}/points-movements?limit=2"
    page = await desk.good("GET", place)
    seen += page["items"]
    while page["next"]:
        page = await desk.good("GET", f"{place}&after={page['next']}")
        seen += page["items"]

    assert [movement["balance"] for movement in seen] == [5, 4, 3, 2, 1]


async def test_balance_of_the_past(desk: Desk) -> None:
    (member,) = await desk.add_memberships()
    await desk.good("POST", f"/memberships/{member}/points/earn", points=7, idempotency_key="a")
    desk.clock.forward(hours=2)
    await desk.good("POST", f"/memberships/{member}/points/earn", points=1, idempotency_key="b")

    then = await desk.good("GET", f"/memberships/{member}/balance?at=2026-05-01T13:00:00Z")
    local = await desk.good("GET", f"/memberships/{member}/balance?at=2026-05-01T15:00:00%2B02:00")

    assert (then["balance"], then["spendable"]) == (7, None)
    assert local["balance"] == 7
