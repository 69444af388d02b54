"""Ids that clients see and shorten begin with random digits; the order of lists does not hang on them."""

from typing import Any
from uuid import UUID

from tessera.platform.ids import new_random_ids

from .conftest import Api

DIGITS = 8


def beginnings(ids: list[str]) -> set[str]:
    return {one[:DIGITS] for one in ids}


async def test_membership_numbers_may_be_made_of_the_beginnings_of_ids(api: Api) -> None:
    program = await api.add_program()
    added = [(await api.good("customers/add", LastName=f"Guest {number}"))["Id"] for number in range(5)]
    accounts = [*api.account_ids, *added]
    items: list[dict[str, Any]] = [
        {"AccountId": account, "LoyaltyProgramId": program, "MembershipNumber": account[:DIGITS]}
        for account in accounts
    ]
    made = await api.add_memberships(*items)

    assert len({one["MembershipNumber"] for one in made}) == len(accounts) == 10


async def test_programs_tiers_companies_chains_and_enterprises_begin_at_random(api: Api, other: Api) -> None:
    programs = [await api.add_program(f"P{number}") for number in range(3)]
    tiers = [await api.add_tier(programs[0], f"T{number}") for number in range(3)]
    companies = [(await api.good("companies/add", Name="x", Options={}))["Companies"][0]["Id"] for _ in range(3)]
    places = [str(one) for api_ in (api, other) for one in (api_.chain_id, api_.enterprise_id)]

    for ids in (programs, tiers, companies, places):
        assert len(beginnings(ids)) == len(ids)


async def test_lists_are_in_the_order_of_creation(api: Api) -> None:
    many = [{"Name": "x", "Code": f"P{number}", "Type": "Hotel", "Subscription": "Free"} for number in range(20)]
    added = (await api.good("loyaltyPrograms/add", LoyaltyPrograms=many))["LoyaltyPrograms"]
    listed: list[str] = []
    cursor = None
    while page := (await api.good("loyaltyPrograms/getAll", Limitation={"Count": 6, "Cursor": cursor}))[
        "LoyaltyPrograms"
    ]:
        listed += [one["Id"] for one in page]
        cursor = listed[-1]

    assert listed == [one["Id"] for one in reversed(added)]


def test_ids_made_at_once_rise_and_begin_at_random() -> None:
    ids = new_random_ids(1000)

    assert ids == sorted(ids)
    assert len(beginnings([str(one) for one in ids])) > 990
    assert all(isinstance(one, UUID) for one in ids)
