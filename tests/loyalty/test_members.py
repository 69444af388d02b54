"""Members are found by number, e-mail address and name, in one chain and by nobody else."""

from uuid import UUID

import pytest
from tests.builders.house import create_members

from tessera import loyalty
from tessera.access.chains.errors import ChainNotFoundError
from tessera.loyalty import Member, MemberSearch, MembershipState, NewCompany, NewCustomer, NewMembership
from tessera.loyalty.errors import AccountNotFoundError, MembershipNotFoundError
from tessera.platform.actors import Actor, ActorKind, command_line_actor
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.ids import new_id

ACTOR = command_line_actor("test")
CHARLIE = Actor(ActorKind.USER, new_id(), "Charlie", frozenset({UUID(int=7)}))


@pytest.fixture
async def chain(database: Database) -> UUID:
    """A chain with 30 members, and a company that belongs as well."""
    chain_id = await create_members(database, 30)
    async with database.session() as session:
        program = (await loyalty.list_programs(session, ACTOR, loyalty.ProgramFilter(chain_ids=[chain_id])))[0]
        (company,) = await loyalty.create_companies(
            session,
            ACTOR,
            chain_id,
            [NewCompany(name="Ünder 100% Ltd", invoicing_email="pay@under.example")],
            now=now(),
        )
        (guest,) = await loyalty.create_accounts(
            session, ACTOR, chain_id, [NewCustomer(last_name="Zulu", email="Zoe@Example.com")], now=now()
        )
        new = [
            NewMembership(account_id=company.id, program_id=program.id, membership_number="C%1"),
            NewMembership(account_id=guest, program_id=program.id, state=MembershipState.PENDING),
        ]
        await loyalty.create_memberships(session, ACTOR, chain_id, new, now=now())
    return chain_id


async def find(database: Database, chain: UUID, text: str, **narrowing: object) -> list[Member]:
    async with database.session() as session:
        search = MemberSearch(text=text, **narrowing)  # type: ignore[arg-type]
        page = await loyalty.list_members(session, ACTOR, chain, search, now=now())
    assert page.total == len(page.items)
    return list(page.items)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("000007", ["Ada7 O'Neil 7"]),
        ("00002", [f"Ada{n} O'Neil {n}" for n in range(20, 30)]),
        ("o'neil 7", ["Ada7 O'Neil 7"]),
        ("ZOE@example", ["Zulu"]),
        ("zu", ["Zulu"]),
        ("ünder 100%", ["Ünder 100% Ltd"]),
        ("C%", ["Ünder 100% Ltd"]),
        ("ada", []),
        ("%", []),
        ("_", []),
        ("nobody", []),
        ("\0", []),
        ("\U0010ffff", []),
    ],
)
async def test_beginning_finds_members_by_name(database: Database, chain: UUID, text: str, names: list[str]) -> None:
    assert [member.name for member in await find(database, chain, text)] == names


async def test_id_finds_membership_and_account(database: Database, chain: UUID) -> None:
    (zulu,) = await find(database, chain, "zulu")
    assert [member.id for member in await find(database, chain, str(zulu.id))] == [zulu.id]
    assert [member.id for member in await find(database, chain, str(zulu.account_id))] == [zulu.id]


async def test_filter_narrows_the_search(database: Database, chain: UUID) -> None:
    (zulu,) = await find(database, chain, "zulu", state=MembershipState.PENDING)
    assert await find(database, chain, "zulu", state=MembershipState.ENROLLED) == []
    assert await find(database, chain, "zulu", program_id=zulu.program_id) == [zulu]
    assert await find(database, chain, "zulu", program_id=new_id()) == []


async def test_list_is_newest_first_in_pages(database: Database, chain: UUID) -> None:
    async with database.session() as session:
        first = await loyalty.list_members(session, ACTOR, chain, MemberSearch(), size=10, now=now())
        last = await loyalty.list_members(session, ACTOR, chain, MemberSearch(), number=4, size=10, now=now())
        beyond = await loyalty.list_members(session, ACTOR, chain, MemberSearch(), number=5, size=10, now=now())
        too_far = await loyalty.list_members(session, ACTOR, chain, MemberSearch(), number=100_000, now=now())
    assert (first.total, first.last, len(first.items), len(last.items)) == (32, 4, 10, 2)
    moments = [member.created_at for member in first.items]
    assert moments == sorted(moments, reverse=True)
    assert beyond.items == too_far.items == []


async def test_program_and_state_narrow_the_list(database: Database, chain: UUID) -> None:
    assert [member.name for member in await find(database, chain, "", state=MembershipState.PENDING)] == ["Zulu"]
    assert await find(database, chain, "", program_id=new_id()) == []


async def test_accounts_are_found_likewise(database: Database, chain: UUID) -> None:
    async with database.session() as session:

        async def names(text: str = "", kind: str | None = None) -> list[str]:
            page = await loyalty.list_account_lines(session, ACTOR, chain, text=text, kind=kind)
            assert page.total == len(page.items)
            return [line.name for line in page.items]

        assert await names("zoe@") == ["Zulu"]
        assert await names("000007") == ["Ada7 O'Neil 7"]
        assert await names("ünder") == ["Ünder 100% Ltd"]
        assert await names("ünder", "customer") == []
        assert await names(kind="company") == ["Ünder 100% Ltd"]
        assert len(await names()) == 32


async def test_outsider_finds_nobody(database: Database, chain: UUID) -> None:
    (zulu,) = await find(database, chain, "zulu")
    async with database.session() as session:
        with pytest.raises(ChainNotFoundError):
            await loyalty.list_members(session, CHARLIE, chain, MemberSearch(), now=now())
        with pytest.raises(ChainNotFoundError):
            await loyalty.list_account_lines(session, CHARLIE, chain)
        with pytest.raises(MembershipNotFoundError):
            await loyalty.get_member(session, CHARLIE, chain, zulu.id, now=now())
        with pytest.raises(AccountNotFoundError):
            await loyalty.get_account_line(session, CHARLIE, chain, zulu.account_id)
        assert await loyalty.get_member(session, ACTOR, chain, zulu.id, now=now()) == zulu


async def test_memberships_of_an_account(database: Database, chain: UUID) -> None:
    (zulu,) = await find(database, chain, "zulu")
    assert await find(database, chain, "", account_id=zulu.account_id) == [zulu]
