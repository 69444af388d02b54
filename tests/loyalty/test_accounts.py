"""Accounts: many at once, all or none."""

import pytest

from tessera.access.chains import Address
from tessera.access.chains.errors import ChainNotFoundError
from tessera.loyalty import (
    AccountMerge,
    CompanyChange,
    CompanyFilter,
    CustomerChange,
    CustomerFilter,
    NewCompany,
    NewCustomer,
    create_accounts,
    create_companies,
    delete_companies,
    list_companies,
    list_customers,
    merge_accounts,
    update_accounts,
    upsert_customer,
)
from tessera.loyalty.errors import (
    AccountExternalIdTakenError,
    AccountNotFoundError,
    CompanyNotFoundError,
    CustomerEmailTakenError,
    MergeTargetNotFoundError,
)
from tessera.platform.db import Database
from tessera.platform.ids import new_id

from .conftest import NOON, SYSTEM, House


async def test_ten_thousand_customers_come_in_one_call(database: Database, house: House) -> None:
    people = [
        NewCustomer(
            last_name=f"Guest {number}",
            email=f"{number}@example.com",
            external_id=f"e{number}",
            options=["Invoiceable", "SendMarketingEmails"][: number % 3],
            address=Address(city="Berlin", country_code="DE") if number % 2 else None,
            created_at=NOON.replace(year=2020),
        )
        for number in range(10_000)
    ]
    async with database.session() as session:
        ids = await create_accounts(session, SYSTEM, house.chain_id, people, now=NOON)
    async with database.session() as session:
        narrowing = CustomerFilter(ids=[ids[0], ids[9_998], ids[9_999]])
        found = await list_customers(session, house.actor, narrowing)

    assert [one.last_name for one in found] == ["Guest 9999", "Guest 9998", "Guest 0"]
    assert [list(one.options) for one in found] == [[], ["Invoiceable", "SendMarketingEmails"], []]
    assert [one.address.city if one.address else None for one in found] == ["Berlin", None, None]
    assert found[0].number - found[2].number == 9_999


@pytest.mark.parametrize(
    ("people", "error"),
    [
        ([NewCustomer(last_name="a", email="A@x"), NewCustomer(last_name="b", email="a@X")], CustomerEmailTakenError),
        ([NewCustomer(last_name="a", external_id="1")] * 2, AccountExternalIdTakenError),
        ([NewCustomer(last_name="a"), NewCustomer(last_name="b", company_id=new_id())], CompanyNotFoundError),
    ],
)
async def test_one_wrong_customer_refuses_all(
    database: Database, house: House, people: list[NewCustomer], error: type[Exception]
) -> None:
    with pytest.raises(error):
        async with database.session() as session:
            await create_accounts(session, house.actor, house.chain_id, people, now=NOON)

    async with database.session() as session:
        assert len(await list_customers(session, house.actor, CustomerFilter())) == len(house.account_ids)


async def test_customer_is_no_company(database: Database, house: House) -> None:
    item = NewCustomer(last_name="a", company_id=house.account_ids[0])
    with pytest.raises(CompanyNotFoundError):
        async with database.session() as session:
            await upsert_customer(session, house.actor, house.chain_id, item, overwrite=False, now=NOON)


async def test_stranger_adds_and_sees_nothing(database: Database, house: House, stranger: House) -> None:
    async with database.session() as session:
        with pytest.raises(ChainNotFoundError):
            await create_accounts(session, stranger.actor, house.chain_id, [NewCustomer(last_name="a")], now=NOON)
        narrowing = CustomerFilter(ids=house.account_ids)
        assert await list_customers(session, stranger.actor, narrowing) == []


async def test_overwriting_keeps_what_is_left_out(database: Database, house: House) -> None:
    first = NewCustomer(last_name="a", first_name="Ada", email="a@x", options=["Invoiceable"], notes="n")
    second = NewCustomer(last_name="b", email="A@X", notes="m")
    async with database.session() as session:
        made = await upsert_customer(session, house.actor, house.chain_id, first, overwrite=False, now=NOON)
        kept = await upsert_customer(session, house.actor, house.chain_id, second, overwrite=True, now=NOON)

    assert kept.id == made.id
    assert (kept.last_name, kept.first_name, kept.notes, list(kept.options)) == ("b", "Ada", "m", ["Invoiceable"])


async def test_stranger_changes_merges_and_deletes_nothing(database: Database, house: House, stranger: House) -> None:
    async with database.session() as session:
        (company,) = await create_companies(session, house.actor, house.chain_id, [NewCompany(name="x")], now=NOON)
    merge = AccountMerge("customer", house.account_ids[:1], house.account_ids[1])
    async with database.session() as session:
        for chain_id, error in ((None, AccountNotFoundError), (house.chain_id, ChainNotFoundError)):
            for change in (CustomerChange(id=house.account_ids[0], notes="n"), CompanyChange(id=company.id, notes="n")):
                with pytest.raises(error):
                    await update_accounts(session, stranger.actor, chain_id, [change], now=NOON)
            with pytest.raises(error):
                await delete_companies(session, stranger.actor, chain_id, [company.id], now=NOON)
        with pytest.raises(MergeTargetNotFoundError):
            await merge_accounts(session, stranger.actor, None, [merge], now=NOON)
        with pytest.raises(ChainNotFoundError):
            await create_companies(session, stranger.actor, house.chain_id, [NewCompany(name="y")], now=NOON)
        assert await list_companies(session, stranger.actor, CompanyFilter(deleted=None)) == []


async def test_companies_come_in_order_with_numbers(database: Database, house: House) -> None:
    new = [NewCompany(name=f"Firm {number}", address=Address(city="Porto")) for number in range(1000)]
    async with database.session() as session:
        made = await create_companies(session, house.actor, house.chain_id, new, now=NOON)

    assert [one.name for one in made] == [one.name for one in new]
    assert [one.number - made[0].number for one in made] == list(range(1000))
    assert {one.address for one in made} == {Address(city="Porto")}
